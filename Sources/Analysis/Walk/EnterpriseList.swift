import Model

/// The enterprise policy as a walk asks it: what its rules match, and whom, by numbers that policies share.
struct EnterpriseList: Hashable, Sendable {
    /// What a rule asks of an address.
    struct Condition: Hashable, Sendable {
        /// Number of a set of addresses.
        let set: Int32
        let isNegated: Bool

        func holds(_ place: Place) -> Bool {
            (place.enterprise?.sets.contains(set) ?? false) != isNegated
        }
    }

    struct Rule: Hashable, Sendable {
        /// It refuses, or it ends the list; what only observes is left out.
        let refuses: Bool
        let direction: Direction
        /// Packet spaces by family; nil where the rule has none of it.
        let spaces: [AddressFamily: Int32]
        /// nil is any.
        let source: Condition?
        let target: Condition?
        /// Of the end at which it is asked.
        let scope: Condition?
    }

    let rules: [Rule]

    /// For each rule of a direction whether an end is what it wants of that end.
    func matches(_ place: Place, isSource: Bool, _ direction: Direction) -> [Bool] {
        let isNear = isSource == (direction == .egress)
        return rules.map { rule in
            rule.direction == direction && ((isSource ? rule.source : rule.target)?.holds(place) ?? true)
                && (!isNear || rule.scope?.holds(place) ?? true)
        }
    }
}

extension Ground {
    /// The enterprise policy of a policy, and the sets of addresses that its rules ask about; nil where it has none.
    ///
    /// * `policy`: with what each interface has at present.
    mutating func enterprise(_ policy: Policy) -> (list: Int32, sets: [(number: Int32, ranges: AddressRanges)])? {
        guard let rules = policy.enterprise?.filter(\.isEnabled), !rules.isEmpty else { return nil }
        var addresses = EnterpriseAddresses(policy)
        var sets: [Int32: AddressRanges] = [:]
        func condition(_ ranges: AddressRanges?, isNegated: Bool) -> EnterpriseList.Condition? {
            guard let ranges else { return nil }
            let number = walk.addressSets.number(ranges)
            if sets.updateValue(ranges, forKey: number) == nil {
                for prefix in ranges.prefixes { _ = prefixes.add(prefix) }
            }
            return EnterpriseList.Condition(set: number, isNegated: isNegated)
        }
        func condition(_ end: EnterpriseEnd) -> EnterpriseList.Condition? {
            if case .noneOf = end { return condition(addresses.ranges(end), isNegated: true) }
            return condition(addresses.ranges(end), isNegated: false)
        }
        var compiled: [EnterpriseList.Rule] = []
        for rule in rules {
            let refuses: Bool
            switch rule.action {
            case .block: refuses = true
            case .allow: refuses = false
            case .observe: continue
            }
            var spaces: [AddressFamily: Int32] = [:]
            for family in rule.families {
                spaces[family] = rule.services.reduce(walk.pool.empty(family)) { space, service in
                    walk.pool.combine(space, walk.pool.number(PacketSpace(service, family)), .union)
                }
            }
            compiled.append(
                EnterpriseList.Rule(
                    refuses: refuses, direction: rule.direction, spaces: spaces, source: condition(rule.source),
                    target: condition(rule.target),
                    scope: condition(addresses.ranges(rule.scope), isNegated: false)))
        }
        let list = walk.enterpriseLists.number(EnterpriseList(rules: compiled))
        return (list, sets.map { ($0.key, $0.value) })
    }
}

extension AddressRanges {
    /// The fewest blocks that hold the same addresses.
    var prefixes: [IPPrefix] {
        ranges.flatMap { range -> [IPPrefix] in
            let width = range.first.family == .ipv4 ? 32 : 128
            var found: [IPPrefix] = []
            var next = range.first.number
            let last = range.last.number
            while true {
                // The largest block that begins here and does not pass the end.
                var bits = next == 0 ? width : min(width, next.trailingZeroBitCount)
                while bits > 0, last - next < (bits == 128 ? .max : (UInt128(1) << UInt128(bits)) - 1) { bits -= 1 }
                found.append(
                    IPPrefix(containing: IPAddress(number: next, range.first.family), length: width - bits))
                let size = bits == 128 ? UInt128.max : (UInt128(1) << UInt128(bits)) - 1
                guard last - next > size else { return found }
                next += size + 1
            }
        }
    }
}

extension IPAddress {
    fileprivate var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

    fileprivate init(number: UInt128, _ family: AddressFamily) {
        switch family {
        case .ipv4: self.init(ipv4: UInt32(truncatingIfNeeded: number))
        case .ipv6:
            self.init(ipv6High: UInt64(truncatingIfNeeded: number >> 64), low: UInt64(truncatingIfNeeded: number))
        }
    }
}
