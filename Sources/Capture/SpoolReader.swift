package import Host
package import Model

/// One thing that a spool holds.
package enum SpoolItem: Sendable {
    case record(FlowRecord)
    case loss(LossStatement)
    /// A commit; all windows that ended up to this instant are complete.
    case closed(Int64)
}

/// Reads a spool that another process may be writing.
package struct SpoolReader: Sendable {
    private let folder: String

    package init(folder: String) { self.folder = folder }

    /// Hands over everything committed, in order, from record number `first` on (losses and commits of the same
    /// segments included). `isEnough` is asked between segments; where it says so, the rest is left for another time.
    package func forEach(
        from first: UInt64 = 0, isEnough: () -> Bool = { false }, _ body: (SpoolItem) -> Void
    ) throws(SystemError) {
        let names = try Spool.segments(folder)
        for (index, name) in names.enumerated() {
            // A segment is not needed when the next begins at or before the first record that is wanted.
            if index + 1 < names.count, let following = UInt64(names[index + 1].prefix(20)), following <= first {
                continue
            }
            if isEnough() { return }
            SpoolFrames(try DurableFile.read("\(folder)/\(name)") ?? []).forEach { item in
                switch item {
                case .record(let record) where record.sequence < first: return
                case .loss(let loss) where loss.sequence < first: return
                default: break
                }
                body(item)
            }
        }
    }
}
