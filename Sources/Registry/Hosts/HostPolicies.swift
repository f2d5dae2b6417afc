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
        try shared.withLock { shared in
            // Every change of what policies are made of makes a revision.
            let number = try SharedReads.newestRevision(in: database)
            var reads = shared.take() ?? SharedReads(number: number)
            if reads.number != number { reads = SharedReads(number: number) }
            reads.hosts += 1
            if reads.hosts > few, !reads.isWhole { try reads.readAll(database) }
            // Handed over, not shared: what is written to would be copied, all of it for each host.
            var reader = try HostPolicyReader(host: host, region: region, database: database, shared: consume reads)
            let revision = try reader.revision()
            shared = reader.shared
            isUsed.withLock { $0 = true }
            return revision
        }
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
