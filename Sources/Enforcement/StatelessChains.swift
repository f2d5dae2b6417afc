import Attribution
import Model

/// The chains of stateless groups: asked before connection tracking, for every packet that an interface sends or is sent.
///
/// ```
/// edge                ► stateless_egress map (device) ► profile ► its groups' lists ► stateless_arrival | refusal
/// stateless_arrival   ► stateless_ingress maps (address) ► profile ► its groups' lists ► accept | refusal
/// ```
///
/// What passes goes on to connection tracking, where the same groups judge a session's first packet once more: that gives
/// the session its mark. It also makes one transaction enough for lists and groups: a first packet that meets the lists
/// before a change and the groups after it is judged in full by the latter, and a known session's by the lists alone.
struct StatelessChains {
    private let epoch: Int
    private(set) var ruleset = Ruleset()
    /// The marks of the groups' refusals.
    private(set) var refusals: Set<UInt32> = []

    /// Nothing where no port's groups are stateless.
    init(_ plan: HostPlan, epoch: Int) {
        self.epoch = epoch
        let ports = plan.statelessPorts
        guard !ports.isEmpty else { return }
        for group in plan.groups { addRefusals(of: group) }
        ruleset.chains.merge(Self.lists(of: plan.groups, epoch: epoch)) { _, new in new }
        for profile in Set(ports.map(\.profile)) {
            for direction in Direction.allCases {
                ruleset.chains[Self.profileChain(profile, direction)] = .init(Self.profileRules(profile, direction))
            }
        }
        addDispatch(ports)
    }

    /// The rules that ask about what an interface of the host sends, and then about its arrival.
    var leaving: [Ruleset.Rule] {
        ruleset.chains.isEmpty
            ? [] : [[.verdict(.map(.inputDevice, .statelessSenders(epoch: epoch)))]] + arriving
    }

    /// The rules that ask about what an interface of the host is sent.
    var arriving: [Ruleset.Rule] { ruleset.chains.isEmpty ? [] : [[.goto("stateless_arrival")]] }

    /// The lists of the stateless among some groups, one for each direction.
    static func lists(of groups: [HostPlan.Group], epoch: Int) -> [String: Ruleset.Chain] {
        var chains: [String: Ruleset.Chain] = [:]
        for group in groups where group.refusals != nil {
            for direction in Direction.allCases {
                // What leaves has its arrival before it.
                let verdict: Statement = direction == .egress ? .goto("stateless_arrival") : .accept
                let rules = group.rules.filter { $0.rule.direction == direction }
                chains["stateless_\(direction)_group_\(group.key)"] = .init(
                    rules.flatMap { RuleMatches.ofPacket($0, epoch) }.map { $0 + [verdict] })
            }
        }
        return chains
    }

    private mutating func addRefusals(of group: HostPlan.Group) {
        guard let indexes = group.refusals else { return }
        for direction in Direction.allCases {
            let mark = EdgeMark.value(indexes[direction], direction, .group)
            refusals.insert(mark)
            ruleset.chains[Self.refusalChain(group.key, direction)] = .init([EdgeHooks.refusal(mark)])
        }
    }

    private mutating func addDispatch(_ ports: [HostPlan.Port]) {
        func chain(_ port: HostPlan.Port, _ direction: Direction) -> Ruleset.Target {
            .chain(Self.profileChain(port.profile, direction))
        }
        ruleset.sets[.statelessSenders(epoch: epoch)] = Dictionary(
            ports.map { (.device($0.device), chain($0, .egress)) }
        ) { first, _ in first }
        for family in AddressFamily.allCases {
            let arriving = ports.flatMap { port in
                port.ownAddresses.filter { $0.family == family }.map {
                    (Ruleset.Element.address($0), chain(port, .ingress))
                }
            }
            ruleset.sets[.statelessTargets(family, epoch: epoch)] = Dictionary(arriving) { first, _ in first }
            let blocks = ports.flatMap { port in port.ownPrefixes.elements(family, to: chain(port, .ingress)) }
            ruleset.addRanges(
                of: .statelessTargets(family, epoch: epoch), epoch: epoch, Dictionary(blocks) { first, _ in first })
        }
        ruleset.chains["stateless_arrival"] = .init(
            AddressFamily.allCases.map { [.verdict(.map(.target($0), .statelessTargets($0, epoch: epoch)))] }
                + [[.accept]])
    }

    // MARK: Names

    static func profileChain(_ groups: [String], _ direction: Direction) -> String {
        "stateless_\(direction)_profile_\(HostPlan.profileKey(groups))"
    }

    private static func profileRules(_ groups: [String], _ direction: Direction) -> [Ruleset.Rule] {
        groups.map { [.jump("stateless_\(direction)_group_\($0)")] }
            + groups.prefix(1).map { [.goto(refusalChain($0, direction))] }
    }

    private static func refusalChain(_ group: String, _ direction: Direction) -> String {
        "stateless_refusal_\(direction)_\(group)"
    }
}
