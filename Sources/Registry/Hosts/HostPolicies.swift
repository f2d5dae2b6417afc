package import GRDB
package import Model
import Synchronization

/// The policies of hosts, one after the other: what they have in common is read once, until a change is made.
///
/// A change that concerns a thousand hosts, or a server that starts and is asked by all of them, reads groups, rules and members
/// once instead of a thousand times.
package final class HostPolicies: Sendable {
    private let region: ServedRegion
    private let shared = Mutex<SharedReads?>(nil)
    private let isUsed = Mutex(false)
    private let few: Int

    /// * `few`: for more hosts than this, all groups, rules and members are read at once.
    package init(region: ServedRegion, few: Int = 32) {
        self.region = region
        self.few = few
    }

    /// The revision for a host, as the registry stands in this reading.
    package func revision(forHost host: String, in database: Database) throws -> Revision {
        // Every change of what policies are made of makes a revision.
        let number = try SharedReads.newestRevision(in: database)
        let whole = try shared.withLock { shared -> SharedReads? in
            isUsed.withLock { $0 = true }
            if shared?.number != number { shared = SharedReads(number: number) }
            shared?.hosts += 1
            if let hosts = shared?.hosts, hosts > few, shared?.isWhole == false { try shared?.readAll(database) }
            return shared?.isWhole == true ? shared : nil
        }
        // What is whole is only read, by several at a time.
        if let whole {
            let (revision, after) = try revision(forHost: host, in: database, whole)
            shared.withLock { if $0?.number == number { $0?.learn(from: after) } }
            return revision
        }
        return try shared.withLock { shared in
            // Handed over, not shared: what is written to would be copied, all of it for each host.
            let reads = shared.take() ?? SharedReads(number: number)
            let (revision, after) = try revision(
                forHost: host, in: database, reads.number == number ? reads : SharedReads(number: number))
            shared = after
            return revision
        }
    }

    private func revision(
        forHost host: String, in database: Database, _ reads: consuming SharedReads
    ) throws -> (revision: Revision, SharedReads) {
        var reader = try HostPolicyReader(host: host, region: region, database: database, shared: reads)
        return (try reader.revision(), reader.shared)
    }

    /// Lets go of what was read, where nobody has asked since this was called last.
    ///
    /// - Returns: whether there was anything.
    package func forgetIfIdle() -> Bool {
        let wasUsed = isUsed.withLock { isUsed in
            defer { isUsed = false }
            return isUsed
        }
        return !wasUsed && shared.withLock { $0.take() != nil }
    }
}
