/// What `nft --stateless --terse list table` says of the table, as far as comparing and repairing needs.
struct TableListing: Equatable {
    /// Rules by chain, the hook line of a base chain first.
    private(set) var chains: [String: [String]] = [:]
    /// Names of sets and maps, and whether each is a map.
    private(set) var sets: [String: Bool] = [:]

    /// Whether the chain is a base chain: its hook line comes first.
    func isBase(_ chain: String) -> Bool { chains[chain]?.first?.hasPrefix("type ") == true }

    /// Sets and maps of the table of bridges' ports; its chains are among `chains`, behind `bridge/`.
    private(set) var portSets: [String: Bool] = [:]

    /// Reads nft's text: objects indented by one tab, their lines by two.
    ///
    /// * `ports`: the text of the table of bridges' ports, where there is one.
    init(_ text: String, ports: String? = nil) {
        read(text, prefix: "", \.sets)
        if let ports { read(ports, prefix: Ruleset.portPrefix, \.portSets) }
    }

    private mutating func read(
        _ text: String, prefix: String, _ place: WritableKeyPath<TableListing, [String: Bool]>
    ) {
        var chain: String?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("\t"), !line.hasPrefix("\t\t") {
                chain = nil
                guard words.count >= 2 else { continue }
                let kind = words[0].drop { $0 == "\t" }
                let name = String(words[1])
                switch kind {
                case "chain":
                    chain = prefix + name
                    chains[prefix + name] = []
                case "set", "map": self[keyPath: place][name] = kind == "map"
                default: break
                }
            } else if let chain, line.hasPrefix("\t\t") {
                chains[chain]?.append(String(line.drop { $0 == "\t" }))
            }
        }
    }

    // MARK: Drift

    /// What differs from an earlier listing of what we made, in words.
    func difference(from made: TableListing) -> String? {
        for (name, rules) in made.chains where chains[name] != rules {
            return chains[name] == nil ? "chain \(name) is gone" : "the rules of chain \(name) differ"
        }
        for name in made.sets.keys where sets[name] == nil { return "set \(name) is gone" }
        for name in made.portSets.keys where portSets[name] == nil { return "set \(name) of bridges' ports is gone" }
        for name in chains.keys where made.chains[name] == nil { return "chain \(name) is not ours" }
        return nil
    }

    /// What lacks of the chains, rules and sets that we made, by name and number, in words.
    func difference(inShapeFrom made: Ruleset) -> String? {
        for (name, chain) in made.chains {
            let lines = (chain.rules?.count ?? 0) + (chain.hook == nil ? 0 : 1)
            guard let rules = chains[name] else { return "chain \(name) is gone" }
            if rules.count != lines { return "chain \(name) has \(rules.count) rules, not \(lines)" }
        }
        for set in made.sets.keys {
            let found = set.table == .ports ? portSets[set.text] : sets[set.text]
            if found == nil { return "set \(set.text) is gone" }
        }
        return nil
    }
}
