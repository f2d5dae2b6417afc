package import Model

/// Values that are within some ranges, ends included; every comparison of numbers, times and addresses is one.
package struct RangeTest<Key: FixedWidthInteger & Sendable>: Sendable {
    package var ranges: [(low: Key, high: Key)] = []
    package var isNegated = false

    package func holds(_ key: Key) -> Bool {
        for range in ranges where range.low <= key && key <= range.high { return !isNegated }
        return isNegated
    }

    /// Whether a value between two bounds may hold; false is sure.
    package func mayHold(from low: Key, to high: Key) -> Bool {
        if isNegated { return !ranges.contains { $0.low <= low && high <= $0.high } }
        return ranges.contains { $0.low <= high && low <= $0.high }
    }

    package init(_ relation: FilterExpression.Relation, _ key: Key) {
        switch relation {
        case .equal: ranges = [(key, key)]
        case .notEqual: (ranges, isNegated) = ([(key, key)], true)
        case .less: ranges = key > .min ? [(.min, key - 1)] : []
        case .lessOrEqual: ranges = [(.min, key)]
        case .greater: ranges = key < .max ? [(key + 1, .max)] : []
        case .greaterOrEqual: ranges = [(key, .max)]
        }
    }

    package init(_ ranges: [(low: Key, high: Key)], isNegated: Bool) {
        (self.ranges, self.isNegated) = (ranges, isNegated)
    }
}

/// Keys in whose order values are compared.
package enum OrderKey {
    /// Numbers without sign as they are; instants so that those before 1970 come first.
    package static func instant(_ microseconds: Int64) -> UInt64 { UInt64(bitPattern: microseconds) ^ (1 << 63) }

    /// Sixteen bytes so that IPv4 comes first, each family in the order of its numbers.
    package static func address(_ value: UInt128) -> UInt128 {
        if value >> 32 == 0xffff { return value & 0xffff_ffff }
        return value < 0xffff << 32 ? value + (1 << 32) : value
    }

    package static func address(_ address: IPAddress) -> UInt128 {
        switch address.family {
        case .ipv4: UInt128(address.low)
        case .ipv6: Self.address(UInt128(address.high) << 64 | UInt128(address.low))
        }
    }

    package static func numbers(_ items: [FilterExpression.Item]) -> [(low: UInt64, high: UInt64)] {
        items.compactMap { item in
            switch item {
            case .value(.number(let number)): (number, number)
            case .value(.instant(let instant)): (Self.instant(instant), Self.instant(instant))
            case .range(.number(let low), .number(let high)): (low, high)
            case .range(.instant(let low), .instant(let high)): (instant(low), instant(high))
            case .value, .range, .network, .beginning: nil
            }
        }
    }

    package static func addresses(_ items: [FilterExpression.Item]) -> [(low: UInt128, high: UInt128)] {
        items.compactMap { item in
            switch item {
            case .value(.address(let address)): (Self.address(address), Self.address(address))
            case .range(.address(let low), .address(let high)): (address(low), address(high))
            case .network(let prefix): (address(prefix.base), address(prefix.last))
            case .value, .range, .beginning: nil
            }
        }
    }
}
