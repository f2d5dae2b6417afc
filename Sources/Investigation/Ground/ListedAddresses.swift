import Archive
package import Model

/// Addresses and prefixes of a list, a million and more, asked in two look-ups and a search.
package struct ListedAddresses: Sendable {
    /// The list's file, or what else it is called.
    package let name: String
    /// Single addresses, sorted.
    private let singles: [UInt128]
    /// A bit for the hash of each single address: most that are asked are none.
    private let bits: [UInt64]
    /// Ranges, sorted and apart from each other.
    private let ranges: [(first: UInt128, last: UInt128)]

    package var count: Int { singles.count + ranges.count }

    package init(name: String, _ prefixes: [IPPrefix]) {
        self.name = name
        var singles = prefixes.filter(\.isSingleAddress).map { UInt128($0.base) }
        singles.sort()
        self.singles = singles
        var size = 64
        while size < singles.count * 8 { size *= 2 }
        var bits = [UInt64](repeating: 0, count: size / 64)
        for address in singles {
            let place = Int(truncatingIfNeeded: Mixing.key(address)) & (size - 1)
            bits[place >> 6] |= 1 << UInt64(place & 63)
        }
        self.bits = bits
        var ranges: [(first: UInt128, last: UInt128)] = []
        let wide = prefixes.filter { !$0.isSingleAddress }.map { (UInt128($0.base), UInt128($0.last)) }
        for (first, last) in wide.sorted(by: { $0.0 < $1.0 }) {
            if let end = ranges.last?.last, first <= end {
                ranges[ranges.count - 1].last = max(end, last)
            } else {
                ranges.append((first, last))
            }
        }
        self.ranges = ranges
    }

    func contains(_ address: UInt128) -> Bool {
        let place = Int(truncatingIfNeeded: Mixing.key(address)) & (bits.count * 64 - 1)
        if bits[place >> 6] & 1 << UInt64(place & 63) != 0, Self.find(address, singles) { return true }
        guard !ranges.isEmpty else { return false }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < address { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].first <= address
    }

    private static func find(_ address: UInt128, _ sorted: [UInt128]) -> Bool {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < address { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] == address
    }
}
