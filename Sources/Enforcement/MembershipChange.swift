import Model
import Netlink

/// One interface joins or leaves groups: the elements that change, found without looking at any other interface.
struct MembershipChange {
    private(set) var steps: [RuleTable.Step] = []
    /// What makes the chains that the elements are to lead to; to be done before, in a transaction of its own.
    private(set) var chainSteps: [RuleTable.Step] = []
    private var edits: [(set: String, element: Ruleset.Element, target: Ruleset.Target?)] = []
    private var chains: [String: Ruleset.Chain] = [:]

    /// The change, or nil when it admits more and less at once and so must not be made element by element.
    init?(_ port: HostPlan.Port, to profile: [String], _ current: Ruleset, epoch: Int) {
        let (before, after) = (Set(port.profile), Set(profile))
        guard before.isSubset(of: after) || after.isSubset(of: before) else { return nil }
        for direction in Direction.allCases {
            let chain = RulesetRenderer.profileChain(profile, direction)
            if current.chains[chain] == nil {
                let rules = RulesetRenderer.profileRules(profile, direction)
                chains[chain] = Ruleset.Chain(rules)
                chainSteps.append(.addChain(chain))
                chainSteps += profile.map { .addJumpRule(chain: chain, to: "\(direction)_group_\($0)") }
                chainSteps.append(.addGotoRule(chain: chain, to: "refuse_\(direction)"))
            }
        }
        for direction in Direction.allCases {
            let map = RulesetRenderer.dispatchMap(direction, epoch)
            let chain = RulesetRenderer.profileChain(profile, direction)
            let element = Ruleset.Element.device(port.device)
            guard current.collections[map]?.elements[element] != .chain(chain) else { continue }
            steps.append(.remove(set: map, key: element.key))
            steps.append(.addJump(map: map, key: element.key, chain: chain))
            edits.append((map, element, .chain(chain)))
        }
        for (groups, joins) in [(after.subtracting(before), true), (before.subtracting(after), false)] {
            for group in groups {
                for address in port.addresses {
                    let set = RulesetRenderer.memberSet(group, address.family, epoch)
                    let element = Ruleset.Element.address(address)
                    steps.append(joins ? .add(set: set, key: element.key) : .remove(set: set, key: element.key))
                    edits.append((set, element, joins ? .nothing : nil))
                }
            }
        }
    }

    /// Does in our picture of the table what the steps do in the kernel.
    func make(in ruleset: inout Ruleset) {
        for (name, chain) in chains { ruleset.chains[name] = chain }
        for edit in edits { ruleset.collections[edit.set]?.elements[edit.element] = edit.target }
    }
}
