import HTTPTypes
package import Registry

/// Tells each connected host what it must enforce, and keeps what hosts tell.
///
/// A host holds one stream open, by which it is told (`RevisionTelling`). What it answers comes by requests of its own:
/// receipts, reports, and the bytes of its records and events.
package final class HostService: Sendable {
    private let registry: Registry
    private let connections = HostConnections()
    private let telling: RevisionTelling
    private let enrolment: HostEnrolment
    private let reports: HostReports
    private let files: HostFiles

    /// * `region`: what hosts are told of where things are.
    /// * `folder`: where the hosts' records are kept.
    /// * `certificates`: signs hosts' certificates; nil where TLS is off and nobody can be enrolled.
    package init(
        _ registry: Registry, region: ServedRegion, folder: String, certificates: Certificates?, secrets: BucketSecrets
    ) {
        self.registry = registry
        telling = RevisionTelling(registry, region: region, secrets: secrets, connections: connections)
        enrolment = HostEnrolment(registry: registry, certificates: certificates)
        reports = HostReports(registry: registry)
        files = HostFiles(folder: folder)
    }

    /// Runs until cancelled: tells hosts of changes, and pings them.
    package func run() async { await telling.run() }

    /// Ends all streams, so that the server can stop.
    package func close() {
        telling.close()
        connections.closeAll()
    }

    /// Ends the stream of a host that is told nothing more.
    package func disconnect(_ host: String) { connections.close(host) }

    package var connected: Set<String> { connections.names }
    /// The newest revision that every connected host was looked at for.
    package var examined: Int64 { telling.examined }
    /// How often something went wrong while hosts were told.
    package var tellingFailures: Int { telling.faults.count }
    /// The hosts that could not be told what they must enforce.
    package var untold: Int { telling.faults.hosts.count }
    /// What makes an enrolment token safe to use: who the server is. Nothing where TLS is off.
    package var fingerprint: String? { get throws { try enrolment.fingerprint } }

    /// The stream of a host that asks for it; nil for every other call.
    package func stream(_ call: Call) async throws -> HostStream? {
        guard call.method == .get, call.path == ["api", "agent", "stream"], let host = try await enrolled(call) else {
            return nil
        }
        let (number, stream) = connections.open(host)
        await telling.welcome(host, number)
        return stream
    }

    /// Answers `agent/…`, without `api`.
    package func answer(_ call: Call) async throws -> Answer {
        if call.method == .post, call.path == ["agent", "enrol"] { return try await enrolment.enrol(call) }
        if call.method == .get, call.path == ["agent", "authority"] { return try enrolment.authority() }
        guard let host = try await enrolled(call) else {
            throw RegistryError(.unauthenticated, "A certificate of an enrolled host is wanted.")
        }
        switch (call.method, call.path.dropFirst().first) {
        case (.post, "receipts"): return try await reports.keepReceipt(call, host)
        case (.post, "report"): return try await reports.keepReport(call, host)
        case (.get, "files"): return try await files.sizes(host)
        case (.put, "files"): return try await files.write(call, host)
        default: throw Refusal.nothingHere
        }
    }

    /// The name of the enrolled host that calls; nil when the caller is none.
    private func enrolled(_ call: Call) async throws -> String? {
        guard let name = call.peerName else { return nil }
        let host = try await registry.read { try Hosts.named(name, in: $0) }
        return host.map { !$0.isRevoked } == true ? name : nil
    }
}
