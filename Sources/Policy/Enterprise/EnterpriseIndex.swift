import Model

/// The enterprise policy compiled for judging: the rules of each direction in their order, and those of them that a port can match.
///
/// Rules that name one port of TCP or UDP are found by it, all others are asked in order; candidates of both kinds are merged, so
/// that each is asked in its place, and tested in full.
struct EnterpriseIndex: Sendable {
    /// Addresses as plain words: the first and the last of each range, in rising order.
    private struct List: Sendable {
        struct Row {
            let high: UInt64
            let low: UInt64
            let lastHigh: UInt64
            let lastLow: UInt64
        }

        private var rows: [[Row]] = [[], []]

        init(_ ranges: AddressRanges) {
            for range in ranges.ranges {
                rows[range.first.family == .ipv4 ? 0 : 1].append(
                    Row(
                        high: range.first.high, low: range.first.low, lastHigh: range.last.high, lastLow: range.last.low
                    ))
            }
        }

        func contains(_ address: IPAddress) -> Bool {
            let rows = address.family == .ipv4 ? self.rows[0] : self.rows[1]
            var low = 0
            var high = rows.count
            while low < high {
                let middle = (low + high) / 2
                if (rows[middle].high, rows[middle].low) <= (address.high, address.low) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            guard low > 0 else { return false }
            return (address.high, address.low) <= (rows[low - 1].lastHigh, rows[low - 1].lastLow)
        }
    }

    /// What a rule asks of an address; a list of -1 is asked for nothing.
    private struct Condition: Sendable {
        var list: Int32 = -1
        var isNegated = false
    }

    private struct Compiled: Sendable {
        let rule: EnterpriseRule
        let source: Condition
        let target: Condition
        let scope: Condition
    }

    private struct Way: Sendable {
        var rules: [Compiled] = []
        /// By protocol and port; places in rising order.
        var byPort: [UInt32: [Int32]] = [:]
        var others: [Int32] = []
    }

    private var lists: [List] = []
    private var egress = Way()
    private var ingress = Way()
    private let observed: Set<Identifier<Interface>>

    /// * `policy`: with what each interface has at present, and those rules that are in force.
    init(_ policy: Policy) {
        observed = policy.observedInterfaces
        guard let enterprise = policy.enterprise, !enterprise.isEmpty else { return }
        var addresses = EnterpriseAddresses(policy)
        var known: [AddressRanges: Int32] = [:]
        for rule in enterprise where rule.isEnabled {
            func condition(_ ranges: AddressRanges?, isNegated: Bool = false) -> Condition {
                guard let ranges else { return Condition() }
                if let found = known[ranges] { return Condition(list: found, isNegated: isNegated) }
                let number = Int32(lists.count)
                lists.append(List(ranges))
                known[ranges] = number
                return Condition(list: number, isNegated: isNegated)
            }
            func condition(_ end: EnterpriseEnd) -> Condition {
                if case .noneOf = end { return condition(addresses.ranges(end), isNegated: true) }
                return condition(addresses.ranges(end))
            }
            let compiled = Compiled(
                rule: rule, source: condition(rule.source), target: condition(rule.target),
                scope: condition(addresses.ranges(rule.scope)))
            if rule.direction == .egress { Self.add(compiled, to: &egress) } else { Self.add(compiled, to: &ingress) }
        }
    }

    private static func add(_ compiled: Compiled, to way: inout Way) {
        let place = Int32(way.rules.count)
        way.rules.append(compiled)
        let ports = compiled.rule.services.map(\.onePort)
        if ports.contains(nil) {
            way.others.append(place)
        } else {
            for port in Set(ports.compactMap(\.self)) { way.byPort[port, default: []].append(place) }
        }
    }

    var isEmpty: Bool { egress.rules.isEmpty && ingress.rules.isEmpty }

    /// Whether refusals at an interface are notes.
    func observes(_ interface: Identifier<Interface>) -> Bool { !observed.isEmpty && observed.contains(interface) }

    /// The rule that blocks a session at an end; nil where none does. Calls back for each rule that observes it before.
    ///
    /// * `direction`: which end: `egress` the initiator's.
    func blocking(
        _ key: FlowKey, _ direction: Direction, observing: (EnterpriseRule) -> Void = { _ in }
    ) -> EnterpriseRule? {
        let way = direction == .egress ? egress : ingress
        guard !way.rules.isEmpty else { return nil }
        let near = direction == .egress ? key.initiator : key.target
        let byPort = key.targetPort.flatMap { way.byPort[UInt32(key.transport.rawValue) << 16 | UInt32($0)] } ?? []
        var (first, second) = (0, 0)
        while first < byPort.count || second < way.others.count {
            let place: Int32
            if second == way.others.count || first < byPort.count && byPort[first] < way.others[second] {
                place = byPort[first]
                first += 1
            } else {
                place = way.others[second]
                second += 1
            }
            let compiled = way.rules[Int(place)]
            guard holds(compiled.source, key.initiator), holds(compiled.target, key.target),
                holds(compiled.scope, near),
                compiled.rule.services.contains(where: { $0.matches(key) })
            else { continue }
            switch compiled.rule.action {
            case .block: return compiled.rule
            case .allow: return nil
            case .observe: observing(compiled.rule)
            }
        }
        return nil
    }

    private func holds(_ condition: Condition, _ address: IPAddress) -> Bool {
        condition.list < 0 || lists[Int(condition.list)].contains(address) != condition.isNegated
    }

    // MARK: In words

    /// The rules of a direction, each with why it does not match; nil where it does.
    func reasons(_ key: FlowKey, _ direction: Direction) -> [(rule: EnterpriseRule, mismatch: String?)] {
        let near = direction == .egress ? key.initiator : key.target
        return (direction == .egress ? egress : ingress).rules.map { compiled in
            let services = compiled.rule.services.compactMap { RuleReason.mismatch($0, key) }
            let isServed = services.count < compiled.rule.services.count
            return (
                compiled.rule,
                isServed
                    ? mismatch(compiled.source, compiled.rule.source, key.initiator)
                        ?? mismatch(compiled.target, compiled.rule.target, key.target)
                        ?? (holds(compiled.scope, near) ? nil : "\(near) is not of the rule's scope") : services.first
            )
        }
    }

    private func mismatch(_ condition: Condition, _ end: EnterpriseEnd, _ address: IPAddress) -> String? {
        guard !holds(condition, address) else { return nil }
        let names =
            end.elements.count > 3 ? "the \(end.elements.count) that are named" : EnterpriseEnd.list(end.elements)
        return condition.isNegated ? "\(address) is in \(names)" : "\(address) is not in \(names)"
    }
}

extension Service {
    /// Protocol and port, where it is one port of TCP or UDP.
    fileprivate var onePort: UInt32? {
        guard case .transport(let transport, .some(let ports)) = self, ports.lower == ports.upper,
            transport == .tcp || transport == .udp
        else { return nil }
        return UInt32(transport.rawValue) << 16 | UInt32(ports.lower)
    }
}
