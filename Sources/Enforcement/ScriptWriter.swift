import Attribution
import Netlink

/// Writes nft scripts, each of which is one transaction.
package enum ScriptWriter {
    private static let table = TableName.gatehouse

    /// Where a chain stands, as nft names it.
    private static func place(_ chain: String) -> String {
        let (table, name) = Ruleset.place(ofChain: chain)
        return "\(table) \(name)"
    }

    /// A script that turns one ruleset into another; an empty `old` makes the whole table.
    ///
    /// What only `old` has is not deleted here: packets that are under way may still look into it (see `cleanUp`). Its
    /// base chains are emptied, because nothing need lead to those.
    package static func script(from old: Ruleset?, to new: Ruleset) -> String {
        var lines = ["add table \(table)"]
        if new.hasPorts { lines.append("add table \(TableName.ports)") }
        let before = old ?? Ruleset()
        let sets = sorted(new.sets)
        let chains = new.chains.sorted { $0.key < $1.key }
        for (name, set, _) in sets where before.sets[set] == nil {
            lines.append("add \(kind(set)) \(set.table) \(name) { \(NftText.declaration(set)) }")
        }
        for (name, chain) in chains where before.chains[name] == nil {
            lines.append("add chain \(place(name))" + (chain.hook.map { " { \(NftText.hook($0)) }" } ?? ""))
        }
        for (name, chain) in chains where before.chains[name] != chain {
            if before.chains[name] != nil { lines.append("flush chain \(place(name))") }
            lines += rules(name, chain)
        }
        for (name, chain) in before.chains.sorted(by: { $0.key < $1.key })
        where new.chains[name] == nil && chain.isBase {
            lines.append("flush chain \(place(name))")
        }
        // Elements last: those of maps lead to chains that must be there.
        for (_, set, wanted) in sets {
            let known = before.sets[set] ?? [:]
            let gone = known.filter { wanted[$0.key] != $0.value && !(set.lingers && wanted[$0.key] == nil) }
            let added = wanted.filter { known[$0.key] != $0.value }
            lines += elements("delete", set, gone.map { $0.key.text })
            lines += elements("add", set, added.map { text($0.key, $0.value) })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A script that makes a ruleset's table anew, whether there was one or not.
    static func whole(_ ruleset: Ruleset) -> String {
        "add table \(table)\ndelete table \(table)\n"
            + (ruleset.hasPorts ? "add table \(TableName.ports)\ndelete table \(TableName.ports)\n" : "")
            + script(from: nil, to: ruleset)
    }

    /// A script that says the hooks and policies of base chains again, in case somebody changed them.
    static func hooks(of new: Ruleset, in old: Ruleset) -> String {
        new.chains.filter { old.chains[$0.key] != nil }.compactMap { name, chain in
            chain.hook.map { "add chain \(place(name)) { \(NftText.hook($0)) }\n" }
        }.sorted().joined()
    }

    /// A script that gives chains other rules.
    package static func replace(_ chains: [String: Ruleset.Chain]) -> String {
        chains.sorted { $0.key < $1.key }.flatMap { name, chain in
            ["flush chain \(place(name))"] + rules(name, chain)
        }.joined(separator: "\n") + "\n"
    }

    /// A script that deletes what only `old` has, or nil when there is nothing.
    package static func cleanUp(_ old: Ruleset, _ new: Ruleset) -> String? {
        let chains = old.chains.keys.filter { new.chains[$0] == nil }.sorted()
        let sets = sorted(old.sets.filter { new.sets[$0.key] == nil })
        let lingering = sorted(old.sets.filter(\.key.lingers)).flatMap { _, set, formerly in
            guard let kept = new.sets[set] else { return [String]() }
            return elements("delete", set, formerly.keys.filter { kept[$0] == nil }.map(\.text))
        }
        guard !chains.isEmpty || !sets.isEmpty || !lingering.isEmpty else { return nil }
        // Maps hold chains and chains' rules hold sets: empty both before anything is deleted.
        var lines = lingering
        lines += sets.filter(\.set.isMap).map { "flush map \($0.set.table) \($0.name)" }
        lines += chains.map { "flush chain \(place($0))" }
        lines += sets.map { "delete \(kind($0.set)) \($0.set.table) \($0.name)" }
        lines += chains.map { "delete chain \(place($0))" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A script that notes which generation of the counting sets is written into.
    static func note(generation: UInt32) -> String {
        flush(.generation) + "\n" + "add element \(table) \(SetName.generation.text) { \(generation) }\n"
    }

    static func flush(_ set: SetName) -> String { "flush \(kind(set)) \(set.table) \(set.text)" }

    /// Makes elements anew, so that their counters begin at zero.
    static func renew(_ elements: [Ruleset.Element], in set: SetName) -> [String] {
        self.elements("delete", set, elements.map(\.text)) + self.elements("add", set, elements.map(\.text))
    }

    private static func kind(_ set: SetName) -> String { set.isMap ? "map" : "set" }

    private static func sorted(
        _ sets: [SetName: [Ruleset.Element: Ruleset.Target]]
    ) -> [(name: String, set: SetName, elements: [Ruleset.Element: Ruleset.Target])] {
        sets.map { ($0.key.text, $0.key, $0.value) }.sorted {
            // Both tables may have one of the name.
            ($0.0, $0.1.table.description) < ($1.0, $1.1.table.description)
        }
    }

    private static func rules(_ name: String, _ chain: Ruleset.Chain) -> [String] {
        (chain.rules ?? []).map { "add rule \(place(name)) \(NftText.rule($0))" }
    }

    private static func elements(_ verb: String, _ set: SetName, _ texts: [String]) -> [String] {
        let texts = texts.sorted()
        // Few long lines: nft reads an element list faster than as many commands.
        return stride(from: 0, to: texts.count, by: 1000).map { start in
            "\(verb) element \(set.table) \(set.text) { \(texts[start..<min(start + 1000, texts.count)].joined(separator: ", ")) }"
        }
    }

    private static func text(_ element: Ruleset.Element, _ target: Ruleset.Target) -> String {
        switch target {
        case .nothing: element.text
        case .chain(let chain): "\(element.text) : jump \(chain)"
        case .number(let number): "\(element.text) : \(number.text)"
        }
    }
}
