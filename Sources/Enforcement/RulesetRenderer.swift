package import Attribution
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
    /// * `sets`: the counting sets that are made.
    /// * `countsBlocks`: whether those of the enterprise policy are made though the plan has none.
    package static func render(
        _ plan: HostPlan, epoch: Int, generation: UInt32, sets: [CountingSet] = CountingSet.all,
        countsBlocks: Bool = false
    ) -> Ruleset {
        var renderer = RulesetRenderer(plan, epoch: epoch)
        renderer.addPorts()
        renderer.addMembers()
        renderer.ruleset.chains.merge(chains(of: plan.groups, epoch: epoch)) { _, new in new }
        renderer.addProfiles()
        let edges = EdgeHooks.render(plan, epoch: epoch)
        renderer.ruleset.merge(FixedChains.render(hasEdges: !edges.chains.isEmpty))
        renderer.ruleset.merge(edges)
        renderer.ruleset.merge(CountingChains.render(generation: generation, sets: sets))
        if countsBlocks || plan.enterprise != nil {
            renderer.ruleset.merge(BlockedChains.render())
            renderer.ruleset.chains.merge(BlockedChains.writers(generation: generation)) { _, new in new }
        }
        if let enterprise = plan.enterprise {
            renderer.ruleset.merge(EnterpriseChains.render(enterprise, epoch: epoch))
        }
        renderer.addDispatch([:])
        renderer.addJudging()
        if plan.bridges != nil { renderer.ruleset.addBridges(plan, epoch: epoch, generation: generation) }
        RangedEnds.expand(&renderer.ruleset, epoch: epoch)
        return renderer.ruleset
    }

    /// What the table holds of a plan's ports and members: elements, and the chains of profiles.
    ///
    /// * `present`: the table; profiles that have numbers there keep them.
    static func elements(of plan: HostPlan, epoch: Int, beside present: Ruleset) -> Ruleset {
        var renderer = RulesetRenderer(plan, epoch: epoch)
        renderer.addPorts()
        renderer.addMembers()
        renderer.addProfiles()
        renderer.addDispatch(present.sets)
        if plan.bridges != nil { renderer.ruleset.addBridgedElements(plan, epoch: epoch) }
        return renderer.ruleset
    }

    private mutating func addPorts() {
        typealias Element = Ruleset.Element
        typealias Elements = [AddressFamily: [Element: Ruleset.Target]]
        var ports: [Element: Ruleset.Target] = [:]
        // Single addresses, then blocks.
        var addresses: [Elements] = [[:], [:]]
        var targets: [Elements] = [[:], [:]]
        var sources: [Elements] = [[:], [:]]
        var macSources: [Elements] = [[:], [:]]
        func add(_ prefix: IPPrefix, to elements: inout [Elements], behind keys: Element...) {
            let address: Element = prefix.isSingleAddress ? .address(prefix.base) : .block(prefix)
            let element = keys.isEmpty ? address : Element.joined(keys + [address])
            elements[prefix.isSingleAddress ? 0 : 1][prefix.family, default: [:]][element] = .nothing
        }
        for port in plan.ports {
            let device = Element.device(port.device)
            ports[device] = .nothing
            for address in port.ownAddresses { add(IPPrefix(address), to: &addresses) }
            guard port.bridge == nil else { continue }
            for target in port.addresses.map({ IPPrefix($0) }) + port.prefixes.widest {
                add(target, to: &targets, behind: device)
            }
            for (mac, prefixes) in port.sourcesByMAC {
                for prefix in prefixes {
                    if let mac {
                        add(prefix, to: &macSources, behind: device, .mac(mac))
                    } else {
                        add(prefix, to: &sources, behind: device)
                    }
                }
            }
        }
        for block in plan.ports.flatMap(\.ownPrefixes).widest { add(block, to: &addresses) }
        for set in [SetName.ports, .egressCounts, .ingressCounts] { ruleset.sets[set] = ports }
        for set in CountingSet.perPort {
            for half in CountingSet.Half.allCases { ruleset.sets[.counting(set, half)] = ports }
        }
        for family in AddressFamily.allCases {
            let sets: [(SetName, [Elements])] = [
                (.addresses(family), addresses), (.targets(family), targets), (.sources(family), sources),
                (.sourcesWithMAC(family), macSources),
            ]
            for (set, elements) in sets {
                ruleset.sets[set] = elements[0][family] ?? [:]
                ruleset.addRanges(of: set, epoch: epoch, elements[1][family] ?? [:])
            }
        }
    }

    private mutating func addMembers() {
        for group in plan.groups {
            for family in AddressFamily.allCases {
                let set = SetName.members(group: group.key, family, epoch: epoch)
                ruleset.sets[set] = Dictionary(
                    group.members.filter { $0.family == family }.map { (.address($0), .nothing) },
                    uniquingKeysWith: { first, _ in first })
                ruleset.addRanges(of: set, epoch: epoch, group.memberPrefixes.elements(family))
            }
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

    /// * `present`: sets in which profiles may have numbers.
    private mutating func addDispatch(_ present: [SetName: [Ruleset.Element: Ruleset.Target]]) {
        for direction in Direction.allCases {
            let known = present[.profileChains(direction, epoch: epoch)] ?? [:]
            var chains: [Ruleset.Element: Ruleset.Target] = [:]
            var numbers: [[String]: Ruleset.Element] = [:]
            for profile in Set(plan.ports.map(\.profile)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let chain = Self.profileChain(profile, direction)
                let taken = known.isEmpty ? chains : known.merging(chains) { first, _ in first }
                let number = Ruleset.Element.priority(ProfileDispatch.number(of: chain, in: taken))
                chains[number] = .chain(chain)
                numbers[profile] = number
            }
            ruleset.sets[.profileChains(direction, epoch: epoch)] = chains
            ruleset.sets[.formerProfiles(direction, epoch: epoch)] = [:]
            ruleset.sets[.profiles(direction, epoch: epoch)] = Dictionary(
                plan.ports.filter { $0.bridge == nil }.compactMap { port in
                    numbers[port.profile].map { (.device(port.device), .number($0)) }
                },
                uniquingKeysWith: { first, _ in first })
            if plan.bridges != nil { ruleset.addBridgedProfiles(plan, direction, numbers, epoch: epoch) }
        }
    }

    /// The chains that lead a session's ends to their profiles. A port that no map knows is refused, not let through; an end
    /// that a rule admitted before is not asked again.
    ///
    /// Of a packet that goes the other way the initiator's device is where it goes, the target's where it comes from.
    private mutating func addJudging() {
        func enterprise(_ direction: Direction) -> [Ruleset.Rule] {
            plan.enterprise == nil ? [] : EnterpriseChains.asking(direction)
        }
        func egress(_ device: PacketField) -> [Ruleset.Rule] {
            [[.isNotIn(.ports, device), .goto("to_ingress")], [.match(.hasRule(.egress, true)), .goto("to_ingress")]]
                + enterprise(.egress) + ProfileDispatch.rules(.egress, epoch) { [[.note(.profile([device], of: $0))]] }
                + [
                    [.goto("refuse_egress")]
                ]
        }
        let ways: [(Match, PacketField)] = [(.isOriginal, .outputDevice), (.isAnswer, .inputDevice)]
        let ingress: [Ruleset.Rule] =
            [[.match(.isOriginal), .countIngress]]
            + ways.map { [.match($0), .isNotIn(.ports, $1), .goto("admitted")] }
            + [[.match(.hasRule(.ingress, true)), .goto("admitted")]] + enterprise(.ingress)
            + ProfileDispatch.rules(.ingress, epoch) { map in ways.map { [.match($0), .note(.profile([$1], of: map))] }
            }
            + [[.goto("refuse_ingress")]]
        ruleset.chains["judge_egress"] = .init(egress(.inputDevice))
        ruleset.chains["judge_answer"] = .init([[.note(.packetMark(EdgeMark.answer))]] + egress(.outputDevice))
        ruleset.chains["to_ingress"] = .init(ingress)
    }

    // MARK: Names

    package static func profileChain(_ groups: [String], _ direction: Direction) -> String {
        "\(direction)_profile_\(HostPlan.profileKey(groups))"
    }

    package static func profileRules(_ groups: [String], _ direction: Direction) -> [Ruleset.Rule] {
        groups.map { [.jump("\(direction)_group_\($0)")] } + [[.goto("refuse_\(direction)")]]
    }

    // MARK: Rules

    /// The rules of one rule of a group: one, or one for each family.
    private static func statements(_ planned: HostPlan.PlannedRule, _ epoch: Int) -> [Ruleset.Rule] {
        let direction = planned.rule.direction
        let verdict: [Statement] =
            [
                .note(.rule(planned.index, direction)),
                .log(LogPrefix(reason: .accepted(index: planned.index), direction: direction)),
            ] + (direction == .egress ? [.goto("to_ingress")] : [.goto("admitted")])
        return RuleMatches.ofSession(planned, epoch).map { $0 + verdict }
    }
}
