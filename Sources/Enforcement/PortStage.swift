import Attribution
import Model

/// The stage at bridges' ports: what a frame says of itself, and whom it may be brought to. Nothing here tracks connections, so
/// every kernel with bridges has it.
///
/// ```
/// port_guard    from a port of the policy ► from_port: MAC, tag, kind ► its ARP | IPv4 | IPv6 ► on, or dropped by a reason
/// (br_netfilter shows the frame to the guard, which gives it its bridge's number)
/// port_unknown  from a port of a refusing bridge that nobody claims ► dropped
/// port_forward  the number of its bridge?  ► to_port: is it the port's? ► on, or dropped by a reason
/// (br_netfilter shows the frame to the gate)
/// port_passed   the gate's hook behind that takes it for forwarded
/// port_output   the same questions of what the host sends
/// ```
///
/// Every device of the policy is a port here, wherever it hangs: one that gets into a bridge before anybody noticed is refused.
struct PortStage {
    var ruleset = Ruleset()

    static func render(_ plan: HostPlan, epoch: Int, generation: UInt32) -> Ruleset {
        var stage = PortStage()
        stage.addChains(plan)
        stage.ruleset.merge(PortLists.render(plan, epoch: epoch))
        stage.ruleset.merge(PortCounting.render(generation: generation))
        stage.ruleset.merge(elements(of: plan, epoch: epoch))
        return stage.ruleset
    }

    /// What the table holds of a plan's ports and members.
    static func elements(of plan: HostPlan, epoch: Int) -> Ruleset {
        var stage = PortStage()
        let families = AddressFamily.allCases
        let sets: [PortSet] =
            families.flatMap { [.addresses($0), .sourcesWithMAC($0), .targets($0)] }
            + [.pairMACs, .claimable, .claimableWithMAC, .servers, .learners]
        for set in sets { stage.fill(set, []) }
        stage.addPorts(plan, plan.bridgeNumbers)
        stage.addBridges(plan.bridges ?? [], plan, plan.bridgeNumbers)
        stage.ruleset.merge(PortLists.elements(of: plan, epoch: epoch))
        stage.ruleset.merge(PortCounting.elements(of: plan))
        return stage.ruleset
    }

    // MARK: Chains

    private enum Way: String, CaseIterable {
        case out
        case into

        var device: PacketField { self == .out ? .inputDevice : .outputDevice }
    }

    private static let ipv4: UInt16 = 0x0800
    private static let ipv6: UInt16 = 0x86dd
    private static let arp: UInt16 = 0x0806
    /// 802.1Q, 802.1ad, and what was used before that.
    private static let tags: [UInt16] = [0x8100, 0x88a8, 0x9100]

    private static func refuse(_ kind: PortRefusal, _ way: Way) -> Statement { .goto(chain(kind, way)) }

    private static func chain(_ kind: PortRefusal, _ way: Way) -> String {
        "\(PortSet.refused(kind).text)_\(way)"
    }

    private static func isIn(_ set: PortSet, _ key: PacketField...) -> Statement {
        .lookup(key, .port(set), isIn: true)
    }
    private static func isNotIn(_ set: PortSet, _ key: PacketField...) -> Statement {
        .lookup(key, .port(set), isIn: false)
    }

    private static func type(_ types: UInt16...) -> Statement { .match(.etherType(types)) }

    private mutating func add(_ name: String, _ rules: [Ruleset.Rule]) {
        ruleset.chains[Ruleset.portPrefix + name] = .init(rules)
    }

    private mutating func addChains(_ plan: HostPlan) {
        for kind in PortRefusal.allCases {
            for way in Way.allCases {
                add(Self.chain(kind, way), [[Self.isIn(.refused(kind), way.device), .drop], [.drop]])
            }
        }
        add("refused_unknown_out", [[.update(.port(.unknownCounts), [.inputDevice]), .drop], [.drop]])
        add("refused_unknown_into", [[.update(.port(.unknownCounts), [.outputDevice]), .drop], [.drop]])
        ruleset.add(
            .portGuard,
            [
                [Self.isIn(.ports, .inputDevice), .goto("from_port")],
                [Self.isIn(.strangers, .inputDevice), .goto("refused_unknown_out")],
                // Who claims a port's address takes its packets.
                [Self.isIn(.claims, .arpSender), .count, .drop],
                [.note(.noProfile), .accept],
            ])
        ruleset.add(
            .portUnknown,
            [
                [
                    Self.isIn(.refusing, .priority), Self.isNotIn(.ports, .inputDevice),
                    Self.isNotIn(.uplinks, .inputDevice), .goto("refused_unknown_out"),
                ],
                [.accept],
            ])
        addFromPort()
        addFromPair()
        addFromPortIPv6(plan)
        addToPort()
        ruleset.add(
            .portForward,
            [
                [
                    Self.type(Self.ipv4, Self.ipv6), Self.isIn(.ports, .inputDevice),
                    Self.isNotIn(.homes, .inputDevice, .priority), Self.refuse(.unjudged, .out),
                ]
            ] + Self.leaving + [[.accept]])
        ruleset.add(
            .portPassed, [[Self.isIn(.parts, .outputDevice), .note(.priority(BridgeNumber.passed))], [.accept]])
        ruleset.add(
            .portOutput, [[.jump("output_to_port")], [.note(.noProfile)], [.accept]])
        add(
            "output_to_port",
            LinkUpkeep.dhcpAnswers.map { rule in
                [Self.isIn(.bound, .outputDevice)]
                    + rule.filter { if case .match(.family) = $0 { false } else { true } }
                    + [.return]
            } + Self.leaving)
    }

