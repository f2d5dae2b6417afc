import Attribution
import Model

/// Interfaces on bridges: the same rules, asked for by bridge and address where others are found by their device.
///
/// br_netfilter shows a bridge's frames to the hooks of routed packets, with the bridge as the device. So every rule that
/// asks for an interface by its device gets brothers that ask by bridge and address, one for each family; a packet of a
/// routed device finds its own rule first. A host without bridges has none of them.
extension Ruleset {
    /// Chains whose rules are about routed devices alone: what comes from a bridge was asked by the port stage.
    private static let ofDevices: Set<String> = [
        Hook.guard.chain, "guard_outside", "guard_link_source", "guard_expiring", "guard_expired", "guard_headers",
    ]

    /// Adds what interfaces on bridges need, in both tables.
    mutating func addBridges(_ plan: HostPlan, epoch: Int, generation: UInt32) {
        addBridgedElements(plan, epoch: epoch)
        for (name, chain) in chains where !Self.ofDevices.contains(name) {
            guard let rules = chain.rules else { continue }
            chains[name] = Chain(hook: chain.hook, BridgedEnds.expand(rules))
        }
        prepend(Self.guardRules, to: Hook.guard.chain)
        chains["guard_bridged"] = .init(Self.guardBridged)
        chains["guard_bridged_known"] = .init([Self.number] + Self.toManyUntracked + [[.accept]])
        prepend(
            LinkUpkeep.dhcpAnswers.map { $0 + [.isIn(.bridged(.bridges), .outputDevice), .notrack, .accept] },
            to: Hook.guardOutput.chain)
        let arrived: Rule = [.isIn(.bridged(.bridges), .inputDevice), .note(.noProfile)]
        prepend(
            [
                arrived,
                [.isIn(.bridged(.ways), .inputDevice, .outputDevice), .state(.untracked), .goto("bridged_untracked")],
            ],
            to: Hook.forward.chain)
        prepend([arrived], to: Hook.input.chain)
        chains["bridged_untracked"] = .init(
            [[.match(.edgeMark), .goto("not_tracked")]] + Self.toManyMatches.map { [$0, .accept] }
                + [[LinkUpkeep.all, .accept], [.goto("not_tracked")]])
        // Who sends to many on a bridge was judged there.
        prepend(
            Self.toManyMatches.map { [.isIn(.bridged(.bridges), .inputDevice), $0, .accept] }, to: "arriving_untracked",
            after: 1)
        // br_netfilter shows frames that it forwarded to this hook as well, without a device that they came from.
        prepend([[.match(.priority(BridgeNumber.passed)), .accept]], to: Hook.postrouting.chain)
        add(
            .home,
            [
                [.match(.priority(BridgeNumber.passed)), .note(.noProfile), .accept],
                [.note(.profile([.outputDevice], of: .bridged(.numbers)))],
            ])
        merge(PortStage.render(plan, epoch: epoch, generation: generation))
    }

    /// What both tables hold of a plan's ports and members.
    mutating func addBridgedElements(_ plan: HostPlan, epoch: Int) {
        addBridgedSets(plan, plan.bridgeNumbers)
        merge(PortStage.elements(of: plan, epoch: epoch))
    }

    /// The numbers of profiles of interfaces on bridges.
    mutating func addBridgedProfiles(
        _ plan: HostPlan, _ direction: Direction, _ numbers: [[String]: Element], epoch: Int
    ) {
        for family in AddressFamily.allCases {
            var elements: [Element: Target] = [:]
            var blocks: [Element: Target] = [:]
            for port in plan.ports {
                guard let bridge = port.bridge, let number = numbers[port.profile] else { continue }
                blocks.merge(port.ownPrefixes.elements(family, behind: .device(bridge), to: .number(number))) {
                    first, _ in
                    first
                }
                for address in port.ownAddresses where address.family == family {
                    elements[.joined(.device(bridge), .address(address))] = .number(number)
                }
            }
            sets[.bridged(.profiles(direction, family, epoch: epoch))] = elements
            addRanges(of: .bridged(.profiles(direction, family, epoch: epoch)), epoch: epoch, blocks)
            sets[.bridged(.formerProfiles(direction, family, epoch: epoch))] = [:]
        }
    }

