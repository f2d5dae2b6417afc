package import Host
package import Model

/// Where something that a spool held cannot be read any more.
package struct SpoolDamage: Hashable, Sendable {
    /// The segment's name; of a segment that is gone the one before it.
    package let file: String
    /// The numbers of the records and losses that were there; none where only a commit was.
    package let numbers: Range<UInt64>
}

/// One thing that a spool holds.
package enum SpoolItem: Sendable {
    case damaged(SpoolDamage)
    case record(FlowRecord)
    case loss(LossStatement)
    /// What is not collected of a session: a matter of the books, told to others by a statement for each window.
    case uncollected(UncollectedSession)
    /// A commit; all windows that ended up to this instant are complete.
    case closed(Int64)
}

/// Several things that a spool holds, as they lie there.
package enum SpoolPart {
    case damaged(SpoolDamage)
    case records(RecordBlock)
    case loss(LossStatement)
    case uncollected(UncollectedSession)
    case closed(Int64)
}

/// Reads a spool that another process may be writing. It holds about a megabyte at a time, however long the spool is.
package struct SpoolReader: Sendable {
    private let folder: String

    package init(folder: String) { self.folder = folder }

    /// Hands over everything committed, in order, from record number `first` on (losses and commits of the same
    /// segments included). A record whose window was closed early has that as its end.
    package func forEach(from first: UInt64 = 0, _ body: (SpoolItem) -> Void) throws(SystemError) {
        try read(from: first) { item in
            body(item)
            return true
        }
    }

    /// The same until `body` is false.
    package func read(from first: UInt64 = 0, while body: (SpoolItem) -> Bool) throws(SystemError) {
        let ends = try WindowEnds(closed: closedInstants(from: first))
        try forEachPart(from: first) { part in
            switch part {
            case .records(let block):
                for index in 0..<block.count where block.sequence(index) >= first {
                    guard var record = block.record(index) else { continue }
                    record.windowEnd = ends.end(of: record.windowStart, planned: record.windowEnd)
                    guard body(.record(record)) else { return false }
                }
                return true
            case .loss(let loss): return loss.sequence < first || body(.loss(loss))
            case .uncollected(let session): return session.sequence < first || body(.uncollected(session))
            case .closed(let instant): return body(.closed(instant))
            case .damaged(let damage): return damage.numbers.upperBound <= first || body(.damaged(damage))
            }
        }
    }

    /// Hands over what is committed, in order, from the segment with record number `first` on, until `body` is false.
    ///
    /// What is damaged is told where it is missed: numbers have no holes.
    package func forEachPart(from first: UInt64 = 0, _ body: (SpoolPart) -> Bool) throws(SystemError) {
        var numbers = Numbering()
        for name in try segments(from: first) {
            guard var segment = try SegmentReader.open("\(folder)/\(name)") else { continue }
            if let gone = numbers.begin(Spool.first(name) ?? 0, name), !body(.damaged(gone)) { return }
            var offset = 0
            while let batch = try segment.batch(from: offset) {
                var damage = batch.damage[...]
                while offset < batch.end {
                    if let part = damage.first, part.lowerBound == offset {
                        offset = part.upperBound
                        damage.removeFirst()
                        numbers.isInDoubt = true
                        continue
                    }
                    guard let frame = try segment.head(at: offset),
                        let place = try segment.payload(of: frame, verifies: false)
                    else { break }
                    offset = frame.end
                    let end = place + frame.end - frame.start
                    let part: SpoolPart?
                    let present: Range<UInt64>
                    switch frame.kind {
                    case .records, .translatedRecords, .observedRecords:
                        let block = RecordBlock(
                            segment.bytes, from: place, to: end, size: frame.kind.recordSize ?? RecordCodec.size,
                            segment: Spool.first(name) ?? 0, fileOffset: frame.start)
                        present =
                            block.sequence(
                                0)..<block.sequence(block.count - 1).addingReportingOverflow(1)
                            .partialValue.clamped(from: block.sequence(0))
                        part = .records(block)
                    case .loss:
                        let number: UInt64 = RecordCodec.load(segment.bytes, place + 50)
                        present = number..<number.addingReportingOverflow(1).partialValue.clamped(from: number)
                        part = LossStatement(Array(segment.bytes[place..<end])).map { .loss($0) }
                    case .uncollected:
                        let number: UInt64 = RecordCodec.load(segment.bytes, place)
                        present = number..<number.addingReportingOverflow(1).partialValue.clamped(from: number)
                        part = UncollectedSession(segment.bytes, at: place).map { .uncollected($0) }
                    case .commit:
                        let next: UInt64 = RecordCodec.load(segment.bytes, place)
                        present = next..<next
                        part = .closed(Int64(bitPattern: RecordCodec.load(segment.bytes, place + 20)))
                    }
                    if let damaged = numbers.meet(present), !body(.damaged(damaged)) { return }
                    if let part, !body(part) { return }
                }
                offset = batch.end
            }
        }
    }

    /// The instants up to which windows were closed, rising, as far as the segments from record number `first` on say.
    package func closedInstants(from first: UInt64 = 0) throws(SystemError) -> [Timestamp] {
        var found: [Timestamp] = []
        for name in try segments(from: first) {
            guard var segment = try SegmentReader.open("\(folder)/\(name)") else { continue }
            var offset = 0
            while true {
                guard let frame = try segment.head(at: offset) else {
                    guard let next = try segment.nextFrame(after: offset) else { break }
                    offset = next
                    continue
                }
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

    /// The number that the next record will have, as far as is committed; 1 for an empty spool.
    package func nextSequence() throws(SystemError) -> UInt64 {
        guard let last = try Spool.segments(folder).last.flatMap(Spool.first) else { return 1 }
        var next = max(last, 1)
        try forEachPart(from: last) { part in
            switch part {
            case .records(let block): next = max(next, block.sequence(block.count - 1) &+ 1)
            case .loss(let loss): next = max(next, loss.sequence &+ 1)
            case .uncollected(let session): next = max(next, session.sequence &+ 1)
            case .damaged(let damage): next = max(next, damage.numbers.upperBound)
            case .closed: break
            }
            return true
        }
        return next
    }

    func path(of segment: UInt64) -> String { "\(folder)/\(Spool.name(segment))" }

    private func segments(from first: UInt64) throws(SystemError) -> [String] {
        let names = try Spool.segments(folder)
        // A segment is not needed when the next begins at or before the first record that is wanted.
        let start = names.lastIndex { Spool.first($0) ?? 0 <= first } ?? 0
        return Array(names.dropFirst(start))
    }
}

/// Follows the numbers of what a spool holds, and tells which are missing.
private struct Numbering {
    private var file = ""
    private var next: UInt64?
    /// Something could not be read since the last number was met.
    var isInDoubt = false

    /// A segment begins, whose first number its name says.
    mutating func begin(_ first: UInt64, _ name: String) -> SpoolDamage? {
        defer {
            file = name
            next = max(next ?? first, first)
            isInDoubt = false
        }
        guard let next, first > next else { return nil }
        return SpoolDamage(file: file, numbers: next..<first)
    }

    mutating func meet(_ numbers: Range<UInt64>) -> SpoolDamage? {
        let expected = next ?? numbers.lowerBound
        defer {
            next = max(expected, numbers.upperBound)
            isInDoubt = false
        }
        guard isInDoubt || numbers.lowerBound > expected else { return nil }
        return SpoolDamage(file: file, numbers: expected..<max(expected, numbers.lowerBound))
    }
}

extension UInt64 {
    /// Not less than another: bytes that fit their checksum may still be anybody's.
    fileprivate func clamped(from other: UInt64) -> UInt64 { Swift.max(self, other) }
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