    /// Of a frame that is about to leave by a port.
    private static let leaving: [Ruleset.Rule] = [
        [isIn(.ports, .outputDevice), .goto("to_port")],
        [isIn(.strangers, .outputDevice), .goto("refused_unknown_into")],
        [
            isIn(.refusing, .priority), isNotIn(.uplinks, .outputDevice), .goto("refused_unknown_into"),
        ],
    ]

    private mutating func addFromPort() {
        add(
            "from_port",
            [
                [Self.isNotIn(.bound, .inputDevice), Self.refuse(.unbound, .out)],
                [Self.isIn(.pairMACs, .inputDevice, .sourceMAC), .jump("from_pair")],
                [Self.isIn(.macs, .inputDevice, .sourceMAC), .goto("from_port_mac")],
                [Self.isIn(.anyMAC, .inputDevice), .goto("from_port_mac")],
                [Self.refuse(.spoof, .out)],
            ])
        add(
            "from_port_mac",
            [
                [.match(.etherType(Self.tags)), Self.refuse(.tagged, .out)],
                [Self.type(Self.arp), .goto("from_port_arp")],
                [Self.type(Self.ipv4), .goto("from_port_4")],
                [Self.type(Self.ipv6), .goto("from_port_6")],
                [Self.refuse(.ethertype, .out)],
            ])
        add(
            "from_port_arp",
            [
                [.match(.arpOfIPv4), Self.isIn(.macs, .inputDevice, .arpSenderMAC), .goto("from_port_arp_claim")],
                [.match(.arpOfIPv4), Self.isIn(.anyMAC, .inputDevice), .goto("from_port_arp_claim")],
                [Self.refuse(.arp, .out)],
            ])
        add(
            "from_port_arp_claim",
            [
                [Self.isIn(.addresses(.ipv4), .inputDevice, .arpSender), .accept],
                [Self.isIn(.claimable, .inputDevice, .arpSender), .accept],
                [.match(.arpProbe), .accept],
                [Self.refuse(.arp, .out)],
            ])
        let nobody = IPPrefix(IPAddress(ipv4: 0))
        let everybody = IPPrefix(IPAddress(ipv4: 0xffff_ffff))
        add(
            "from_port_4",
            [
                // A DHCP client has no address yet.
                [.source(nobody), .target(everybody), .udp(68, 67), .accept],
                [Self.isIn(.addresses(.ipv4), .inputDevice, .source(.ipv4)), .goto("from_port_4_own")],
                [Self.refuse(.spoof, .out)],
            ])
        add(
            "from_port_4_own",
            [
                [.note(.priority(BridgeNumber.own))], [.udp(67, 68), Self.refuse(.dhcpServer, .out)],
                [LinkUpkeep.toMany[0], .goto("many_egress")],
                [Self.isIn(.broadcasts, .target(.ipv4)), .goto("many_egress")],
                [.match(.toGroupMAC), Self.refuse(.mixed, .out)],
                [.accept],
            ])
    }

    /// What comes with a MAC that only pairs name: their addresses, and nothing else. What returns may be right by another MAC.
    private mutating func addFromPair() {
        let ofPair = Self.isIn(.sourcesWithMAC(.ipv4), .inputDevice, .sourceMAC, .source(.ipv4))
        add(
            "from_pair",
            [
                [
                    Self.type(Self.arp), .match(.arpOfIPv4),
                    Self.isIn(.claimableWithMAC, .inputDevice, .arpSenderMAC, .arpSender), .accept,
                ],
                [
                    Self.type(Self.arp), .match(.arpOfIPv4), .match(.arpProbe),
                    Self.isIn(.pairMACs, .inputDevice, .arpSenderMAC), .accept,
                ],
                [Self.type(Self.ipv4), ofPair, .goto("from_port_4_own")],
                [
                    Self.type(Self.ipv6),
                    Self.isIn(.sourcesWithMAC(.ipv6), .inputDevice, .sourceMAC, .source(.ipv6)),
                    .goto("from_port_6_own"),
                ],
                [Self.type(Self.ipv6), LinkUpkeep.linkSource, .goto("from_port_6")],
            ])
    }

