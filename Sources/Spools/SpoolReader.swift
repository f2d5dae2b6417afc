package import Host
package import Model

/// One thing that a spool holds.
package enum SpoolItem: Sendable {
    case record(FlowRecord)
    case loss(LossStatement)
    /// A commit; all windows that ended up to this instant are complete.
    case closed(Int64)
}

/// Several things that a spool holds, as they lie there.
package enum SpoolPart {
    case records(RecordBlock)
    case loss(LossStatement)
    case closed(Int64)
}

/// Reads a spool that another process may be writing. It holds about a megabyte at a time, however long the spool is.
package struct SpoolReader: Sendable {
    private let folder: String

    package init(folder: String) { self.folder = folder }

    /// Hands over everything committed, in order, from record number `first` on (losses and commits of the same
    /// segments included). A record whose window was closed early has that as its end.
    package func forEach(from first: UInt64 = 0, _ body: (SpoolItem) -> Void) throws(SystemError) {
        let ends = try WindowEnds(closed: closedInstants(from: first))
        try forEachPart(from: first) { part in
            switch part {
            case .records(let block):
                for index in 0..<block.count where block.sequence(index) >= first {
                    guard var record = block.record(index) else { continue }
                    record.windowEnd = ends.end(of: record.windowStart, planned: record.windowEnd)
                    body(.record(record))
                }
            case .loss(let loss): if loss.sequence >= first { body(.loss(loss)) }
            case .closed(let instant): body(.closed(instant))
            }
            return true
        }
    }

    /// Hands over what is committed, in order, from the segment with record number `first` on, until `body` is false.
    ///
    /// Where all of it is known to be committed, reading goes faster without `verifies`.
    package func forEachPart(
        from first: UInt64 = 0, verifies: Bool = true, _ body: (SpoolPart) -> Bool
    ) throws(SystemError) {
        for name in try segments(from: first) {
            guard var segment = try SegmentReader.open("\(folder)/\(name)") else { continue }
            var offset = 0
            var committed = verifies ? 0 : Int.max
            while true {
                if offset >= committed {
                    guard let end = try segment.batchEnd(from: offset) else { break }
                    committed = end
                }
                guard let frame = try segment.head(at: offset) else { break }
                offset = frame.end
                guard let place = try segment.payload(of: frame, verifies: false) else { break }
                let end = place + frame.end - frame.start
                let part: SpoolPart?
                switch frame.kind {
                case .records:
                    part = .records(
                        RecordBlock(
                            segment.bytes, from: place, to: end, segment: Spool.first(name) ?? 0,
                            fileOffset: frame.start))
                case .loss: part = LossStatement(Array(segment.bytes[place..<end])).map { .loss($0) }
                case .commit: part = .closed(Int64(bitPattern: RecordCodec.load(segment.bytes, place + 20)))
                }
                if let part, !body(part) { return }
            }
        }
    }

    /// The instants up to which windows were closed, rising, as far as the segments from record number `first` on say.
    package func closedInstants(from first: UInt64 = 0) throws(SystemError) -> [Timestamp] {
        var found: [Timestamp] = []
        for name in try segments(from: first) {
            guard var segment = try SegmentReader.open("\(folder)/\(name)") else { continue }
            var offset = 0
            while let frame = try segment.head(at: offset) {
                offset = frame.end
                guard frame.kind == .commit, let commit = try segment.commit(frame) else { continue }
                let closed = Timestamp(nanoseconds: commit.position.closed)
                if closed > found.last ?? Timestamp(nanoseconds: 0) { found.append(closed) }
            }
        }
        return found
    }

    /// The number of the first record that is still there; nil for an empty spool.
    package func firstSequence() throws(SystemError) -> UInt64? {
        try Spool.segments(folder).first.flatMap(Spool.first)
    }

    func path(of segment: UInt64) -> String { "\(folder)/\(Spool.name(segment))" }

    private func segments(from first: UInt64) throws(SystemError) -> [String] {
        let names = try Spool.segments(folder)
        // A segment is not needed when the next begins at or before the first record that is wanted.
        let start = names.lastIndex { Spool.first($0) ?? 0 <= first } ?? 0
        return Array(names.dropFirst(start))
    }
}

/// When windows were over, whatever was planned when their records were written.
struct WindowEnds {
    private let closed: [Timestamp]

    /// * `closed`: the instants up to which windows were closed, rising.
    init(closed: [Timestamp]) { self.closed = closed }

    /// The first instant after a window's start at which windows were closed, or the planned end where that is earlier.
    func end(of start: Timestamp, planned: Timestamp) -> Timestamp {
        var (low, high) = (0, closed.count)
        while low < high {
            let middle = (low + high) / 2
            if closed[middle] <= start { low = middle + 1 } else { high = middle }
        }
        return low < closed.count ? min(planned, closed[low]) : planned
    }
}
