package import Netlink

/// How to get from one ruleset to the next without a packet seeing half of each.
///
/// The kernel judges one packet by the *rules* of one moment: it notes the generation when the packet enters a base
/// chain. But it looks up *set elements* by the generation of the lookup itself. So a change may touch rules, or elements
/// in one sense (only more admitted, or only less), and every mixture a packet can meet is still as strict as one of the
/// two policies. Any other change gets new sets under new names (the next epoch), so that rules alone switch.
///
/// An element must not lead to a chain that is as new as itself: a packet that began before the transaction finds the
/// element and then, by its own generation, a chain without rules. So chains are made first, in a transaction of their own.
package enum ChangePlan: Equatable, Sendable {
    /// Nothing differs.
    case none
    /// Few elements: one netlink transaction, after another that makes the chains that they are to lead to.
    case elements([RuleTable.Step], chains: [RuleTable.Step])
    /// Rules, or elements in one sense: one nft transaction.
    case script(String)
    /// Rules and elements, or elements in both senses: to be rendered anew under the next epoch.
    case nextEpoch

    /// The most element changes that go over netlink one by one.
    private static let stepLimit = 200

    package init(from old: Ruleset, to new: Ruleset) {
        guard old != new else {
            self = .none
            return
        }
        var growth = 0
        var shrinkage = 0
        var steps: [RuleTable.Step] = []
        for (set, elements) in new.sets {
            guard let before = old.sets[set] else { continue }
            for (element, target) in before where elements[element] != target {
                if set.lingers, elements[element] == nil { continue }
                steps.append(Self.step(set, .remove(set: set.text, key: element.key)))
                guard set.decides, elements[element] == nil else { continue }
                if set.restricts { growth += 1 } else { shrinkage += 1 }
            }
            for (element, target) in elements where before[element] != target {
                steps.append(Self.add(set, element, target))
                guard set.decides else { continue }
                guard let former = before[element] else {
                    if set.restricts { shrinkage += 1 } else { growth += 1 }
                    continue
                }
                switch Self.sense(of: set, former, target, old, new) {
                case .grows: growth += 1
                case .shrinks: shrinkage += 1
                case .neither:
                    growth += 1
                    shrinkage += 1
                }
            }
        }
        let rulesChange = new.chains.contains { name, chain in
            guard let before = old.chains[name] else { return false }
            return before != chain
        }
        if growth > 0 && shrinkage > 0 || rulesChange && growth + shrinkage > 0 {
            self = .nextEpoch
        } else if !rulesChange, steps.count <= Self.stepLimit, !Self.movesIntervals(old, new),
            let chains = Self.profileSteps(old, new)
        {
            self = .elements(steps, chains: chains)
        } else if steps.contains(where: { Self.leadsToNewChain($0, old) }) {
            self = .nextEpoch
        } else {
            self = .script(ScriptWriter.script(from: old, to: new))
        }
    }

    /// Whether intervals come or go, which netlink's single steps do not speak of.
    private static func movesIntervals(_ old: Ruleset, _ new: Ruleset) -> Bool {
        new.sets.contains { set, elements in set.hasIntervals && old.sets[set] != elements }
    }

    private static func leadsToNewChain(_ step: RuleTable.Step, _ old: Ruleset) -> Bool {
        switch step {
        case .addJump(_, _, let chain): return old.chains[chain] == nil
        case .elsewhere(.ports, .addJump(_, _, let chain)): return old.chains[Ruleset.portPrefix + chain] == nil
        case .elsewhere, .add, .addValue, .remove, .addChain, .addJumpRule, .addGotoRule: return false
        }
    }

    private enum Sense {
        case grows
        case shrinks
        case neither
    }

    /// Whether a map element's new chain admits more than the old: a profile with further groups admits all that it did.
    private static func sense(
        of map: SetName, _ former: Ruleset.Target, _ target: Ruleset.Target, _ old: Ruleset, _ new: Ruleset
    ) -> Sense {
        guard let before = chain(former, of: map, old), let after = chain(target, of: map, new),
            let beforeRules = old.chains[before]?.rules, let afterRules = new.chains[after]?.rules
        else { return .neither }
        if Set(beforeRules).isSubset(of: afterRules) { return .grows }
        return Set(afterRules).isSubset(of: beforeRules) ? .shrinks : .neither
    }

    /// The chain that a target leads to, by its number where it is one.
    private static func chain(_ target: Ruleset.Target, of map: SetName, _ ruleset: Ruleset) -> String? {
        switch target {
        case .nothing: return nil
        case .chain(let chain): return chain
        case .number(let number):
            guard case .profiles(let direction, let epoch) = map,
                case .chain(let chain) = ruleset.sets[.profileChains(direction, epoch: epoch)]?[number]
            else { return nil }
            return chain
        }
    }

    private static func add(_ set: SetName, _ element: Ruleset.Element, _ target: Ruleset.Target) -> RuleTable.Step {
        switch target {
        case .nothing: step(set, .add(set: set.text, key: element.key))
        case .chain(let chain): step(set, .addJump(map: set.text, key: element.key, chain: chain))
        case .number(let number): step(set, .addValue(map: set.text, key: element.key, value: number.key))
        }
    }

    /// A step in the table that the set stands in.
    private static func step(_ set: SetName, _ step: RuleTable.Step) -> RuleTable.Step {
        set.table == .gatehouse ? step : .elsewhere(set.table, step)
    }

    /// The steps that make the chains that only `new` has; nil when one is no mere profile or a set is missing.
    private static func profileSteps(_ old: Ruleset, _ new: Ruleset) -> [RuleTable.Step]? {
        guard new.sets.keys.allSatisfy({ old.sets[$0] != nil }) else { return nil }
        var steps: [RuleTable.Step] = []
        for (name, chain) in new.chains where old.chains[name] == nil {
            guard chain.hook == nil, let rules = chain.rules, Ruleset.place(ofChain: name).table == .gatehouse else {
                return nil
            }
            steps.append(.addChain(name))
            for rule in rules {
                guard rule.count == 1, case .verdict(let decision) = rule[0] else { return nil }
                switch decision {
                case .jump(let target): steps.append(.addJumpRule(chain: name, to: target))
                case .goto(let target): steps.append(.addGotoRule(chain: name, to: target))
                case .accept, .drop, .return, .map, .mapOf: return nil
                }
            }
        }
        return steps
    }
}
