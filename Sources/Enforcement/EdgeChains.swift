import Attribution
import Model

/// The chains of network ACLs: asked at the edge of a subnet before connection tracking, for every packet.
///
/// ```
/// edge, edge_output   upkeep passes
///                     ► edge_egress map (device) ► leaves the subnet? ► its ACLs' egress rules
///                     ► edge_ingress maps (address) ► enters the subnet? ► its ACLs' ingress rules
/// a rule that denies  packet mark = the rule, notrack, on to the forward hook
/// not_tracked         acl_refused ► acl_verdicts map (mark) ► tell once, count, drop
/// ```
///
/// Counting waits for the forward hook because the way out is known there, and connection tracking never sees the packet.
struct EdgeChains {
    private let edges: [HostPlan.Edge]
    private let epoch: Int
    private var ruleset = Ruleset()
    /// The marks of the rules that refuse.
    private var refusals: Set<UInt32> = []

    /// The part of the table that a plan's edges need; nothing without edges.
    static func render(_ edges: [HostPlan.Edge], epoch: Int) -> Ruleset {
        guard !edges.isEmpty else { return Ruleset() }
        var chains = EdgeChains(edges: edges, epoch: epoch)
        chains.addHooks()
        for edge in edges { chains.add(edge) }
        chains.addDispatch()
        chains.addRefusals()
        return chains.ruleset
    }

    private init(edges: [HostPlan.Edge], epoch: Int) {
        self.edges = edges
        self.epoch = epoch
    }

    private mutating func addHooks() {
        let entry = [
            "meta l4proto icmpv6 icmpv6 type { 130-137, 143 } accept",
            "meta nfproto ipv4 udp sport . udp dport { 67 . 68, 68 . 67 } accept",
            "meta nfproto ipv6 udp sport . udp dport { 546 . 547, 547 . 546 } accept",
        ]
        let arrives = AddressFamily.allCases.map { "\($0.header) daddr vmap @\(ingressMap($0))" }
        // After the guard (-300), before connection tracking (-200).
        ruleset.chains["edge"] = .init(
            hook: "type filter hook prerouting priority raw + 5; policy accept;",
            entry + ["iifname vmap @edge_egress_\(epoch)"] + arrives)
        ruleset.chains["edge_output"] = .init(
            hook: "type filter hook output priority raw + 5; policy accept;", entry + arrives)
    }

    private mutating func add(_ edge: HostPlan.Edge) {
        for direction in Direction.allCases {
            let other = direction == .egress ? "daddr" : "saddr"
            let within = edge.prefixes.map { "\($0.family.header) \(other) \($0) return" }
            // The last list ends in a refusal of its own.
            let lists = edge.lists.map { "jump acl_\($0.key)_\(direction)" }
            ruleset.chains["edge_\(edge.key)_\(direction)"] = .init(within + lists)
        }
        for list in edge.lists where ruleset.chains["acl_\(list.key)_egress"] == nil {
            for direction in Direction.allCases {
                var rules: [String] = []
                for planned in list.rules where planned.rule.direction == direction { rules += statements(planned) }
                let refusal = direction == .egress ? list.egressRefusal : list.ingressRefusal
                ruleset.chains["acl_\(list.key)_\(direction)"] = .init(rules + [deny(refusal, direction)])
            }
        }
    }

    private mutating func statements(_ planned: HostPlan.PlannedACLRule) -> [String] {
        let rule = planned.rule
        // Parts that contradict each other match no packet.
        guard !rule.families.isEmpty else { return [] }
        let verdict = rule.action == .allow ? "return" : deny(planned.index, rule.direction)
        return [(Self.matches(rule) + [verdict]).joined(separator: " ")]
    }

    /// Marks the packet as refused and keeps it from connection tracking; it is dropped further on.
    private mutating func deny(_ index: UInt16, _ direction: Direction) -> String {
        let mark = EdgeMark.value(index, direction)
        refusals.insert(mark)
        return "meta mark set 0x\(hexadecimal(mark)) notrack accept"
    }

    /// The nft matches of a rule; the family where no other part says it.
    private static func matches(_ rule: ACLRule) -> [String] {
        let families = rule.families
        var words: [String] = []
        if families.count == 1, rule.source == nil, rule.target == nil, rule.service.family == nil {
            words.append("meta nfproto \(families[0] == .ipv4 ? "ipv4" : "ipv6")")
        }
        words += rule.source.map { ["\($0.family.header) saddr \($0)"] } ?? []
        words += rule.target.map { ["\($0.family.header) daddr \($0)"] } ?? []
        words += RulesetRenderer.serviceMatch(rule.service)
        words += rule.sourcePorts.map { ["th sport \($0)"] } ?? []
        return words
    }

    private mutating func addDispatch() {
        func chain(_ edge: HostPlan.Edge, _ direction: Direction) -> Ruleset.Target {
            .chain("edge_\(edge.key)_\(direction)")
        }
        let leaving = edges.flatMap { edge in edge.devices.map { (Ruleset.Element.device($0), chain(edge, .egress)) } }
        ruleset.collections["edge_egress_\(epoch)"] = .init(
            "type ifname : verdict", isMap: true, decides: true, elements: Dictionary(leaving) { first, _ in first })
        for family in AddressFamily.allCases {
            let arriving = edges.flatMap { edge in
                edge.addresses.filter { $0.family == family }.map {
                    (Ruleset.Element.address($0), chain(edge, .ingress))
                }
            }
            ruleset.collections[ingressMap(family)] = .init(
                "type \(family.addressType) : verdict", isMap: true, decides: true,
                elements: Dictionary(arriving) { first, _ in first })
        }
    }

    private mutating func addRefusals() {
        var verdicts: [Ruleset.Element: Ruleset.Target] = [:]
        for mark in refusals {
            let (index, direction) = (EdgeMark.index(mark), EdgeMark.direction(mark))
            let name = "acl_refusal_\(direction)_\(index)"
            verdicts[.mark(mark)] = .chain(name)
            ruleset.chains[name] = .init(CountingChains.edgeRefusal(index, direction))
        }
        ruleset.collections["acl_verdicts_\(epoch)"] = .init(
            "type mark : verdict", isMap: true, decides: true, elements: verdicts)
        // What bears the mark of a rule that has just gone was refused all the same.
        ruleset.chains["acl_refused"] = .init(["meta mark vmap @acl_verdicts_\(epoch)", "goto not_tracked_by_others"])
    }

    private func ingressMap(_ family: AddressFamily) -> String { "edge_ingress_\(family.rawValue)_\(epoch)" }
}
