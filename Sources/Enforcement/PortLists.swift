import Attribution
import Model

/// The lists by which groups judge what interfaces on bridges send to many, and what they are sent among many: a frame for each
/// port, which no connection tracking follows.
///
/// ```
/// many_egress, many_ingress   count ► map (port) ► profile ► groups in order ► admitted | refused
/// ```
enum PortLists {
    static func render(_ plan: HostPlan, epoch: Int) -> Ruleset {
        var ruleset = Ruleset()
        ruleset.chains = lists(of: plan.groups.filter { plan.groupsOnBridges.contains($0.key) }, epoch: epoch)
        for direction in Direction.allCases {
            let device: PacketField = direction == .egress ? .inputDevice : .outputDevice
            let counts: PortSet = direction == .egress ? .manyEgressCounts : .manyIngressCounts
            ruleset.chains[Ruleset.portPrefix + "many_\(direction)"] = .init([
                [.isIn(.port(counts), device)],
                [.verdict(.map(device, .port(.many(direction, epoch: epoch))))],
                [.goto("many_refused_\(direction)")],
            ])
        }
        return ruleset
    }

    /// Members of the groups that lists name, and the way of each port to the lists of its groups.
    static func elements(of plan: HostPlan, epoch: Int) -> Ruleset {
        var ruleset = Ruleset()
        let ports = plan.ports.filter { $0.bridge != nil }
        let listed = plan.groups.filter { plan.groupsOnBridges.contains($0.key) }
        let peers = Set(listed.flatMap(\.rules).compactMap(\.peer))
        for group in plan.groups where peers.contains(group.key) {
            for family in AddressFamily.allCases {
                // On the link a member speaks from the address that its MAC gives it there.
                let onLink = ports.filter { $0.profile.contains(group.key) }.compactMap { $0.mac?.linkLocalAddress }
                let set = SetName.port(.members(group: group.key, family, epoch: epoch))
                ruleset.addRanges(of: set, epoch: epoch, group.memberPrefixes.elements(family))
                ruleset.sets[set] = Dictionary(
                    (group.members + onLink).filter { $0.family == family }.map { (.address($0), .nothing) },
                    uniquingKeysWith: { first, _ in first })
            }
        }
        for direction in Direction.allCases {
            var elements: [Ruleset.Element: Ruleset.Target] = [:]
            for port in ports {
                let profile = "many_\(direction)_profile_\(HostPlan.profileKey(port.profile))"
                ruleset.chains[Ruleset.portPrefix + profile] = .init(
                    port.profile.map { [.jump(list($0, direction))] } + [[.goto("many_refused_\(direction)")]])
                elements[.device(port.device)] = .chain(profile)
            }
            ruleset.sets[.port(.many(direction, epoch: epoch))] = elements
        }
        return ruleset
    }

    /// The chains of groups' rules.
    static func lists(of groups: [HostPlan.Group], epoch: Int) -> [String: Ruleset.Chain] {
        var chains: [String: Ruleset.Chain] = [:]
        for group in groups {
            for direction in Direction.allCases {
                let rules = group.rules.filter { $0.rule.direction == direction }
                chains[Ruleset.portPrefix + list(group.key, direction)] = .init(
                    rules.flatMap { rule in
                        RuleMatches.ofPacket(rule, epoch).flatMap { admission($0.map(ofFrame), rule.index, direction) }
                    })
            }
        }
        return chains
    }

    /// What a rule admits: told once a minute, then counted.
    private static func admission(_ matches: [Statement], _ index: UInt16, _ direction: Direction) -> [Ruleset.Rule] {
        let noted = matches + [.note(.priority(UInt32(index)))]
        let told: [Ruleset.Rule] = AddressFamily.allCases.map { family in
            let set = CountingSet.many(direction, isAdmitted: true, family, .many)
            return noted + [
                .lookup(set.columns, .seen(set), isIn: false), .add(.seen(set), set.columns),
                .log(LogPrefix(reason: .accepted(index: index), direction: direction)),
            ]
        }
        let families = Set(matches.compactMap(family))
        // nft refuses a rule that asks for both families.
        let possible = zip(AddressFamily.allCases, told).filter { families.isEmpty || families.contains($0.0) }.map(\.1)
        return possible + [noted + [.goto("many_admitted_\(direction)")]]
    }

    /// A frame's family is its type.
    private static func ofFrame(_ statement: Statement) -> Statement {
        switch statement {
        case .match(.family(let family)): .match(.etherType([family == .ipv4 ? 0x0800 : 0x86dd]))
        case .lookup(let key, .members(let group, let family, let epoch), let isIn):
            .lookup(key, .port(.members(group: group, family, epoch: epoch)), isIn: isIn)
        default: statement
        }
    }

    private static func family(_ statement: Statement) -> AddressFamily? {
        switch statement {
        case .match(.etherType(let types)): types == [0x0800] ? .ipv4 : .ipv6
        case .match(.source(let prefixes)), .match(.target(let prefixes)): prefixes.first?.family
        case .lookup(_, .port(.members(_, let family, _)), _): family
        default: nil
        }
    }

    private static func list(_ group: String, _ direction: Direction) -> String { "many_\(direction)_group_\(group)" }
}

extension PortSet {
    /// The map of ports to their lists for a direction.
    static func many(_ direction: Direction, epoch: Int) -> PortSet {
        direction == .egress ? .manySenders(epoch: epoch) : .manyTargets(epoch: epoch)
    }
}
