package import Host
package import Model

/// What the spool has of one capture window that is over; its records are counted, not read.
package struct SpooledWindow: Hashable, Sendable {
    /// Records of one interface and direction.
    package struct Side: Hashable, Sendable {
        package let interface: Identifier<Interface>
        package let direction: Direction

        package init(_ interface: Identifier<Interface>, _ direction: Direction) {
            self.interface = interface
            self.direction = direction
        }
    }

    /// The end of the window before.
    package let start: Timestamp
    package let end: Timestamp
    package fileprivate(set) var counts: [Side: Int] = [:]
    /// Numbers of the window's first and last record or loss; nil where it has none.
    package fileprivate(set) var sequences: ClosedRange<UInt64>?
    /// Interfaces of which a loss is stated in this window.
    package fileprivate(set) var losses: Set<Identifier<Interface>> = []
    /// Whether the spool lost records of this window, or of windows between this and the one before.
    package fileprivate(set) var lacksRecords: Bool
}

extension SpoolReader {
    /// Hands over the closed windows that end after `since`, in order, until `body` is false.
    ///
    /// Windows that an agent did not live to close are complete when a later one was closed.
    ///
    /// * `first`: the number of the first record that may belong to such a window. That it is there no more is a loss.
    /// * `since`: nil for all; then the first begins with its first record, or `length` before its end.
    /// * `until`: the end of the last window that is wanted.
    package func windows(
        from first: UInt64, since: Timestamp?, until: Timestamp, length: Duration, _ body: (SpooledWindow) -> Bool
    ) throws(SystemError) {
        let closed = try closedInstants(from: first)
        guard let last = closed.last(where: { $0 <= until }) else { return }
        let present = try firstSequence() ?? first
        var walk = WindowWalk(
            ends: WindowEnds(closed: closed), closed: closed.filter { $0 <= last }, since: since, length: length,
            lacksRecords: present > first)
        try forEachPart(from: first) { part in
            switch part {
            case .records(let block):
                for index in 0..<block.count where block.sequence(index) >= first {
                    let end = walk.end(of: block.windowStart(index), planned: block.windowEnd(index))
                    guard end <= last else { return false }
                    guard walk.advance(to: end, from: block.windowStart(index), body) else { return false }
                    walk.count(block, index)
                }
            case .loss(let loss):
                if loss.sequence >= first { walk.note(loss) }
            case .uncollected: break
            case .damaged(let damage):
                if damage.numbers.upperBound > first { walk.noteDamage() }
            case .closed(let instant):
                // What follows belongs to the next window.
                let end = Timestamp(nanoseconds: instant)
                if end > last || !walk.close(end, body) { return false }
            }
            return true
        }
        _ = walk.close(last, body)
    }
}

/// Puts what a spool holds into windows.
private struct WindowWalk {
    private let ends: WindowEnds
    /// Ends of closed windows that were not met yet.
    private var closed: ArraySlice<Timestamp>
    private let since: Timestamp?
    private let length: Duration
    private var before: Timestamp?
    private var current: SpooledWindow?
    private var lacksRecords: Bool
    private var isStopped = false
    /// Losses that came before any record of their window.
    private var early: [LossStatement] = []
    /// The side that was counted last, as the next is often the same.
    private var side: SpooledWindow.Side?
    private var sideCount = 0
    private var plan: (start: Timestamp, planned: Timestamp, end: Timestamp)?

    init(ends: WindowEnds, closed: [Timestamp], since: Timestamp?, length: Duration, lacksRecords: Bool) {
        self.ends = ends
        self.closed = closed[...]
        self.since = since
        self.length = length
        self.lacksRecords = lacksRecords
        before = since
    }

    mutating func end(of start: Timestamp, planned: Timestamp) -> Timestamp {
        if let plan, plan.start == start, plan.planned == planned { return plan.end }
        let end = ends.end(of: start, planned: planned)
        plan = (start, planned, end)
        return end
    }

    /// Hands windows over until the one that ends then is the current one; false where `body` has enough.
    mutating func advance(to end: Timestamp, from start: Timestamp, _ body: (SpooledWindow) -> Bool) -> Bool {
        // Also where a clock was set back no window comes after a later one.
        if let current, end <= current.end { return true }
        if let before, end <= before { return true }
        guard finish(before: end, body) else { return false }
        open(end, start: before ?? start)
        return true
    }

    mutating func count(_ block: RecordBlock, _ index: Int) {
        guard let window = current else { return }
        let sequence = block.sequence(index)
        current?.sequences = (window.sequences?.lowerBound ?? sequence)...sequence
        let found = SpooledWindow.Side(block.interface(index), block.direction(index))
        if found != side {
            settle()
            side = found
        }
        sideCount += 1
    }

    mutating func note(_ loss: LossStatement) { early.append(loss) }

    /// Records are missing of the window that is open, or of those that follow: nobody knows which.
    mutating func noteDamage() {
        current?.lacksRecords = true
        lacksRecords = true
    }

    /// Hands over every window that ended up to then.
    mutating func close(_ end: Timestamp, _ body: (SpooledWindow) -> Bool) -> Bool {
        guard closed.first.map({ $0 <= end }) ?? false || current.map({ $0.end <= end }) ?? false else { return true }
        return finish(before: Timestamp(nanoseconds: end.nanoseconds + 1), body)
    }

    private mutating func open(_ end: Timestamp, start: Timestamp) {
        current = SpooledWindow(start: start, end: end, lacksRecords: lacksRecords)
        lacksRecords = false
    }

    private mutating func settle() {
        if let side { current?.counts[side, default: 0] += sideCount }
        (side, sideCount) = (nil, 0)
    }

    /// Hands over the current window and those without records that ended before the instant.
    private mutating func finish(before end: Timestamp, _ body: (SpooledWindow) -> Bool) -> Bool {
        while !isStopped {
            while let first = closed.first, first <= before ?? first.advanced(by: .nanoseconds(-1)) {
                closed.removeFirst()
            }
            let silent = closed.first.flatMap { $0 < end ? $0 : nil }
            if let current, silent.map({ current.end <= $0 }) ?? (current.end < end) {
                guard handOver(body) else { return false }
            } else if current == nil, let silent {
                open(silent, start: before ?? silent.advanced(by: .zero - length))
                guard handOver(body) else { return false }
            } else {
                break
            }
        }
        return !isStopped
    }

    private mutating func handOver(_ body: (SpooledWindow) -> Bool) -> Bool {
        settle()
        guard var window = current else { return true }
        for loss in early {
            if loss.reason.isMissing { window.losses.insert(loss.interface) }
            let number = loss.sequence
            window.sequences =
                min(
                    window.sequences?.lowerBound ?? number, number)...max(
                    window.sequences?.upperBound ?? number, number)
        }
        early = []
        current = nil
        before = window.end
        isStopped = !body(window)
        return !isStopped
    }
}
