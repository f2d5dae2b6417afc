/// A set of 16-bit numbers: ports, or ICMP types and codes.
package struct RangeSet: Hashable, Sendable {
    /// Ascending, disjoint, none touching the next: equal sets are equal values.
    package private(set) var ranges: [ClosedRange<UInt16>]

    package static let empty = RangeSet(ranges: [])

    private init(ranges: [ClosedRange<UInt16>]) { self.ranges = ranges }

    package init(_ range: ClosedRange<UInt16>) { ranges = [range] }

    package var isEmpty: Bool { ranges.isEmpty }

    package func contains(_ number: UInt16) -> Bool { ranges.contains { $0.contains(number) } }

    /// The set that an operation makes of this one and another.
    package func combined(_ other: RangeSet, _ operation: SetOperation) -> RangeSet {
        if let known = operation.shortcut(self, other, empty: .empty) { return known }
        var result: [ClosedRange<UInt16>] = []
        var (left, right) = (Boundary(ranges), Boundary(other.ranges))
        var start: Int?
        var position = 0
        while true {
            let keeps = operation.keeps(left.isInside, right.isInside)
            if keeps, start == nil { start = position }
            if !keeps, let first = start {
                result.append(UInt16(first)...UInt16(position - 1))
                start = nil
            }
            let next = min(left.next, right.next)
            guard next < Boundary.end else { break }
            position = next
            left.pass(next)
            right.pass(next)
        }
        if let first = start { result.append(UInt16(first)...UInt16.max) }
        return RangeSet(ranges: result)
    }
}

/// Walks over the places where a set begins and ends.
private struct Boundary {
    static let end = 1 << 16
    private let ranges: [ClosedRange<UInt16>]
    private var index = 0
    private(set) var isInside = false

    init(_ ranges: [ClosedRange<UInt16>]) {
        self.ranges = ranges
        pass(0)
    }

    /// The next place where membership changes.
    var next: Int {
        guard index < ranges.count else { return Self.end }
        return isInside ? Int(ranges[index].upperBound) + 1 : Int(ranges[index].lowerBound)
    }

    mutating func pass(_ position: Int) {
        if isInside, index < ranges.count, position > Int(ranges[index].upperBound) {
            isInside = false
            index += 1
        }
        if !isInside, index < ranges.count, position >= Int(ranges[index].lowerBound) { isInside = true }
    }
}
