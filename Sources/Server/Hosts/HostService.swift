import Buckets
import Dispatch
import Foundation
import GRDB
import HTTPTypes
import Host
import Link
import Model
import Registry
import Synchronization

/// Tells each connected host what it must enforce, and keeps what hosts tell.
///
/// A host holds one stream open; a change goes to those whose policy it alters, in one line each. What they answer comes by
/// requests of its own: receipts, reports, and the bytes of their records and events.
package final class HostService: Sendable {
    private struct Connection {
        let number: Int
        let stream: AsyncStream<[UInt8]>.Continuation
        let outbox: Outbox
        /// The digest of the policy that the host was told last; nil before it was told any, and when it was told an
        /// amendment since. The policy itself would fill the memory.
        var digest: String?
        /// The revision that it was told last; 0 before the first.
        var told = 0
        /// Whether it was told credentials of buckets.
        var hasCredentials = false
        /// Whether a change came before it was told its first policy.
        var mustLookAgain = false

        func send(_ line: [UInt8]) {
            outbox.put(line.count, for: number)
            stream.yield(line)
        }
    }

    private let registry: Registry
    private let policies: HostPolicies
    private let certificates: Certificates?
    private let secrets: BucketSecrets
    private let store: HostFolder
    private let outbox = Outbox()
    private let disk = DispatchQueue(label: "gatehouse.hosts.disk")
    private let connections = Mutex<(next: Int, byHost: [String: Connection])>((1, [:]))
    /// The newest revision that every connected host was looked at for.
    private let examinedRevision = Mutex<Int64>(0)
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    static let pingSeconds = 2
    /// How many hosts are told at a time: what is read for them at once is held in memory.
    private static let tellers = 4
    /// How many hosts' wanted revisions share a write.
    private static let notedTogether = 64

    /// * `region`: what hosts are told of where things are.
    /// * `folder`: where the hosts' records are kept.
    /// * `certificates`: signs hosts' certificates; nil where TLS is off and nobody can be enrolled.
    init(
        _ registry: Registry, region: ServedRegion, folder: String, certificates: Certificates?, secrets: BucketSecrets
    ) {
        self.registry = registry
        policies = HostPolicies(region: region)
        self.certificates = certificates
        self.secrets = secrets
        store = HostFolder(path: folder)
        // One wake that waits is enough: who is woken looks at everything.
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        registry.onRevision { [waker] _ in waker.yield() }
    }

    // MARK: Toward the hosts

    /// Runs until cancelled: tells hosts of changes, and pings them.
    package func run() async {
        waker.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.wakes { await self.tellChanges() } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Self.pingSeconds))
                    self.ping()
                    // Policies of a thousand hosts may have come and gone.
                    if self.policies.forgetIfIdle() { MemoryHints.giveBack() }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Ends all streams, so that the server can stop.
    package func close() {
        waker.finish()
        // Ended outside the lock: what an end calls takes it.
        let open = connections.withLock { connections in
            defer { connections.byHost = [:] }
            return connections.byHost.values.map(\.stream)
        }
        for stream in open { stream.finish() }
    }

    /// Ends the stream of a host that is told nothing more.
    func disconnect(_ host: String) {
        let stream = connections.withLock { $0.byHost.removeValue(forKey: host)?.stream }
        stream?.finish()
    }

    private func ping() {
        guard let line = try? ControlCodec.encode(HostMessage.ping(at: .now)) else { return }
        connections.withLock { for connection in $0.byHost.values { connection.send(line) } }
    }

    var connected: Set<String> { connections.withLock { Set($0.byHost.keys) } }
    var examined: Int64 { examinedRevision.withLock { $0 } }

    private func tellChanges() async {
        let newest = (try? await registry.read { try Int64.fetchOne($0, sql: "SELECT max(number) FROM revision") }) ?? 0
        let known = connections.withLock { $0.byHost.mapValues { (number: $0.number, digest: $0.digest) } }
        // Who comes later reads at least the newest.
        guard !known.isEmpty else { return examinedRevision.withLock { $0 = max($0, newest) } }
        let examined = self.examined
        if examined > 0, examined < newest,
            let span = try? await registry.read({ try GroupSpan.between(examined, newest, in: $0) }),
            await tell(span)
        {
            await tell(known.filter { span.inFull.contains($0.key) })
            examinedRevision.withLock { $0 = max($0, newest) }
            return
        }
        // The first look is at everybody, and so is one that fails.
        var concerned: Set<String>?
        if examined > 0 {
            concerned = try? await registry.read { try ConcernedHosts.between(examined, newest, in: $0) }
        }
        await tell(known.filter { concerned?.contains($0.key) ?? true })
        examinedRevision.withLock { $0 = max($0, newest) }
    }

    /// Tells hosts in full, each by the connection and the digest that it has.
    private func tell(_ hosts: [String: (number: Int, digest: String?)]) async {
        var wanted: [String: Int] = [:]
        await withTaskGroup(of: (host: String, wanted: Int?).self) { group in
            func next() async {
                if let told = await group.next() { wanted[told.host] = told.wanted }
                guard wanted.count >= Self.notedTogether else { return }
                await noteWanted(wanted)
                wanted = [:]
            }
            for (place, (host, known)) in hosts.enumerated() {
                if place >= Self.tellers { await next() }
                group.addTask { (host, await self.tell(host, unlessDigestIs: known.digest, known.number)) }
            }
            for _ in 0..<min(hosts.count, Self.tellers) { await next() }
        }
        await noteWanted(wanted)
        if hosts.count >= Self.notedTogether { MemoryHints.giveBack() }
    }

    /// Notes which revisions hosts were told last.
    private func noteWanted(_ numbers: [String: Int]) async {
        guard !numbers.isEmpty else { return }
        try? await registry.keep { database in
            for (host, number) in numbers {
                try database.cachedStatement(
                    sql: "UPDATE host SET wantedRevision = max(wantedRevision, ?) WHERE name = ?"
                ).execute(arguments: [number, host])
            }
        }
    }

    /// Tells the hosts that a span has a share for; a message that is the same for many is made once.
    ///
    /// - Returns: false, with nobody told, when a message cannot be made.
    private func tell(_ span: GroupSpan) async -> Bool {
        let connected = self.connected
        let shares = span.shares.filter { connected.contains($0.key) }
        var lines: [GroupAmendment.Share: [UInt8]] = [:]
        for share in Set(shares.values) {
            guard let line = try? ControlCodec.encode(HostMessage.amendment(span.amendment.limited(to: share))) else {
                return false
            }
            lines[share] = line
        }
        let number = span.amendment.number
        let told = connections.withLock { connections in
            var told: [String] = []
            for (host, share) in shares {
                guard var connection = connections.byHost[host], let line = lines[share] else { continue }
                if connection.told == 0 {
                    // Its first policy is being read, perhaps from before this change.
                    connection.mustLookAgain = true
                } else if connection.told < number {
                    connection.send(line)
                    (connection.told, connection.digest) = (number, nil)
                    told.append(host)
                }
                connections.byHost[host] = connection
            }
            return told
        }
        await noteWanted(Dictionary(uniqueKeysWithValues: told.map { ($0, number) }))
        return true
    }

    /// Tells a host what it must enforce, where that is something else than it was told before.
    ///
    /// - Returns: the revision that it was told; nil for none.
    private func tell(_ host: String, unlessDigestIs former: String?, _ number: Int) async -> Int? {
        await outbox.waitForRoom()
        let policies = policies
        guard
            let revision = try? await registry.read({ try policies.revision(forHost: host, in: $0) }),
            // A registry without any change has nothing to enforce.
            revision.number > 0, let line = try? RevisionLine(revision), line.digest != former
        else { return nil }
        let credentials = try? await credentials(for: revision.policy)
        send(line, of: revision.number, credentials, to: host, number)
        return revision.number
    }

    /// What the host's collectors need to open their buckets.
    private func credentials(for policy: Policy) async throws -> [HostCredentials] {
        try await registry.read { try SealedCredentials.needed(by: policy, in: $0) }.map {
            HostCredentials(name: $0.name, content: try secrets.open($0).text)
        }
    }

    /// `credentials` are nil where they cannot be opened: the host goes on with those that it has.
    private func send(
        _ line: RevisionLine, of revision: Int, _ credentials: [HostCredentials]?, to host: String, _ number: Int
    ) {
        connections.withLock { connections in
            guard var connection = connections.byHost[host], connection.number == number,
                connection.told <= revision
            else { return }
            (connection.told, connection.digest) = (revision, line.digest)
            // Before what needs them. A host that was told none needs none.
            if let credentials, !credentials.isEmpty || connection.hasCredentials,
                let line = try? ControlCodec.encode(HostMessage.credentials(credentials))
            {
                connection.hasCredentials = !credentials.isEmpty
                connection.send(line)
            }
            connection.send(line.bytes)
            connections.byHost[host] = connection
        }
    }

    /// The stream of a host that asks for it; nil for every other call.
    func stream(_ call: Call) async throws -> HostStream? {
        guard call.method == .get, call.path == ["api", "agent", "stream"], let host = try await enrolled(call) else {
            return nil
        }
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        disconnect(host)
        let number = connections.withLock { connections in
            connections.next += 1
            connections.byHost[host] = Connection(
                number: connections.next, stream: continuation, outbox: outbox, digest: nil)
            return connections.next
        }
        continuation.onTermination = { [weak self, outbox] _ in
            outbox.close(number)
            self?.connections.withLock { connections in
                if connections.byHost[host]?.number == number { connections.byHost[host] = nil }
            }
        }
        var wanted = await tell(host, unlessDigestIs: nil, number)
        let mustLookAgain = connections.withLock { $0.byHost[host]?.mustLookAgain == true }
        if mustLookAgain { wanted = await tell(host, unlessDigestIs: nil, number) ?? wanted }
        if let wanted { await noteWanted([host: wanted]) }
        return HostStream(stream, connection: number, outbox: outbox)
    }

    /// The name of the enrolled host that calls; nil when the caller is none.
    private func enrolled(_ call: Call) async throws -> String? {
        guard let name = call.peerName else { return nil }
        let host = try await registry.read { try Hosts.named(name, in: $0) }
        return host.map { !$0.isRevoked } == true ? name : nil
    }

    // MARK: From the hosts

    /// Answers `agent/…`, without `api`.
    func answer(_ call: Call) async throws -> Answer {
        if call.method == .post, call.path == ["agent", "enrol"] { return try await enrol(call) }
        if call.method == .get, call.path == ["agent", "authority"] {
            guard let certificates else { throw Self.needsTLS }
            return Answer(text: try certificates.authorityPEM, type: "application/x-pem-file")
        }
        guard let host = try await enrolled(call) else {
            throw RegistryError(.unauthenticated, "A certificate of an enrolled host is wanted.")
        }
        switch (call.method, call.path.dropFirst().first) {
        case (.post, "receipts"): return try await keepReceipt(call, host)
        case (.post, "report"): return try await keepReport(call, host)
        case (.get, "files"): return try await files(call, host)
        case (.put, "files"): return try await write(call, host)
        default: throw NeutronError.resourceMissing
        }
    }

    private static let needsTLS = RegistryError(
        .notPossibleHere, "This server speaks plain HTTP: hosts are enrolled over TLS only.")

    /// What makes an enrolment token safe to use: who the server is. Nothing where TLS is off.
    var fingerprint: String? { get throws { try certificates?.fingerprint } }

    private func enrol(_ call: Call) async throws -> Answer {
        guard let certificates else {
            throw Self.needsTLS
        }
        let request: EnrolmentRequest
        do {
            request = try ControlCodec.decode(call.body)
        } catch {
            throw RegistryError(.invalid(.body), "The enrolment request cannot be read.")
        }
        guard (1...255).contains(request.host.utf8.count), !request.host.contains("/"), request.host != "..",
            request.host != "."
        else { throw RegistryError(.invalid(.body), "host: \"\(request.host)\" is no name of a host") }
        let issued: (certificatePEM: String, serial: String)
        do {
            issued = try certificates.issueHost(request.host, publicKeyPEM: request.publicKeyPEM)
        } catch {
            throw RegistryError(.invalid(.body), "publicKeyPEM is no P-256 public key in PEM")
        }
        var actor = Actor.system("host.enrol", requestID: call.requestID)
        actor.userName = "host \(request.host)"
        actor.source = call.source
        try await registry.change(by: actor) { change in
            try Hosts.redeem(request.token, for: request.host, at: change.instant.nanoseconds, in: change.database)
            _ = try change.enrol(request.host, certificateSerial: issued.serial)
        }
        let answer = EnrolmentAnswer(
            certificatePEM: issued.certificatePEM, authorityPEM: try certificates.authorityPEM)
        return Answer(.created, JSON(parsing: try ControlCodec.encode(answer)))
    }

    private func keepReceipt(_ call: Call, _ host: String) async throws -> Answer {
        let record: ReceiptRecord
        switch try ControlCodec.decode(call.body, as: HostReceipt.self) {
        case .applied(let receipt, let digest):
            record = ReceiptRecord(
                host: host, revision: receipt.revision, appliedAt: receipt.appliedAt.nanoseconds,
                method: receipt.method, microseconds: receipt.microseconds, cutSessions: receipt.cutSessions,
                digest: digest, failure: nil)
        case .failed(let revision, let reason):
            record = ReceiptRecord(
                host: host, revision: revision, appliedAt: nil, method: "", microseconds: 0, cutSessions: 0,
                digest: "", failure: reason)
        }
        let now = Timestamp.now.nanoseconds
        try await registry.keep { try Hosts.keep(record, at: now, in: $0) }
        return Answer(.noContent)
    }

    private func keepReport(_ call: Call, _ host: String) async throws -> Answer {
        let report: HostReport = try ControlCodec.decode(call.body)
        let now = Timestamp.now.nanoseconds
        // The host read its clock half a round trip ago, near enough: between our ping and now.
        let roundTrip = now - report.pingedAt.nanoseconds
        let offset = report.receivedAt.nanoseconds - (report.pingedAt.nanoseconds + roundTrip / 2)
        let status = String(decoding: try ControlCodec.encode(report.status), as: UTF8.self)
        try await registry.keep {
            try Hosts.noteSeen(host, at: now, clockOffset: offset, status: status, in: $0)
        }
        return Answer(.noContent)
    }

    /// `GET agent/files`: how many bytes of each file are here.
    private func files(_ call: Call, _ host: String) async throws -> Answer {
        let sizes = try await onDisk { [store] in try store.sizes(host) }.sorted { $0.key < $1.key }.map {
            ($0.key, JSON.int($0.value))
        }
        return Answer(.ok, .object(JSONObject(sizes)))
    }

    /// `PUT agent/files/NAME?offset=N`: bytes of a file that only grows; writing them again changes nothing.
    private func write(_ call: Call, _ host: String) async throws -> Answer {
        guard call.path.count >= 3, let offset = call.values("offset").first.flatMap({ Int($0) }), offset >= 0 else {
            throw NeutronError.badRequest("agent/files/NAME?offset=N is wanted")
        }
        let name = call.path.dropFirst(2).joined(separator: "/")
        let size = try await onDisk { [store] in try store.write(call.body, to: name, at: offset, of: host) }
        return Answer(.ok, .object(["size": .int(size)]))
    }

    /// Files are read and written on a thread that may wait for the disk, one at a time.
    private func onDisk<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            disk.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