    private mutating func addFromPortIPv6(_ plan: HostPlan) {
        let unspecified = Statement.source(IPPrefix(IPAddress(ipv6High: 0, low: 0)))
        let link = Statement.match(.hopLimit(255))
        add(
            "from_port_6",
            [
                [.transport(.ah), Self.refuse(.headers, .out)],
                [LinkUpkeep.ofRouters, Self.refuse(.routerAdvertisement, .out)],
                // Whether an address is free is asked by who will have it.
                [unspecified, .icmpv6(135...135), link, .goto("from_port_6_claim")],
                [unspecified, .icmpv6(131...132, 143...143), .match(.hopLimit(1)), .accept],
                [unspecified, Self.refuse(.spoof, .out)],
                [.source(LinkUpkeep.linkLocal), .goto("from_port_6_link")],
                [Self.isIn(.addresses(.ipv6), .inputDevice, .source(.ipv6)), .goto("from_port_6_own")],
                [Self.refuse(.spoof, .out)],
            ])
        add(
            "from_port_6_claim",
            [
                [Self.isIn(.neighbours, .inputDevice, .neighbourTarget), .accept],
                [.match(.neighbourOfLink), .accept],
            ] + Self.neighbourBlocks(plan) + [
                [Self.refuse(.neighbour, .out)]
            ])
        let upkeep: [Ruleset.Rule] = [
            [.icmpv6(136...136), link, .goto("from_port_6_claim")],
            [.icmpv6(133...133, 135...135), link, .accept],
            [.icmpv6(130...132, 143...143), .match(.hopLimit(1)), .accept],
            [LinkUpkeep.all, Self.refuse(.neighbour, .out)],
            [.udp(547, 546), Self.refuse(.dhcpServer, .out)],
        ]
        let toMany: Ruleset.Rule = [LinkUpkeep.toMany[1], .goto("many_egress")]
        add(
            "from_port_6_link",
            upkeep + [[LinkUpkeep.toMany[1], .udp(546, 547), .accept], toMany, [Self.refuse(.linkLocal, .out)]])
        add(
            "from_port_6_own",
            [[.note(.priority(BridgeNumber.own))]] + upkeep + [
                toMany, [.match(.toGroupMAC), Self.refuse(.mixed, .out)], [.accept],
            ])
    }

    /// What ports may say by neighbour discovery that they have, beside their single addresses. nft knows no interval of what
    /// has no name: a rule each.
    private static func neighbourBlocks(_ plan: HostPlan) -> [Ruleset.Rule] {
        var rules: [Ruleset.Rule] = []
        for port in plan.ports where port.bridge != nil && port.isHere {
            let blocks = Set(port.prefixes + port.pairs.map(\.prefix)).filter { $0.family == .ipv6 }
            for block in blocks.sorted(by: { ($0.base, $0.length) < ($1.base, $1.length) }) {
                rules.append([.match(.inputDevice(port.device)), .match(.neighbourIn(block)), .accept])
            }
        }
        return rules
    }

    private mutating func addToPort() {
        add(
            "to_port",
            [
                [Self.isNotIn(.bound, .outputDevice), Self.refuse(.unbound, .into)],
                [.match(.etherType(Self.tags)), Self.refuse(.tagged, .into)],
                [Self.type(Self.arp), .accept],
                [
                    Self.type(Self.ipv4, Self.ipv6), Self.isNotIn(.homes, .outputDevice, .priority),
                    Self.refuse(.unjudged, .into),
                ],
                [Self.type(Self.ipv4), .goto("to_port_4")],
                [Self.type(Self.ipv6), .goto("to_port_6")],
                [Self.refuse(.ethertype, .into)],
            ])
        let wrong: [Ruleset.Rule] = [[.match(.toGroupMAC), Self.refuse(.mixed, .into)]]
        // The number has been asked for, and goes no further.
        let pass: [Statement] = [.note(.noProfile), .accept]
        add(
            "to_port_4",
            [
                // Before its guest has an address nothing else can be for it.
                [Self.isIn(.servers, .outputDevice, .source(.ipv4)), .udp(67, 68)] + pass,
                // Somebody beyond may bear the host's own address.
                [Self.isIn(.learners, .outputDevice), .udp(67, 68), Self.refuse(.dhcpServer, .into)],
                [.target(IPPrefix(IPAddress(ipv4: 0xffff_ffff))), .udp(68, 67), Self.refuse(.dhcpClient, .into)],
                [LinkUpkeep.toMany[0], .goto("many_ingress")],
                [Self.isIn(.broadcasts, .target(.ipv4)), .goto("many_ingress")],
            ] + wrong + [
                [Self.isIn(.targets(.ipv4), .outputDevice, .target(.ipv4))] + pass, [Self.refuse(.astray, .into)],
            ])
        add(
            "to_port_6",
            [
                [LinkUpkeep.all] + pass, [LinkUpkeep.toMany[1], .udp(546, 547), Self.refuse(.dhcpClient, .into)],
                [LinkUpkeep.toMany[1], .goto("many_ingress")],
            ] + wrong + [
                [Self.isIn(.targets(.ipv6), .outputDevice, .target(.ipv6))] + pass,
                [.target(LinkUpkeep.linkLocal), Self.refuse(.linkLocal, .into)], [Self.refuse(.astray, .into)],
            ])
    }
}