    private mutating func addBridgedSets(_ plan: HostPlan, _ numbers: [String: UInt32]) {
        var ends: [AddressFamily: [Element: Target]] = [.ipv4: [:], .ipv6: [:]]
        var counted: [AddressFamily: [Element: Target]] = [.ipv4: [:], .ipv6: [:]]
        var endBlocks: [AddressFamily: [Element: Target]] = [:]
        var countedBlocks: [AddressFamily: [Element: Target]] = [:]
        for port in plan.ports {
            for family in AddressFamily.allCases {
                for bridge in port.countedOn {
                    countedBlocks[family, default: [:]].merge(
                        port.prefixes.widest.elements(family, behind: .device(bridge))
                    ) { first, _ in first }
                }
                if let bridge = port.bridge {
                    endBlocks[family, default: [:]].merge(port.ownPrefixes.elements(family, behind: .device(bridge))) {
                        first, _ in first
                    }
                }
            }
            for bridge in port.countedOn {
                for address in port.countedAddresses {
                    counted[address.family]?[.joined(.device(bridge), .address(address))] = .nothing
                }
            }
            guard let bridge = port.bridge else { continue }
            for address in port.ownAddresses {
                ends[address.family]?[.joined(.device(bridge), .address(address))] = .nothing
            }
        }
        for family in AddressFamily.allCases {
            sets[.bridged(.ends(family))] = ends[family] ?? [:]
            sets[.bridged(.egressCounts(family))] = counted[family] ?? [:]
            sets[.bridged(.ingressCounts(family))] = counted[family] ?? [:]
            addRanges(of: .bridged(.ends(family)), epoch: 0, endBlocks[family] ?? [:])
            for set in [BridgedSet.egressCounts(family), .ingressCounts(family)] {
                addRanges(of: .bridged(set), epoch: 0, countedBlocks[family] ?? [:])
            }
        }
        for set in CountingSet.ofBridged {
            for half in CountingSet.Half.allCases {
                sets[.counting(set, half)] = set.family.flatMap { counted[$0] } ?? [:]
            }
        }
        let names = numbers.keys.map { Element.device($0) }
        sets[.bridged(.bridges)] = Dictionary(names.map { ($0, .nothing) }) { first, _ in first }
        sets[.bridged(.ways)] = Dictionary(names.map { (.joined($0, $0), .nothing) }) { first, _ in first }
        sets[.bridged(.numbers)] = Dictionary(
            numbers.map { (.device($0), .number(.priority($1))) }, uniquingKeysWith: { first, _ in first })
        sets[.bridged(.broadcasts)] = Dictionary(plan.broadcasts.map { (.address($0), .nothing) }) { first, _ in first }
    }

    // MARK: Rules

    private static let guardRules: [Rule] = [[.isIn(.bridged(.bridges), .inputDevice), .goto("guard_bridged")]]

    private static let number: Rule = [.note(.profile([.inputDevice], of: .bridged(.numbers)))]

    /// Of an interface, as the port stage says; or with an interface's address from somebody else; or of somebody beyond.
    private static let guardBridged: [Rule] =
        [
            [.match(.priority(BridgeNumber.own)), .goto("guard_bridged_known")], number,
            [.family(.ipv6), .transport(.ah)] + GuardChains.markHeaders,
        ]
        + AddressFamily.allCases.map {
            [.isIn(.addresses($0), .source($0)), .note(.packetMark(EdgeMark.impostor)), .notrack, .accept]
        } + toManyUntracked + [[.accept]]

    /// One frame to many becomes several, which would share an entry.
    private static let toManyUntracked: [Rule] = toManyMatches.map { [$0, .notrack, .accept] }

    private static let toManyMatches: [Statement] =
        LinkUpkeep.toMany + [.isIn(.bridged(.broadcasts), .target(.ipv4))]

    private mutating func prepend(_ rules: [Rule], to chain: String, after place: Int = 0) {
        guard let present = chains[chain], var all = present.rules else { return }
        all.insert(contentsOf: rules, at: place)
        chains[chain] = Chain(hook: present.hook, all)
    }
}
