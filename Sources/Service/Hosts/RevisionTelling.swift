import Buckets
import Host
import Link
import Model
import Registry
import Synchronization

/// Tells each connected host what it must enforce: a change goes to those whose policy it alters, in one line each.
package final class RevisionTelling: Sendable {
    private let registry: Registry
    private let region: ServedRegion
    private let policies: HostPolicies
    private let secrets: BucketSecrets
    private let connections: HostConnections
    let faults = TellingFaults()
    /// The newest revision that every connected host was looked at for.
    private let examinedRevision = Mutex<Int64>(0)
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private static let pingSeconds = 2
    /// How many hosts are told at a time: what is read for them at once is held in memory.
    private static let tellers = 4
    /// How many hosts' wanted revisions share a write.
    private static let notedTogether = 64

    init(_ registry: Registry, region: ServedRegion, secrets: BucketSecrets, connections: HostConnections) {
        self.registry = registry
        self.region = region
        policies = HostPolicies(region: region)
        self.secrets = secrets
        self.connections = connections
        // One wake that waits is enough: who is woken looks at everything.
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        registry.onRevision { [waker] _ in waker.yield() }
    }

    var examined: Int64 { examinedRevision.withLock { $0 } }

    /// Runs until cancelled or closed: tells hosts of changes, and pings them.
    func run() async {
        waker.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.wakes { await self.tellChanges() } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Self.pingSeconds))
                    self.ping()
                    await self.tryAgain()
                    // Policies of a thousand hosts may have come and gone.
                    if self.policies.forgetIfIdle() { MemoryHints.giveBack() }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Ends `run`.
    func close() { waker.finish() }

    private func ping() {
        do {
            connections.sendToAll(try ControlCodec.encode(HostMessage.ping(at: .now)))
            faults.clear("ping")
        } catch {
            faults.note("ping", error)
        }
    }

    /// Tells hosts what they could not be told: a change that failed for one is not forgotten.
    private func tryAgain() async {
        if faults.takeLook() { waker.yield() }
        let waiting = faults.hosts
        guard !waiting.isEmpty else { return }
        await tell(connections.known.filter { waiting[$0.key] != nil })
    }

    /// Tells a host that has just come, by the connection that it came by.
    func welcome(_ host: String, _ number: Int) async {
        var wanted = await tell(host, unlessDigestIs: nil, number)
        if connections.mustLookAgain(host) { wanted = await tell(host, unlessDigestIs: nil, number) ?? wanted }
        if let wanted { await noteWanted([host: wanted]) }
    }

    // MARK: Changes

    private func tellChanges() async {
        let newest: Int64
        do {
            newest = try await registry.read { try Revisions.newest(in: $0) }
            faults.clear("reading the newest revision")
        } catch {
            faults.note("reading the newest revision", error)
            return faults.lookAgain()
        }
        let known = connections.known
        // Who comes later reads at least the newest.
        guard !known.isEmpty else { return examinedRevision.withLock { $0 = max($0, newest) } }
        let examined = self.examined
        if let span = await span(after: examined, upTo: newest), let inFull = await tell(span) {
            await tell(known.filter { inFull.contains($0.key) })
            examinedRevision.withLock { $0 = max($0, newest) }
            return
        }
        // The first look is at everybody, and so is one that fails.
        let concerned = await concerned(after: examined, upTo: newest)
        await tell(known.filter { concerned?.contains($0.key) ?? true })
        examinedRevision.withLock { $0 = max($0, newest) }
    }

    /// What hosts can be told of in a few words; nil where there is no such span, or it cannot be read.
    private func span(after examined: Int64, upTo newest: Int64) async -> AmendableSpan? {
        guard examined > 0, examined < newest else { return nil }
        do {
            let span = try await registry.read { [region] in
                try AmendableSpan.between(examined, newest, of: region, in: $0)
            }
            faults.clear("reading changes")
            return span
        } catch {
            faults.note("reading changes", error)
            return nil
        }
    }

    /// The hosts that changes concern; nil for all.
    private func concerned(after examined: Int64, upTo newest: Int64) async -> Set<String>? {
        guard examined > 0 else { return nil }
        do {
            let concerned = try await registry.read { try ConcernedHosts.between(examined, newest, in: $0) }
            faults.clear("reading who is concerned")
            return concerned
        } catch {
            faults.note("reading who is concerned", error)
            return nil
        }
    }

    /// Tells hosts in full, each by the connection and the digest that it has.
    private func tell(_ hosts: [String: HostConnections.Known]) async {
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
        do {
            try await registry.keep { database in
                for (host, number) in numbers {
                    try Hosts.noteWanted(number, of: host, endsFailure: TellingFaults.prefix, in: database)
                }
            }
            faults.clear("noting what hosts were told")
        } catch {
            faults.note("noting what hosts were told", error)
        }
    }

    /// Keeps why a host could not be told, or that it was, where `host list` shows it.
    private func note(_ failure: String?, of host: String) async {
        do {
            try await registry.keep { database in
                try Hosts.note(failure, of: host, endsFailure: TellingFaults.prefix, in: database)
            }
            faults.clear("noting a failure", host: host)
        } catch {
            faults.note("noting a failure", host: host, error)
        }
    }

    /// Tells the hosts that a span has a share for; a message that is the same for many is made once.
    ///
    /// - Returns: who is to be told in full; nil, with nobody told, when a message cannot be made.
    private func tell(_ span: AmendableSpan) async -> Set<String>? {
        let connected = connections.names
        let present = span.shares.filter { connected.contains($0.key) }
        let able = connections.names(thatUnderstand: .furtherAmendments)
        let shares = present.filter { !$0.value.needsFurtherAmendments || able.contains($0.key) }
        var lines: [RevisionAmendment.Share: [UInt8]] = [:]
        for share in Set(shares.values) {
            do {
                lines[share] = try ControlCodec.encode(HostMessage.amendment(span.amendment.limited(to: share)))
            } catch {
                faults.note("writing changes", error)
                return nil
            }
        }
        let number = span.amendment.number
        let told = connections.send(shares.compactMapValues { lines[$0] }, of: number)
        await noteWanted(Dictionary(uniqueKeysWithValues: told.map { ($0, number) }))
        return span.inFull.union(present.keys.filter { shares[$0] == nil })
    }

    // MARK: One host

    /// Tells a host what it must enforce, where that is something else than it was told before.
    ///
    /// - Returns: the revision that it was told; nil for none.
    private func tell(_ host: String, unlessDigestIs former: String?, _ number: Int) async -> Int? {
        await connections.waitForRoom()
        let policies = policies
        let revision: Revision
        let line: RevisionLine
        do {
            revision = try await registry.read { try policies.revision(forHost: host, in: $0) }
            line = try RevisionLine(revision)
        } catch {
            // It goes on with what it has; whoever looks is told, and it is tried again.
            if let failure = faults.noteUntold(host, error) { await note(failure, of: host) }
            return nil
        }
        if faults.noteTold(host) { await note(nil, of: host) }
        // A registry without any change has nothing to enforce.
        guard revision.number > 0, line.digest != former else { return nil }
        connections.send(line, of: revision.number, await openCredentials(for: revision.policy, host), to: host, number)
        return revision.number
    }

    /// Nil where they cannot be opened: the host goes on with those that it has.
    private func openCredentials(for policy: Policy, _ host: String) async -> [HostCredentials]? {
        do {
            let found = try await credentials(for: policy)
            faults.clear("opening credentials", host: host)
            return found
        } catch {
            faults.note("opening credentials", host: host, error)
            return nil
        }
    }

    /// What the host's collectors need to open their buckets.
    private func credentials(for policy: Policy) async throws -> [HostCredentials] {
        try await registry.read { try SealedCredentials.needed(by: policy, in: $0) }.map {
            HostCredentials(name: $0.name, content: try secrets.open($0).text)
        }
    }
}
