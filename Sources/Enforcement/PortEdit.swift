import Netlink

/// The elements that differ where some ports change, found without drawing up the others.
struct PortEdit {
    let steps: [RuleTable.Step]
    /// What makes new profiles' chains, in a transaction before.
    let chainSteps: [RuleTable.Step]
    private let before: Ruleset
    private let after: Ruleset

    /// The edit of a table, or nil where it takes more than elements and chains of profiles.
    init?(_ change: PortChange, in present: Ruleset, epoch: Int) {
        var before = RulesetRenderer.elements(of: change.before, epoch: epoch, beside: present)
        let after = RulesetRenderer.elements(of: change.after, epoch: epoch, beside: present)
        guard (Set(before.sets.keys).union(after.sets.keys)).allSatisfy({ present.sets[$0] != nil }) else { return nil }
        // What other ports, or former ones, have made already.
        for (name, chain) in after.chains where present.chains[name] == chain { before.chains[name] = chain }
        for (set, elements) in after.sets where set.lingers {
            let known = elements.filter { present.sets[set]?[$0.key] == $0.value }
            before.sets[set, default: [:]].merge(known) { _, new in new }
        }
        switch ChangePlan(from: before, to: after) {
        case .none: (steps, chainSteps) = ([], [])
        case .elements(let steps, let chains): (self.steps, chainSteps) = (steps, chains)
        case .script, .nextEpoch: return nil
        }
        (self.before, self.after) = (before, after)
    }

    /// Does in our picture of the table what the steps do in the kernel: what both sides have stays as it is there.
    func make(in ruleset: inout Ruleset) {
        for (set, elements) in before.sets where !set.lingers {
            for element in elements.keys where after.sets[set]?[element] == nil { ruleset.sets[set]?[element] = nil }
        }
        for (set, elements) in after.sets {
            for (element, target) in elements where before.sets[set]?[element] != target {
                ruleset.sets[set]?[element] = target
            }
        }
        ruleset.chains.merge(after.chains) { _, new in new }
    }
}
