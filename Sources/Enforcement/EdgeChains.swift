import Attribution
import Model

/// The chains of network ACLs: asked at the edge of a subnet before connection tracking, for every packet.
///
/// ```
/// edge, edge_output   ► edge_egress map (device) ► leaves the subnet? ► its ACLs' egress rules
///                     ► edge_ingress maps (address) ► enters the subnet? ► its ACLs' ingress rules
/// ```
struct EdgeChains {
    private let edges: [HostPlan.Edge]
    private let epoch: Int
    private(set) var ruleset = Ruleset()
    /// The marks of the rules that refuse.
    private(set) var refusals: Set<UInt32> = []

    init(_ edges: [HostPlan.Edge], epoch: Int) {
        self.edges = edges
        self.epoch = epoch
        guard !edges.isEmpty else { return }
        for edge in edges { add(edge) }
        addDispatch()
    }

    /// The rules that ask about what an interface of the host sends; what passes returns from them.
    var leaving: [Ruleset.Rule] {
        edges.isEmpty ? [] : [[.verdict(.map(.inputDevice, .edgesLeft(epoch: epoch)))]]
    }

    /// The rules that ask about what an interface of the host is sent.
    var arriving: [Ruleset.Rule] {
        edges.isEmpty
            ? [] : AddressFamily.allCases.map { [.verdict(.map(.target($0), .edgesEntered($0, epoch: epoch)))] }
    }

    private mutating func add(_ edge: HostPlan.Edge) {
        for direction in Direction.allCases {
            let within = edge.prefixes.map { [direction == .egress ? .target($0) : .source($0), Statement.return] }
            // The last list ends in a refusal of its own.
            let lists = edge.lists.map { [Statement.jump("acl_\($0.key)_\(direction)")] }
            ruleset.chains["edge_\(edge.key)_\(direction)"] = .init(within + lists)
        }
        for list in edge.lists where ruleset.chains["acl_\(list.key)_egress"] == nil {
            for direction in Direction.allCases {
                var rules: [Ruleset.Rule] = []
                for planned in list.rules where planned.rule.direction == direction { rules += statements(planned) }
                let refusal = direction == .egress ? list.egressRefusal : list.ingressRefusal
                ruleset.chains["acl_\(list.key)_\(direction)"] = .init(rules + [deny(refusal, direction)])
            }
        }
    }

    private mutating func statements(_ planned: HostPlan.PlannedACLRule) -> [Ruleset.Rule] {
        let rule = planned.rule
        // Parts that contradict each other match no packet.
        guard !rule.families.isEmpty else { return [] }
        let verdict = rule.action == .allow ? [.return] : deny(planned.index, rule.direction)
        return [Self.matches(rule) + verdict]
    }

    private mutating func deny(_ index: UInt16, _ direction: Direction) -> Ruleset.Rule {
        let mark = EdgeMark.value(index, direction, .acl)
        refusals.insert(mark)
        return EdgeHooks.refusal(mark)
    }

    /// The matches of a rule; the family where no other part says it.
    private static func matches(_ rule: ACLRule) -> [Statement] {
        let families = rule.families
        var matches: [Statement] = []
        if families.count == 1, rule.source == nil, rule.target == nil, rule.service.family == nil {
            matches.append(.family(families[0]))
        }
        if let source = rule.source { matches.append(.source(source)) }
        if let target = rule.target { matches.append(.target(target)) }
        matches += RuleMatches.ofPacket(rule.service)
        if let ports = rule.sourcePorts { matches.append(.match(.sourcePorts(ports))) }
        return matches
    }

    private mutating func addDispatch() {
        func chain(_ edge: HostPlan.Edge, _ direction: Direction) -> Ruleset.Target {
            .chain("edge_\(edge.key)_\(direction)")
        }
        let leaving = edges.flatMap { edge in edge.devices.map { (Ruleset.Element.device($0), chain(edge, .egress)) } }
        ruleset.sets[.edgesLeft(epoch: epoch)] = Dictionary(leaving) { first, _ in first }
        for family in AddressFamily.allCases {
            let arriving = edges.flatMap { edge in
                edge.addresses.filter { $0.family == family }.map {
                    (Ruleset.Element.address($0), chain(edge, .ingress))
                }
            }
            ruleset.sets[.edgesEntered(family, epoch: epoch)] = Dictionary(arriving) { first, _ in first }
            let blocks = edges.flatMap { edge in edge.blocks.elements(family, to: chain(edge, .ingress)) }
            ruleset.addRanges(
                of: .edgesEntered(family, epoch: epoch), epoch: epoch, Dictionary(blocks) { first, _ in first })
        }
    }
}
