/// A set of pairs of 16-bit numbers: source and target ports, or ICMP type and code.
package struct Region: Hashable, Sendable {
    /// All pairs whose first number is in a range and whose second is in a set.
    package struct Slab: Hashable, Sendable {
        package let first: ClosedRange<UInt16>
        package let second: RangeSet
    }

    /// Ascending and disjoint; neighbours that touch have different sets, none is empty: equal regions are equal values.
    package private(set) var slabs: [Slab]

    package static let empty = Region(slabs: [])
    /// All ports.
    package static let ports = Region(0...UInt16.max, RangeSet(0...UInt16.max))
    /// All ICMP types and codes.
    package static let icmp = Region(0...255, RangeSet(0...255))

    private init(slabs: [Slab]) { self.slabs = slabs }

    package init(_ first: ClosedRange<UInt16>, _ second: RangeSet) {
        slabs = second.isEmpty ? [] : [Slab(first: first, second: second)]
    }

    package var isEmpty: Bool { slabs.isEmpty }

    package func contains(_ first: UInt16, _ second: UInt16) -> Bool {
        slabs.contains { $0.first.contains(first) && $0.second.contains(second) }
    }

    package func combined(_ other: Region, _ operation: SetOperation) -> Region {
        if let known = operation.shortcut(self, other, empty: .empty) { return known }
        var starts: Set<Int> = [0]
        for slab in slabs + other.slabs {
            starts.insert(Int(slab.first.lowerBound))
            starts.insert(Int(slab.first.upperBound) + 1)
        }
        let cuts = starts.sorted()
        var builder = SlabBuilder()
        var (left, right) = (0, 0)
        for (index, start) in cuts.enumerated() where start <= Int(UInt16.max) {
            let end = index + 1 < cuts.count ? cuts[index + 1] - 1 : Int(UInt16.max)
            while left < slabs.count, Int(slabs[left].first.upperBound) < start { left += 1 }
            while right < other.slabs.count, Int(other.slabs[right].first.upperBound) < start { right += 1 }
            let first = Self.set(slabs, left, start)
            let second = Self.set(other.slabs, right, start)
            builder.add(start, end, first.combined(second, operation))
        }
        return Region(slabs: builder.slabs)
    }

    private static func set(_ slabs: [Slab], _ index: Int, _ start: Int) -> RangeSet {
        guard index < slabs.count, Int(slabs[index].first.lowerBound) <= start else { return .empty }
        return slabs[index].second
    }

    /// The region with the two numbers of each pair changed over.
    package var transposed: Region {
        var result = Region.empty
        for slab in slabs {
            for range in slab.second.ranges {
                result = result.combined(Region(range, RangeSet(slab.first)), .union)
            }
        }
        return result
    }

    /// The region in few disjoint rectangles: the better of cutting along the first number and along the second.
    package var rectangles: [Rectangle] {
        let along = slabs.flatMap { slab in slab.second.ranges.map { Rectangle(first: slab.first, second: $0) } }
        guard slabs.count > 1 else { return along }
        let across = transposed.slabs.flatMap { slab in
            slab.second.ranges.map { Rectangle(first: $0, second: slab.first) }
        }
        return across.count < along.count ? across : along
    }

    /// The smallest rectangle that holds all of it; nil for the empty region.
    var outline: Rectangle? {
        guard let first = slabs.first, let last = slabs.last,
            let lowest = slabs.compactMap(\.second.ranges.first?.lowerBound).min(),
            let highest = slabs.compactMap(\.second.ranges.last?.upperBound).max()
        else { return nil }
        return Rectangle(first: first.first.lowerBound...last.first.upperBound, second: lowest...highest)
    }

    package struct Rectangle: Hashable, Sendable {
        package let first: ClosedRange<UInt16>
        package let second: ClosedRange<UInt16>
    }
}

/// Puts slabs side by side that come in order.
private struct SlabBuilder {
    private(set) var slabs: [Region.Slab] = []

    mutating func add(_ start: Int, _ end: Int, _ second: RangeSet) {
        guard !second.isEmpty else { return }
        if let last = slabs.last, Int(last.first.upperBound) + 1 == start, last.second == second {
            slabs[slabs.count - 1] = Region.Slab(first: last.first.lowerBound...UInt16(end), second: second)
        } else {
            slabs.append(Region.Slab(first: UInt16(start)...UInt16(end), second: second))
        }
    }
}
