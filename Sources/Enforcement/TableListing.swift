/// What `nft --stateless --terse list table` says of the table, as far as comparing and repairing needs.
struct TableListing: Equatable {
    /// Rules by chain, the hook line of a base chain first.
    private(set) var chains: [String: [String]] = [:]
    /// Names of sets and maps, and whether each is a map.
    private(set) var collections: [String: Bool] = [:]

    /// The hook line of a base chain; nil for any other chain.
    func hook(of chain: String) -> String? { chains[chain]?.first.flatMap { $0.hasPrefix("type ") ? $0 : nil } }

    /// Reads nft's text: objects indented by one tab, their lines by two.
    init(_ text: String) {
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
                    chain = name
                    chains[name] = []
                case "set", "map": collections[name] = kind == "map"
                default: break
                }
            } else if let chain, line.hasPrefix("\t\t") {
                chains[chain]?.append(String(line.drop { $0 == "\t" }))
            }
        }
    }
}
