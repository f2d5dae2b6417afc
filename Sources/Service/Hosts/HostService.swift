package import Delivery
import HTTPTypes
import Link
import Model
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
    package let bucketTests: HostBucketTests
    private let manifests: HostManifests
    private let bindings: HostBindings

    /// * `region`: what hosts are told of where things are.
    /// * `folder`: where the hosts' records are kept.
    /// * `quota`: how many bytes of each.
    /// * `manifestKey`: signs hosts' manifests; nil where they do that themselves.
    /// * `certificates`: signs hosts' certificates; nil where TLS is off and nobody can be enrolled.
    package init(
        _ registry: Registry, region: ServedRegion, folder: String, quota: Int = Limit.bytesOfHost.bound,
        certificates: Certificates?, secrets: BucketSecrets, gate: LoginGate = LoginGate(),
        manifestKey: ManifestKey? = nil
    ) {
        self.registry = registry
        telling = RevisionTelling(registry, region: region, secrets: secrets, connections: connections)
        enrolment = HostEnrolment(registry: registry, certificates: certificates, gate: gate)
        reports = HostReports(registry: registry)
        files = HostFiles(folder: folder, quota: quota)
        bucketTests = HostBucketTests(connections: connections)
        bindings = HostBindings(registry: registry)
        manifests = HostManifests(registry: registry, key: manifestKey)
    }

    /// Runs until cancelled: tells hosts of changes, pings them, and ends the streams of those that were turned away.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.telling.run() }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    await self.endRevoked()
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Ends streams whose certificate is none any more, whoever took it back: another process may have, in the data folder.
    private func endRevoked() async {
        guard !connections.names.isEmpty else { return }
        do {
            connections.closeAll(except: try await registry.read { try Hosts.certificates(in: $0) })
            telling.faults.clear("reading hosts' certificates")
        } catch {
            telling.faults.note("reading hosts' certificates", error)
        }
    }

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
        let told = call.query.filter { $0.key == "understands" }.compactMap { HostCapability(rawValue: $0.value) }
        let (number, stream) = connections.open(
            host, certificate: call.peer?.serial ?? "", capabilities: Set(told))
        await telling.welcome(host, number)
        return stream
    }

    /// What hosts ask for, below `api`. The stream is a connection's (`stream`); by a single answer it is not there.
    package static let routes = [
        APIRoute(.post, "agent/enrol"), APIRoute(.get, "agent/authority"), APIRoute(.get, "agent/stream"),
        APIRoute(.post, "agent/receipts"), APIRoute(.post, "agent/report"), APIRoute(.post, "agent/bucket-tests"),
        APIRoute(.get, "agent/manifest-key"), APIRoute(.post, "agent/manifests"), APIRoute(.post, "agent/bindings"),
        APIRoute(.get, "agent/files"),
        APIRoute(.put, "agent/files/{name...}"),
    ]

    /// Says no to what is none of the routes.
    package func answer(unserved call: Call) async throws -> Answer {
        guard try await isEnrolled(call) else { throw Self.noHost }
        throw Refusal.nothingHere
    }

    private static let noHost = RegistryError(.unauthenticated, "A certificate of an enrolled host is wanted.")

    /// Answers `agent/…`, without `api`.
    package func answer(_ call: Call) async throws -> Answer {
        if call.method == .post, call.path == ["agent", "enrol"] { return try await enrolment.enrol(call) }
        if call.method == .get, call.path == ["agent", "authority"] { return try enrolment.authority() }
        if call.method == .get, call.path == ["agent", "manifest-key"] { return try manifests.publicKey() }
        guard let host = try await enrolled(call) else {
            throw Self.noHost
        }
        switch (call.method, call.path.dropFirst().first) {
        case (.post, "receipts"), (.post, "report"), (.post, "bucket-tests"), (.post, "manifests"),
            (.post, "bindings"):
            guard call.body.count <= Limit.report.bound else {
                throw Refusal(.contentTooLarge, "A report has more than \(Limit.report.bound) bytes.")
            }
            return switch call.path[1] {
            case "receipts": try await reports.keepReceipt(call, host)
            case "report": try await reports.keepReport(call, host)
            case "manifests": try await manifests.sign(call, host)
            case "bindings": try await bindings.bind(call, host)
            default: try await bucketTests.take(call, host)
            }
        case (.get, "files"): return try await files.sizes(host)
        case (.put, "files"): return try await files.write(call, host)
        default: throw Refusal.nothingHere
        }
    }

    /// Whether an enrolled host calls.
    package func isEnrolled(_ call: Call) async throws -> Bool { try await enrolled(call) != nil }

    /// The name of the enrolled host that calls; nil when the caller is none.
    private func enrolled(_ call: Call) async throws -> String? {
        guard let peer = call.peer else { return nil }
        let good = try await registry.read { try Hosts.certificate(of: peer.name, in: $0) }
        guard good == peer.serial else { return nil }
        call.onKnown()
        return peer.name
    }
}
