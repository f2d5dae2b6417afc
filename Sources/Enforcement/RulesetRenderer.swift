import Attribution
package import Model

/// Draws up the whole table for a host plan.
///
/// The path of a packet (one pass through one base chain, so that one packet is judged by one policy):
///
/// ```
/// prerouting/raw   guard: source address and MAC are the interface's own
///                  edge: network ACLs of the subnets left and entered (`EdgeChains`), then stateless groups of the
///                  sender and the target (`StatelessChains`)
/// forward, input   established ► known ► accept
///     and output   else ► fresh: guard's other cases
///                        ► egress_ports map ► profile ► groups ► to_ingress, or refuse_egress
///                        ► to_ingress: ingress_ports map ► profile ► groups ► accept, or refuse_ingress
/// ```
package struct RulesetRenderer {
    private let plan: HostPlan
    /// Changes with every change that may not share sets with the policy before; part of the names of deciding sets.
    private let epoch: Int
    private var ruleset = Ruleset()

    private init(_ plan: HostPlan, epoch: Int) {
        self.plan = plan
        self.epoch = epoch
    }

    /// The table for a plan.
    ///
    /// * `generation`: the counting sets' generation that rules write into.
    package static func render(_ plan: HostPlan, epoch: Int, generation: UInt32) -> Ruleset {
        var renderer = RulesetRenderer(plan, epoch: epoch)
        renderer.addPorts()
        renderer.addGroups()
        renderer.addProfiles()
        let edges = EdgeHooks.render(plan, epoch: epoch)
        renderer.ruleset.merge(FixedChains.render(hasEdges: !edges.chains.isEmpty))
        renderer.ruleset.merge(edges)
        renderer.ruleset.merge(CountingChains.render(generation: generation))
        renderer.addDispatch()
        return renderer.ruleset
    }

    private mutating func addPorts() {
        typealias Element = Ruleset.Element
        var ports: [Element: Ruleset.Target] = [:]
        var sources: [AddressFamily: [Element: Ruleset.Target]] = [.ipv4: [:], .ipv6: [:]]
        var macSources: [AddressFamily: [Element: Ruleset.Target]] = [.ipv4: [:], .ipv6: [:]]
        for port in plan.ports {
            let device = Element.device(port.device)
            ports[device] = .nothing
            for address in port.addresses {
                if let mac = port.mac {
                    macSources[address.family]?[.joined(device, .mac(mac), .address(address))] = .nothing
                } else {
                    sources[address.family]?[.joined(device, .address(address))] = .nothing
                }
            }
        }
        ruleset.collections["ports"] = .init("type ifname\nsize 65536", elements: ports)
        for name in [KernelNames.egressCounts, KernelNames.ingressCounts] {
            ruleset.collections[name] = .init("type ifname\nsize 65536\ncounter", elements: ports)
        }
        for set in CountingSet.perPort {
            for generation in [0, 1] as [UInt32] {
                ruleset.collections[set.name(generation: generation)] = .init(
                    "type \(set.type)\nsize 65536\ncounter", elements: ports)
            }
        }
        for family in AddressFamily.allCases {
            let type = family.addressType
            ruleset.collections["sources_\(family.rawValue)"] = .init(
                "type ifname . \(type)\nsize 131072", elements: sources[family] ?? [:])
            ruleset.collections["mac_sources_\(family.rawValue)"] = .init(
                "type ifname . ether_addr . \(type)", elements: macSources[family] ?? [:])
        }
    }

    private mutating func addGroups() {
        for group in plan.groups {
            for family in AddressFamily.allCases {
                ruleset.collections[memberSet(group.key, family)] = .init(
                    "type \(family.addressType)", decides: true,
                    elements: Dictionary(
                        group.members.filter { $0.family == family }.map { (.address($0), .nothing) },
                        uniquingKeysWith: { first, _ in first }))
            }
            ruleset.chains.merge(Self.chains(of: [group], epoch: epoch)) { _, new in new }
        }
    }

    /// The chains of groups' rules, one for each direction, that judge a session's first packet.
    static func chains(of groups: [HostPlan.Group], epoch: Int) -> [String: Ruleset.Chain] {
        var chains: [String: Ruleset.Chain] = [:]
        for group in groups {
            for direction in Direction.allCases {
                chains["\(direction)_group_\(group.key)"] = .init(
                    group.rules.filter { $0.rule.direction == direction }.flatMap { statements($0, epoch) })
            }
        }
        return chains
    }

    private mutating func addProfiles() {
        for profile in Set(plan.ports.map(\.profile)) {
            for direction in Direction.allCases {
                ruleset.chains[Self.profileChain(profile, direction)] = .init(
                    Self.profileRules(profile, direction))
            }
        }
    }

    private mutating func addDispatch() {
        for direction in Direction.allCases {
            var chains: [Ruleset.Element: Ruleset.Target] = [:]
            var numbers: [[String]: Ruleset.Element] = [:]
            for profile in Set(plan.ports.map(\.profile)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let chain = Self.profileChain(profile, direction)
                let number = ProfileDispatch.key(ProfileDispatch.number(of: chain, direction, in: chains), direction)
                chains[number] = .chain(chain)
                numbers[profile] = number
            }
            ruleset.collections[ProfileDispatch.chains(direction, epoch)] = .init(
                "type \(ProfileDispatch.type(direction)) : verdict", isMap: true, lingers: true, elements: chains)
            ruleset.collections[ProfileDispatch.former(direction, epoch)] = .init(
                "type ifname : \(ProfileDispatch.type(direction))", isMap: true)
            ruleset.collections[ProfileDispatch.numbers(direction, epoch)] = .init(
                "type ifname : \(ProfileDispatch.type(direction))", isMap: true, decides: true,
                elements: Dictionary(
                    plan.ports.compactMap { port in numbers[port.profile].map { (.device(port.device), .number($0)) } },
                    uniquingKeysWith: { first, _ in first }))
        }
        // A port that no map knows is refused, not let through.
        ruleset.chains["judge_egress"] = .init(
            ["iifname != @ports goto to_ingress"] + ProfileDispatch.rules(.egress, epoch) + ["goto refuse_egress"])
        ruleset.chains["to_ingress"] = .init(
            ["oifname @\(KernelNames.ingressCounts)", "oifname != @ports accept"]
                + ProfileDispatch.rules(.ingress, epoch) + ["goto refuse_ingress"])
    }

    // MARK: Names

    package static func profileChain(_ groups: [String], _ direction: Direction) -> String {
        "\(direction)_profile_\(HostPlan.profileKey(groups))"
    }

    package static func profileRules(_ groups: [String], _ direction: Direction) -> [String] {
        groups.map { "jump \(direction)_group_\($0)" } + ["goto refuse_\(direction)"]
    }

    private func memberSet(_ key: String, _ family: AddressFamily) -> String { Self.memberSet(key, family, epoch) }

    static func memberSet(_ key: String, _ family: AddressFamily, _ epoch: Int) -> String {
        "members_\(family.rawValue)_\(key)_\(epoch)"
    }

    // MARK: Rules

    /// The nft rules of one rule: one, or one for each family.
    private static func statements(_ planned: HostPlan.PlannedRule, _ epoch: Int) -> [String] {
        let rule = planned.rule
        let isEgress = rule.direction == .egress
        let report = LogPrefix(reason: .accepted(index: planned.index), direction: rule.direction).statement
        let verdict =
            MarkLayout.statement(isEgress: isEgress, index: planned.index)
            + " \(report) "
            + (isEgress ? "goto to_ingress" : "meta priority set none accept")
        return matches(planned, epoch).map { ($0 + [verdict]).joined(separator: " ") }
    }

    /// What a rule asks of a packet, in nft's words: once, or for each family.
    static func matches(_ planned: HostPlan.PlannedRule, _ epoch: Int) -> [[String]] {
        let service = localMatch(planned.rule) + serviceMatch(planned.rule.service)
        let side = planned.rule.direction == .egress ? "daddr" : "saddr"
        switch planned.rule.remote {
        case .any:
            guard let family = planned.rule.family, planned.rule.service.family == nil, planned.rule.local == nil else {
                return planned.rule.families.isEmpty ? [] : [service]
            }
            return [["meta nfproto \(family == .ipv4 ? "ipv4" : "ipv6")"] + service]
        case .prefix(let prefix):
            guard !planned.rule.families.isEmpty else { return [] }
            return [["\(prefix.family.header) \(side) \(prefix)"] + service]
        case .group:
            guard let peer = planned.peer else { return [] }
            return planned.rule.families.map {
                ["\($0.header) \(side) @\(memberSet(peer, $0, epoch))"] + service
            }
        }
    }

    /// The near end: the source of what leaves, the target of what arrives.
    private static func localMatch(_ rule: Rule) -> [String] {
        rule.local.map {
            ["\($0.family.header) \(rule.direction == .egress ? "saddr" : "daddr") \($0)"]
        } ?? []
    }

    static func serviceMatch(_ service: Service) -> [String] {
        switch service {
        case .any: []
        case .icmpTCPUDP: ["meta l4proto { tcp, udp, icmp, icmpv6 }"]
        case .transport(let transport, nil): ["meta l4proto \(transport.rawValue)"]
        case .transport(let transport, .some(let ports)): ["meta l4proto \(transport.rawValue) th dport \(ports)"]
        case .icmp(let transport, let type, let code):
            icmpMatch(transport == .icmp ? ("ip", "icmp", 1) : ("ip6", "icmpv6", 58), type, code)
        }
    }

    private static func icmpMatch(_ words: (family: String, name: String, number: Int), _ type: UInt8?, _ code: UInt8?)
        -> [String]
    {
        ["meta nfproto \(words.family == "ip" ? "ipv4" : "ipv6") meta l4proto \(words.number)"]
            + (type.map { ["\(words.name) type \($0)"] } ?? []) + (code.map { ["\(words.name) code \($0)"] } ?? [])
    }
}

extension Ruleset {
    mutating func merge(_ other: Ruleset) {
        collections.merge(other.collections) { _, new in new }
        chains.merge(other.chains) { _, new in new }
    }
}
