import Attribution
import Model

/// What a host must enforce of the enterprise policy: its rules with their indexes, and the addresses that they name.
struct EnterprisePlan: Equatable, Sendable {
    /// What a rule asks of an address: to be in a list, or in it not.
    struct Condition: Equatable, Sendable {
        let list: String
        let isNegated: Bool
    }

    struct PlannedRule: Equatable, Sendable {
        let index: UInt16
        let rule: EnterpriseRule
        /// nil is every address.
        let source: Condition?
        let target: Condition?
        /// Asked of the end at which the rule is asked.
        let scope: Condition?
    }

    private(set) var rules: [PlannedRule] = []
    /// Addresses by a key that is made of them: the same addresses are one list, and another list has another key.
    private(set) var lists: [String: AddressRanges] = [:]
    private var keys: [AddressRanges: String] = [:]
    /// The list of what interfaces have whose refusals are notes; nil where there are none.
    private(set) var observed: String?

    /// * `policy`: with what each interface has at present, and the rules that are in force.
    init?(_ policy: Policy, indexes: inout RuleIndexes) throws(EnforcementError) {
        let wanted = (policy.enterprise ?? []).filter(\.isEnabled)
        guard !wanted.isEmpty else { return nil }
        var addresses = EnterpriseAddresses(policy)
        for rule in wanted {
            let (source, target) = (addresses.ranges(rule.source), addresses.ranges(rule.target))
            let scope = addresses.ranges(rule.scope)
            rules.append(
                PlannedRule(
                    // One that lets on decides nothing, and nothing is told of it.
                    index: rule.action == .allow ? 0 : try indexes.index(of: rule.id, rule.direction), rule: rule,
                    source: source.map { add($0, isNegated: rule.source.isNegated) },
                    target: target.map { add($0, isNegated: rule.target.isNegated) },
                    scope: scope.map { add($0, isNegated: false) }))
        }
        let notes = policy.observedInterfaces
        guard !notes.isEmpty else { return }
        let interfaces = policy.vpcs.flatMap(\.instances).flatMap(\.interfaces)
        let names = policy.vpcs.flatMap { vpc in
            vpc.instances.filter { $0.interfaces.contains { notes.contains($0.id) } }.map {
                EnterpriseElement.instance(vpc: vpc.name, name: $0.name)
            }
        }
        guard !names.isEmpty else { return }
        // What others of the same instances have is theirs.
        let others = AddressRanges(
            interfaces.filter { !notes.contains($0.id) }.flatMap { interface in
                interface.allAddresses.map { IPPrefix($0) } + interface.allPrefixes
            })
        let own = AddressRanges(
            interfaces.filter { notes.contains($0.id) }.flatMap { $0.allAddresses.map { IPPrefix($0) } })
        let all = (addresses.ranges(.anyOf(names)) ?? AddressRanges()).subtracting(others).union(own)
        observed = add(all, isNegated: false).list
    }

    private mutating func add(_ ranges: AddressRanges, isNegated: Bool) -> Condition {
        if let key = keys[ranges] { return Condition(list: key, isNegated: isNegated) }
        let text = ranges.ranges.map { "\($0.first)-\($0.last)" }.joined(separator: " ")
        let key = Identifier<EnterprisePlan>(derivedFrom: "list", text).short
        lists[key] = ranges
        keys[ranges] = key
        return Condition(list: key, isNegated: isNegated)
    }

    /// The rules of a direction, in order.
    func rules(_ direction: Direction) -> [PlannedRule] { rules.filter { $0.rule.direction == direction } }
}

extension EnterpriseEnd {
    fileprivate var isNegated: Bool { if case .noneOf = self { true } else { false } }
}
