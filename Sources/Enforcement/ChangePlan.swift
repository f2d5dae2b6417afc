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
        for (name, collection) in new.collections {
            guard let before = old.collections[name] else { continue }
            for (element, target) in before.elements where collection.elements[element] != target {
                if collection.lingers, collection.elements[element] == nil { continue }
                steps.append(.remove(set: name, key: element.key))
                guard collection.decides, collection.elements[element] == nil else { continue }
                if collection.restricts { growth += 1 } else { shrinkage += 1 }
            }
            for (element, target) in collection.elements where before.elements[element] != target {
                steps.append(Self.add(name, element, target))
                guard collection.decides else { continue }
                guard let former = before.elements[element] else {
                    if collection.restricts { shrinkage += 1 } else { growth += 1 }
                    continue
                }
                switch Self.sense(of: name, former, target, old, new) {
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
        } else if !rulesChange, steps.count <= Self.stepLimit, let chains = Self.profileSteps(old, new) {
            self = .elements(steps, chains: chains)
        } else if steps.contains(where: { Self.leadsToNewChain($0, old) }) {
            self = .nextEpoch
        } else {
            self = .script(ScriptWriter.script(from: old, to: new))
        }
    }

    private static func leadsToNewChain(_ step: RuleTable.Step, _ old: Ruleset) -> Bool {
        guard case .addJump(_, _, let chain) = step else { return false }
        return old.chains[chain] == nil
    }

    private enum Sense {
        case grows
        case shrinks
        case neither
    }

    /// Whether a map element's new chain admits more than the old: a profile with further groups admits all that it did.
    private static func sense(
        of map: String, _ former: Ruleset.Target, _ target: Ruleset.Target, _ old: Ruleset, _ new: Ruleset
    ) -> Sense {
        guard let before = chain(former, of: map, old), let after = chain(target, of: map, new),
            let beforeRules = old.chains[before]?.rules, let afterRules = new.chains[after]?.rules
        else { return .neither }
        if Set(beforeRules).isSubset(of: afterRules) { return .grows }
        return Set(afterRules).isSubset(of: beforeRules) ? .shrinks : .neither
    }

    /// The chain that a target leads to, by its number where it is one.
    private static func chain(_ target: Ruleset.Target, of map: String, _ ruleset: Ruleset) -> String? {
        switch target {
        case .nothing: return nil
        case .chain(let chain): return chain
        case .number(let number):
            guard let chains = ProfileDispatch.chains(ofNumbers: map),
                case .chain(let chain) = ruleset.collections[chains]?.elements[number]
            else { return nil }
            return chain
        }
    }

    private static func add(_ name: String, _ element: Ruleset.Element, _ target: Ruleset.Target) -> RuleTable.Step {
        switch target {
        case .nothing: .add(set: name, key: element.key)
        case .chain(let chain): .addJump(map: name, key: element.key, chain: chain)
        case .number(let number): .addValue(map: name, key: element.key, value: number.key)
        }
    }

    /// The steps that make the chains that only `new` has; nil when one is no mere profile or a set is missing.
    private static func profileSteps(_ old: Ruleset, _ new: Ruleset) -> [RuleTable.Step]? {
        guard new.collections.keys.allSatisfy({ old.collections[$0] != nil }) else { return nil }
        var steps: [RuleTable.Step] = []
        for (name, chain) in new.chains where old.chains[name] == nil {
            guard chain.hook == nil else { return nil }
            steps.append(.addChain(name))
            for rule in chain.rules {
                let words = rule.split(separator: " ").map(String.init)
                guard words.count == 2 else { return nil }
                switch words[0] {
                case "jump": steps.append(.addJumpRule(chain: name, to: words[1]))
                case "goto": steps.append(.addGotoRule(chain: name, to: words[1]))
                default: return nil
                }
            }
        }
        return steps
    }
}
