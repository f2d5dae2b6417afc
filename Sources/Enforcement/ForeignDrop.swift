/// A chain of somebody else's that may drop packets behind our gate: what it drops, our events have told as accepted.
package struct ForeignDrop: Hashable, Sendable {
    /// Whose it is: `table ip filter`, or `iptables-legacy filter (IPv4)`.
    package let table: String
    package let chain: String
    /// `forward`, `postrouting`, …
    package let hook: String
    package let priority: Int
    /// `policy drop`, `drops in its rules`, `drops in chain DOCKER-USER`.
    package let cause: String
}

extension ForeignDrop: CustomStringConvertible {
    package var description: String { "\(table), chain \(chain) (hook \(hook), priority \(priority)): \(cause)" }
}

/// What chains of another table may do to packets, as far as that can be told from a listing.
struct ForeignTable {
    struct Chain {
        struct Place {
            var hook: String
            var priority: Int
            var policy: String
            /// nft's word: `filter`, `nat`, `route`.
            var type = "filter"
        }

        /// Where it hangs; nil for a chain that others lead to.
        var place: Place?
        var drops = false
        /// Chains that it leads to.
        var targets: [String] = []
        /// Those that ask for devices and addresses alone.
        var rules: [ForeignRule] = []
    }

    /// As it stands in what is said of it.
    let name: String
    /// nft's word for what it sees.
    let family: String
    var chains: [String: Chain] = [:]

    /// Where packets that our gate let pass still come: behind forward and input, and at postrouting, which is behind both the
    /// forward hook and what the host itself sends. Bridges and devices send what was forwarded on.
    private static func isBehind(_ place: Chain.Place, family: String) -> Bool {
        switch (family, place.hook) {
        case ("ip", "forward"), ("ip6", "forward"), ("inet", "forward"): place.priority >= Hook.forward.priority.value
        case ("ip", "input"), ("ip6", "input"), ("inet", "input"): place.priority >= Hook.input.priority.value
        case ("ip", "postrouting"), ("ip6", "postrouting"), ("inet", "postrouting"): true
        case ("bridge", "forward"), ("bridge", "output"), ("bridge", "postrouting"): true
        case ("netdev", "egress"): true
        default: false
        }
    }

    /// Whether it has a chain that may translate addresses.
    var translates: Bool { chains.values.contains { $0.place?.type == "nat" } }

    /// What may drop packets behind us, a line for each of its base chains.
    var drops: [ForeignDrop] {
        chains.sorted { $0.key < $1.key }.compactMap { name, chain in
            guard let place = chain.place, Self.isBehind(place, family: family), let cause = cause(name, chain) else {
                return nil
            }
            return ForeignDrop(table: self.name, chain: name, hook: place.hook, priority: place.priority, cause: cause)
        }
    }

    private func cause(_ name: String, _ chain: Chain) -> String? {
        if chain.place?.policy == "drop" { return "policy drop" }
        if chain.drops { return "drops in its rules" }
        var seen: Set<String> = [name]
        var waiting = chain.targets
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, let found = chains[next] else { continue }
            if found.drops { return "drops in chain \(next)" }
            waiting += found.targets
        }
        return nil
    }
}

// MARK: Listings

extension ForeignTable {
    /// Reads `nft --numeric-priority list table`: objects indented by one tab, their lines by two.
    init(listing text: String, family: String, table: String) {
        name = "table \(family) \(table)"
        self.family = family
        var chain: String?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("\t"), !line.hasPrefix("\t\t") {
                let words = line.split { $0 == "\t" || $0 == " " }
                chain = words.first == "chain" && words.count > 1 ? String(words[1]) : nil
                if let chain { chains[chain] = Chain() }
            } else if let chain, line.hasPrefix("\t\t") {
                read(Self.words(line), into: chain)
            }
        }
    }

    /// A line's words; braces are words, and what stands in quotes is one that begins with a quote.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                if isQuoted { word.append(character) }
            } else if isQuoted || !" \t,;{}".contains(character) {
                word.append(character)
                continue
            }
            if isQuoted { continue }
            if !word.isEmpty { words.append(word) }
            if character == "{" || character == "}" { words.append(String(character)) }
            word = ""
        }
        return word.isEmpty ? words : words + [word]
    }

    private mutating func read(_ words: [String], into chain: String) {
        if words.first == "type", let hook = words.firstIndex(of: "hook"), hook + 1 < words.count {
            let priority = words.firstIndex(of: "priority").flatMap { $0 + 1 < words.count ? Int(words[$0 + 1]) : nil }
            let policy = words.firstIndex(of: "policy").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
            chains[chain]?.place = .init(
                hook: words[hook + 1], priority: priority ?? 0, policy: policy ?? "accept",
                type: words.count > 1 ? words[1] : "")
            return
        }
        if let rule = ForeignRule(listed: words) { chains[chain]?.rules.append(rule) }
        // A map may lead to a drop, and what a program decides is not known; `xt` is how nft names what it cannot read.
        let decides: Set<String> = ["drop", "reject", "queue", "synproxy", "xt"]
        if words.contains(where: decides.contains)
            || words.contains("vmap") && words.contains(where: { $0.hasPrefix("@") })
        {
            chains[chain]?.drops = true
        }
        for (index, word) in words.enumerated() where (word == "jump" || word == "goto") && index + 1 < words.count {
            chains[chain]?.targets.append(words[index + 1])
        }
    }

    /// Reads `iptables-legacy-save` of one table.
    init(saved text: String, table: String, isIPv6: Bool) {
        name = "iptables-legacy \(table) (\(isIPv6 ? "IPv6" : "IPv4"))"
        family = isIPv6 ? "ip6" : "ip"
        // NF_IP_PRI_…
        let priorities = ["raw": -300, "mangle": -150, "filter": 0, "security": 50, "nat": 100]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix(":"), words.count > 1 {
                let chain = String(words[0].dropFirst())
                chains[chain] = Chain()
                guard words[1] != "-" else { continue }
                chains[chain]?.place = .init(
                    hook: chain.lowercased(), priority: priorities[table] ?? 0, policy: words[1].lowercased())
            } else if words.first == "-A", words.count > 1 {
                guard let jump = words.firstIndex(where: { $0 == "-j" || $0 == "-g" }), jump + 1 < words.count else {
                    continue
                }
                let target = words[jump + 1]
                if let rule = ForeignRule(saved: Array(words.dropFirst(2))) { chains[words[1]]?.rules.append(rule) }
                if ["DROP", "REJECT", "NFQUEUE", "SYNPROXY", "TARPIT"].contains(target) {
                    chains[words[1]]?.drops = true
                } else {
                    chains[words[1]]?.targets.append(target)
                }
            }
        }
    }
}
