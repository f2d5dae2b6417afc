/// A set of addresses as ranges that neither overlap nor touch, in rising order.
package struct AddressRanges: Hashable, Sendable {
    package struct Range: Hashable, Sendable {
        package let first: IPAddress
        /// Of the same family, and not before `first`.
        package let last: IPAddress
    }

    package private(set) var ranges: [Range] = []

    package init() {}

    /// Sets of thousands are keys: their ends and their number tell most of them apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(ranges.count)
        hasher.combine(ranges.first)
        hasher.combine(ranges.last)
    }

    /// The addresses of some blocks.
    package init(_ prefixes: [IPPrefix]) {
        self.init(unsorted: prefixes.map { Range(first: $0.base, last: $0.last) })
    }

    private init(unsorted: [Range]) {
        for range in unsorted.sorted(by: { $0.first < $1.first }) {
            guard let former = ranges.last, former.first.family == range.first.family,
                former.last >= range.first || former.last.next == range.first
            else {
                ranges.append(range)
                continue
            }
            if range.last > former.last { ranges[ranges.count - 1] = Range(first: former.first, last: range.last) }
        }
    }

    package var isEmpty: Bool { ranges.isEmpty }

    /// Whether each range is one address.
    package var hasSingleAddressesOnly: Bool { ranges.allSatisfy { $0.first == $0.last } }

    package func contains(_ address: IPAddress) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].first <= address { low = middle + 1 } else { high = middle }
        }
        return low > 0 && ranges[low - 1].last >= address
    }

    /// Those of a family.
    package func of(_ family: AddressFamily) -> AddressRanges {
        var some = AddressRanges()
        some.ranges = ranges.filter { $0.first.family == family }
        return some
    }

    package func union(_ other: AddressRanges) -> AddressRanges {
        if other.isEmpty { return self }
        return isEmpty ? other : AddressRanges(unsorted: ranges + other.ranges)
    }

    package func subtracting(_ other: AddressRanges) -> AddressRanges {
        guard !isEmpty, !other.isEmpty else { return self }
        var left: [Range] = []
        var place = 0
        for range in ranges {
            while place < other.ranges.count, other.ranges[place].last < range.first { place += 1 }
            var first: IPAddress? = range.first
            for taken in other.ranges[place...] {
                guard let from = first, taken.first <= range.last else { break }
                if from < taken.first, let before = taken.first.previous {
                    left.append(Range(first: from, last: before))
                }
                first = taken.last.next
            }
            if let from = first, from <= range.last, from.family == range.last.family {
                left.append(Range(first: from, last: range.last))
            }
        }
        var result = AddressRanges()
        result.ranges = left
        return result
    }
}

extension IPAddress {
    /// The address behind it; nil behind its family's last.
    package var next: IPAddress? {
        switch family {
        case .ipv4: low == UInt64(UInt32.max) ? nil : IPAddress(ipv4: UInt32(truncatingIfNeeded: low) + 1)
        case .ipv6:
            low < .max
                ? IPAddress(ipv6High: high, low: low + 1)
                : high == .max ? nil : IPAddress(ipv6High: high + 1, low: 0)
        }
    }

    /// The address before it; nil before its family's first.
    package var previous: IPAddress? {
        switch family {
        case .ipv4: low == 0 ? nil : IPAddress(ipv4: UInt32(truncatingIfNeeded: low) - 1)
        case .ipv6:
            low > 0
                ? IPAddress(ipv6High: high, low: low - 1)
                : high == 0 ? nil : IPAddress(ipv6High: high - 1, low: .max)
        }
    }
}
