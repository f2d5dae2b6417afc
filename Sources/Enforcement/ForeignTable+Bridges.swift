import Model

/// What somebody else's chain does to all that a bridge forwards, once its frames come to the hooks of routed packets.
package struct BridgeHarm: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case drops
        case translates
    }

    package let bridge: String
    package let kind: Kind
    /// `table ip filter, chain FORWARD`.
    package let chain: String
}

extension BridgeHarm: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .drops:
            "bridge \(bridge): \(chain) drops what guests of the bridge send each other, and events tell it as accepted: "
                + "have it accept what comes from \(bridge) and goes to \(bridge)"
        case .translates:
            "bridge \(bridge): \(chain) gives what guests of the bridge send each other another source: "
                + "have it leave out targets of the bridge's own subnet"
        }
    }
}

extension ForeignTable {
    /// What its chains do to all of a bridge's frames from a block to the same.
    func harms(_ bridge: String, _ blocks: [IPPrefix]) -> [BridgeHarm] {
        let blocks = blocks.filter { families.contains($0.family) }
        return chains.sorted { $0.key < $1.key }.compactMap { chain, found in
            guard let place = found.place, let kind = Self.kind(place) else { return nil }
            guard blocks.contains(where: { harm(chain, place, bridge, $0) == kind }) else { return nil }
            return BridgeHarm(bridge: bridge, kind: kind, chain: "\(name), chain \(chain)")
        }
    }

    /// What a chain of this kind can do to a packet that passes between two ports of a bridge.
    private static func kind(_ place: Chain.Place) -> BridgeHarm.Kind? {
        switch (place.hook, place.type) {
        case ("forward", "filter"): .drops
        case ("postrouting", "nat"): .translates
        default: nil
        }
    }

    private var families: [AddressFamily] {
        switch family {
        case "ip": [.ipv4]
        case "ip6": [.ipv6]
        case "inet": AddressFamily.allCases
        // Chains of a bridge's own table see frames wherever they go.
        default: []
        }
    }

    private enum End {
        case accepted
        case harmed(BridgeHarm.Kind)
        case undecided
    }

    private func harm(_ chain: String, _ place: Chain.Place, _ bridge: String, _ block: IPPrefix) -> BridgeHarm.Kind? {
        switch end(of: chain, bridge, block, depth: 0) {
        case .accepted: nil
        case .harmed(let kind): kind
        case .undecided: place.policy == "drop" ? .drops : nil
        }
    }

    /// * `depth`: the kernel takes no deeper ones than sixteen.
    private func end(of chain: String, _ bridge: String, _ block: IPPrefix, depth: Int) -> End {
        guard depth <= 16 else { return .undecided }
        for rule in chains[chain]?.rules ?? [] where rule.concerns(bridge, block) {
            switch rule.verdict {
            case .accept: return .accepted
            case .drop: return .harmed(.drops)
            case .translate: return .harmed(.translates)
            case .return: return .undecided
            case .goto(let next): return end(of: next, bridge, block, depth: depth + 1)
            case .jump(let next):
                let found = end(of: next, bridge, block, depth: depth + 1)
                if case .undecided = found { continue }
                return found
            }
        }
        return .undecided
    }
}
