import Model
import Netlink

/// One interface joins or leaves groups: the elements that change, found without looking at any other interface.
struct MembershipChange {
    private(set) var steps: [RuleTable.Step] = []
    /// Whether the steps make chains.
    var hasNewChains: Bool { !chains.isEmpty }
    /// What is to be removed once no packet is under way that began before the change.
    private(set) var former: [(map: SetName, element: Ruleset.Element)] = []
    private var edits: [(set: SetName, element: Ruleset.Element, target: Ruleset.Target?)] = []
    private var chains: [String: Ruleset.Chain] = [:]

    /// The change, or nil when it admits more and less at once and so must not be made element by element.
    ///
    /// * `isStateless`: whether the groups before and after are stateless. Then nil also where a list of theirs is not made
    ///   yet.
    init?(_ port: HostPlan.Port, to profile: [String], isStateless: Bool, _ current: Ruleset, epoch: Int) {
        let (before, after) = (Set(port.profile), Set(profile))
        guard before.isSubset(of: after) || after.isSubset(of: before) else { return nil }
        if isStateless {
            // A list as new as the element that leads to it would let packets pass that began before.
            let leaving = StatelessChains.profileChain(profile, .egress)
            let arriving = StatelessChains.profileChain(profile, .ingress)
            guard current.chains[leaving] != nil, current.chains[arriving] != nil else { return nil }
            lead(.device(port.device), in: .statelessSenders(epoch: epoch), to: leaving)
            for address in port.ownAddresses {
                lead(.address(address), in: .statelessTargets(address.family, epoch: epoch), to: arriving)
            }
        }
        for direction in Direction.allCases {
            let chain = RulesetRenderer.profileChain(profile, direction)
            if current.chains[chain] == nil {
                let rules = RulesetRenderer.profileRules(profile, direction)
                chains[chain] = Ruleset.Chain(rules)
                steps.append(.addChain(chain))
                steps += profile.map { .addJumpRule(chain: chain, to: "\(direction)_group_\($0)") }
                steps.append(.addGotoRule(chain: chain, to: "refuse_\(direction)"))
            }
        }
        for direction in Direction.allCases {
            let map = SetName.profiles(direction, epoch: epoch)
            let chains = SetName.profileChains(direction, epoch: epoch)
            let chain = RulesetRenderer.profileChain(profile, direction)
            let known = current.sets[chains] ?? [:]
            let number = Ruleset.Element.priority(ProfileDispatch.number(of: chain, in: known))
            let element = Ruleset.Element.device(port.device)
            guard current.sets[map]?[element] != .number(number) else { continue }
            if known[number] == nil {
                steps.append(.addJump(map: chains.text, key: number.key, chain: chain))
                edits.append((chains, number, .chain(chain)))
            }
            if self.chains[chain] != nil, case .number(let before) = current.sets[map]?[element] {
                let map = SetName.formerProfiles(direction, epoch: epoch)
                steps.append(.addValue(map: map.text, key: element.key, value: before.key))
                former.append((map, element))
            }
            // The former number leads on to its chain, for packets that have just got it.
            steps.append(.remove(set: map.text, key: element.key))
            steps.append(.addValue(map: map.text, key: element.key, value: number.key))
            edits.append((map, element, .number(number)))
        }
        for (groups, joins) in [(after.subtracting(before), true), (before.subtracting(after), false)] {
            for group in groups {
                for address in port.ownAddresses {
                    let set = SetName.members(group: group, address.family, epoch: epoch)
                    let element = Ruleset.Element.address(address)
                    steps.append(
                        joins
                            ? .add(set: set.text, key: element.key) : .remove(set: set.text, key: element.key))
                    edits.append((set, element, joins ? .nothing : nil))
                }
            }
        }
    }

    private mutating func lead(_ element: Ruleset.Element, in map: SetName, to chain: String) {
        steps.append(.remove(set: map.text, key: element.key))
        steps.append(.addJump(map: map.text, key: element.key, chain: chain))
        edits.append((map, element, .chain(chain)))
    }

    /// Does in our picture of the table what the steps do in the kernel.
    func make(in ruleset: inout Ruleset) {
        for (name, chain) in chains { ruleset.chains[name] = chain }
        for edit in edits { ruleset.sets[edit.set]?[edit.element] = edit.target }
    }
}
