/// Writes nft scripts, each of which is one transaction.
package enum ScriptWriter {
    private static let table = "inet gatehouse"

    /// A script that turns one ruleset into another; an empty `old` makes the whole table.
    ///
    /// What only `old` has is not deleted here: packets that are under way may still look into it (see `cleanUp`). Its
    /// base chains are emptied, because nothing need lead to those.
    package static func script(from old: Ruleset?, to new: Ruleset) -> String {
        var lines = ["add table \(table)"]
        let before = old ?? Ruleset()
        for (name, collection) in new.collections.sorted(by: { $0.key < $1.key }) where before.collections[name] == nil
        {
            lines.append(
                "add \(collection.isMap ? "map" : "set") \(table) \(name) { \(declaration(collection)) }")
        }
        for (name, chain) in new.chains.sorted(by: { $0.key < $1.key }) where before.chains[name] == nil {
            lines.append("add chain \(table) \(name)" + (chain.hook.map { " { \($0) }" } ?? ""))
        }
        for (name, chain) in new.chains.sorted(by: { $0.key < $1.key }) where before.chains[name] != chain {
            if before.chains[name] != nil { lines.append("flush chain \(table) \(name)") }
            lines += chain.rules.map { "add rule \(table) \(name) \($0)" }
        }
        for (name, chain) in before.chains.sorted(by: { $0.key < $1.key })
        where new.chains[name] == nil && chain.hook != nil {
            lines.append("flush chain \(table) \(name)")
        }
        // Elements last: those of maps lead to chains that must be there.
        for (name, collection) in new.collections.sorted(by: { $0.key < $1.key }) {
            let known = before.collections[name]?.elements ?? [:]
            let gone = known.filter {
                collection.elements[$0.key] != $0.value && !(collection.lingers && collection.elements[$0.key] == nil)
            }
            let added = collection.elements.filter { known[$0.key] != $0.value }
            lines += elements("delete", name, gone.map { $0.key.text })
            lines += elements("add", name, added.map { text($0.key, $0.value) })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A script that gives chains other rules.
    package static func replace(_ chains: [String: Ruleset.Chain]) -> String {
        chains.sorted { $0.key < $1.key }.flatMap { name, chain in
            ["flush chain \(table) \(name)"] + chain.rules.map { "add rule \(table) \(name) \($0)" }
        }.joined(separator: "\n") + "\n"
    }

    /// A script that deletes what only `old` has, or nil when there is nothing.
    package static func cleanUp(_ old: Ruleset, _ new: Ruleset) -> String? {
        let chains = old.chains.keys.filter { new.chains[$0] == nil }.sorted()
        let collections = old.collections.filter { new.collections[$0.key] == nil }.sorted { $0.key < $1.key }
        let lingering = old.collections.sorted { $0.key < $1.key }.flatMap { name, collection in
            guard let kept = new.collections[name]?.elements, collection.lingers else { return [String]() }
            return elements("delete", name, collection.elements.keys.filter { kept[$0] == nil }.map(\.text))
        }
        guard !chains.isEmpty || !collections.isEmpty || !lingering.isEmpty else { return nil }
        // Maps hold chains and chains' rules hold sets: empty both before anything is deleted.
        var lines = lingering
        lines += collections.filter(\.value.isMap).map { "flush map \(table) \($0.key)" }
        lines += chains.map { "flush chain \(table) \($0)" }
        lines += collections.map { "delete \($0.value.isMap ? "map" : "set") \(table) \($0.key)" }
        lines += chains.map { "delete chain \(table) \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func declaration(_ collection: Ruleset.Collection) -> String {
        collection.declaration.split(separator: "\n").joined(separator: "; ") + ";"
    }

    private static func elements(_ verb: String, _ name: String, _ texts: [String]) -> [String] {
        // Few long lines: nft reads an element list faster than as many commands.
        stride(from: 0, to: texts.count, by: 1000).map { start in
            "\(verb) element \(table) \(name) { \(texts.sorted()[start..<min(start + 1000, texts.count)].joined(separator: ", ")) }"
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
