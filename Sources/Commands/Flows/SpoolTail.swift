import Host
import Model
import Spools

/// What was added to a spool since the last time.
struct SpoolTail {
    private let folder: String
    private var next: UInt64 = 0
    private var seen: (segment: String, bytes: Int)?

    init(folder: String) { self.folder = folder }

    /// Hands over the records and losses that are new, and how far windows are closed.
    mutating func forEach(_ body: (SpoolItem) -> Void) throws {
        // A segment is read whole, so an unchanged one is left alone.
        guard let last = try DurableFile.list(folder).last(where: { $0.hasSuffix(".spool") }) else { return }
        let now = (last, try DurableFile.size("\(folder)/\(last)"))
        if let seen, seen == now { return }
        var following = next
        try SpoolReader(folder: folder).forEach(from: next) { item in
            switch item {
            case .record(let record): following = max(following, record.sequence + 1)
            case .loss(let loss): following = max(following, loss.sequence + 1)
            case .uncollected(let session): following = max(following, session.sequence + 1)
            case .closed, .damaged: break
            }
            body(item)
        }
        next = following
        seen = now
    }
}
