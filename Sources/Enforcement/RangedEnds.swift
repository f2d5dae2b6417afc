import Attribution
package import Model

/// Blocks of addresses: the same rules, asked for by the block that an address lies in.
///
/// Each set that has blocks beside its single addresses gets a brother with intervals, and each rule that asks the set gets a
/// brother that asks that one. What one interface has as a single address is in nobody's block, so the brother asks for that
/// first: single addresses cost what they did, and come and go without a block being written anew. A plan without blocks has
/// none of this.
enum RangedEnds {
    /// * `epoch`: that of the ruleset, which is part of some brothers' names.
    static func expand(_ ruleset: inout Ruleset, epoch: Int) {
        let sets = Set(ruleset.sets.keys)
        guard sets.contains(where: { if case .ranges = $0 { true } else { false } }) else { return }
        for (name, chain) in ruleset.chains {
            guard let rules = chain.rules else { continue }
            let expanded = expand(rules, among: sets, epoch: epoch)
            if expanded != rules { ruleset.chains[name] = .init(hook: chain.hook, expanded) }
        }
    }

    static func expand(_ rules: [Ruleset.Rule], among sets: Set<SetName>, epoch: Int) -> [Ruleset.Rule] {
        rules.flatMap { rule -> [Ruleset.Rule] in
            let asker = Asker(sets: sets, epoch: epoch)
            guard rule.contains(where: { asker.brother($0) != nil || asker.denial($0) != nil }) else { return [rule] }
            return asker.family(of: rule)
        }
    }

    private struct Asker {
        let sets: Set<SetName>
        let epoch: Int

        func family(of rule: Ruleset.Rule) -> [Ruleset.Rule] {
            var family: [Ruleset.Rule] = [[]]
            for statement in rule {
                if let brother = brother(statement) {
                    family = family.flatMap { [$0 + [statement], $0 + brother] }
                } else if let denial = denial(statement) {
                    family = family.map { $0 + [statement, denial] }
                } else {
                    family = family.map { $0 + [statement] }
                }
            }
            return family + foreign(rule).map { [$0] }.joined()
        }

        /// What asks by the block.
        func brother(_ statement: Statement) -> [Statement]? {
            switch statement {
            case .lookup(let key, let set, isIn: true):
                ranges(of: set).map { nobodys(key, set) + [.lookup(key, $0, isIn: true)] }
            case .note(.profile(let key, let map)):
                ranges(of: map).map { nobodys(key, map) + [.note(.profile(key, of: $0))] }
            case .verdict(.map(let field, let map)):
                ranges(of: map).map { nobodys([field], map) + [.verdict(.map(field, $0))] }
            default: nil
            }
        }

        /// What is in no set must be in none of its blocks either.
        func denial(_ statement: Statement) -> Statement? {
            guard case .lookup(let key, let set, isIn: false) = statement else { return nil }
            return ranges(of: set).map { .lookup(key, $0, isIn: false) }
        }

        /// A single address that somebody has is no one's by a block: what may not be sent or got is refused also where it
        /// lies in one.
        private func foreign(_ rule: Ruleset.Rule) -> [Ruleset.Rule] {
            for statement in rule {
                guard case .lookup(let key, let set, isIn: false) = statement, set.saysWhatIsOwn,
                    ranges(of: set) != nil,
                    let (field, family) = address(in: key)
                else { continue }
                let verdict = rule.lastIndex { if case .verdict = $0 { true } else { false } } ?? rule.endIndex
                var other = rule
                other.insert(.lookup([field], exact(set, family), isIn: true), at: verdict)
                return [other]
            }
            return []
        }

        private func ranges(of set: SetName) -> SetName? {
            let name = SetName.ranges(of: set, epoch: set.isKept && set.key.count > 1 ? nil : epoch)
            return sets.contains(name) ? name : nil
        }

        private func nobodys(_ key: [PacketField], _ set: SetName) -> [Statement] {
            guard let (field, family) = address(in: key) else { return [] }
            return [.lookup([field], exact(set, family), isIn: false)]
        }

        private func exact(_ set: SetName, _ family: AddressFamily) -> SetName {
            set.table == .ports ? .port(.exact(family)) : .addresses(family)
        }

        private func address(in key: [PacketField]) -> (PacketField, AddressFamily)? {
            for field in key {
                if case .address(let family) = field.part { return (field, family) }
            }
            return nil
        }
    }
}

extension SetName {
    /// Whether it says what a device may send from or be sent.
    fileprivate var saysWhatIsOwn: Bool {
        switch self {
        case .sources, .sourcesWithMAC, .targets: true
        default: false
        }
    }
}

extension Ruleset {
    /// Gives a set its brother with intervals; none where there are no blocks.
    mutating func addRanges(of set: SetName, epoch: Int, _ elements: [Element: Target]) {
        guard !elements.isEmpty else { return }
        let name = SetName.ranges(of: set, epoch: set.isKept && set.key.count > 1 ? nil : epoch)
        sets[name] =
            name.key.count == set.key.count
            ? elements
            : Dictionary(elements.map { (.joined($0.key, $0.key), $0.value) }) { first, _ in first }
    }
}

extension [IPPrefix] {
    /// Without those that lie in others: of a set's intervals none may overlap another.
    package var widest: [IPPrefix] {
        var kept: [IPPrefix] = []
        for prefix in sorted(by: { ($0.length, $0.base) < ($1.length, $1.base) })
        where !kept.contains(where: { $0.contains(prefix) }) {
            kept.append(prefix)
        }
        return kept
    }
}

extension [IPPrefix] {
    /// Those of a family as a set's intervals, behind other parts of its key.
    func elements(
        _ family: AddressFamily, behind parts: Ruleset.Element..., to target: Ruleset.Target = .nothing
    ) -> [Ruleset.Element: Ruleset.Target] {
        Dictionary(
            filter { $0.family == family }.map { (.joined(parts + [.block($0)]), target) },
            uniquingKeysWith: { first, _ in first })
    }
}
