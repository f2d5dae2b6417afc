import Delivery
import Link
import Model
import Synchronization

/// What was in force on this host, and when.
final class HostHistory: Sendable {
    private struct Key: Hashable {
        let revision: Int
        /// Since when the same interfaces were bound.
        let binding: Int64
    }

    /// So many answers are kept; windows ask for the same few.
    private static let answers = 4

    private let store: RevisionStore
    /// Since when each revision was in the kernel, by nanoseconds since 1970, rising.
    private let revisions: [(since: Int64, number: Int)]
    private let bindings: BindingHistory
    private let present: Revision
    private let known = Mutex<[(key: Key, ownership: Ownership)]>([])

    init(_ folder: DataFolder, revisions: [Int64: Int], bindings: BindingHistory, present: Revision) {
        store = RevisionStore(folder)
        self.revisions = revisions.map { ($0.key, $0.value) }.sorted { $0.since < $1.since }
        self.bindings = bindings
        self.present = present
    }

    /// Which collectors had the host's interfaces at an instant.
    func ownership(at instant: Timestamp) throws -> Ownership {
        let nanoseconds = instant.nanoseconds
        let number = revisions.last { $0.since <= nanoseconds }?.number ?? 0
        let binding = bindings.index(at: nanoseconds).map { bindings.states[$0] }
        let key = Key(revision: number, binding: binding?.since ?? 0)
        if let found = known.withLock({ $0.first { $0.key == key } }) { return found.ownership }
        let revision = number == present.number ? present : try store.load(number) ?? .none
        let ownership = Ownership(revision.policy, interfaces: binding?.interfaces ?? [])
        known.withLock { $0 = Array([(key, ownership)] + $0.prefix(Self.answers - 1)) }
        return ownership
    }
}
