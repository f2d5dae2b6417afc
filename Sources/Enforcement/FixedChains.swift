import Attribution
import Model

/// The chains that are the same for every policy: hooks, the short way of known sessions, the guard.
enum FixedChains {
    /// * `hasEdges`: whether packets may bear the mark of a refusal before connection tracking.
    static func render(hasEdges: Bool) -> Ruleset {
        var ruleset = Ruleset()
        for set in [SetName.handshakes, .generation] { ruleset.sets[set] = [:] }
        ruleset.add(.guard, guardRules)
        for hook in [Hook.forward, .input, .output] { ruleset.add(hook, entry) }
        let chains: [String: [Ruleset.Rule]] = [
            "guard_router_advertisement": [[.countEgress], [.goto(guardChain(.routerAdvertisement, .egress))]],
            "known": known,
            "handshake": handshake,
            "fresh": fresh,
            "dhcp_client": [
                [
                    .note(.rule(MarkLayout.dhcpClientIndex, .egress)),
                    .log(.init(reason: .accepted(index: MarkLayout.dhcpClientIndex), direction: .egress)),
                    .goto("to_ingress"),
                ]
            ],
            // ICMP errors carry the session's mark but are not in its counts. What a helper announced is an entry of its own.
            "related": [[.countIngress], [.transport(.icmp, .icmpv6), .goto("extra")], [.accept]],
            "invalid": [
                [.fromPort, .goto(guardChain(.invalid, .egress))],
                [.countIngress, .goto(guardChain(.invalid, .ingress))],
                [.accept],
            ],
            "not_tracked": (hasEdges ? [[.match(.edgeMark), .goto("acl_refused")]] : []) + [
                [.goto("not_tracked_by_others")]
            ],
            "not_tracked_by_others": notTracked,
        ]
        for (name, rules) in chains { ruleset.chains[name] = .init(rules) }
        return ruleset
    }

    /// An entry that is confirmed was judged by its first packet, also while no answer has come yet. A related packet
    /// bears the entry of another session, so it is not known by that.
    private static let entry: [Ruleset.Rule] = [
        [.state(.established), .goto("known")],
        [.state(.new), .status(.confirmed), .goto("known")],
        [.goto("fresh")],
    ]

    private static func guardChain(_ rule: GuardRule, _ direction: Direction) -> String {
        CountingChains.guardChain(rule, direction)
    }

    private static let guardRules: [Ruleset.Rule] =
        AddressFamily.allCases.map { [.isIn(.sources($0), .inputDevice, .source($0)), .accept] }
        + [[.isNotIn(.ports, .inputDevice), .accept]]
        + AddressFamily.allCases.map {
            [.isIn(.sourcesWithMAC($0), .inputDevice, .sourceMAC, .source($0)), .accept]
        }
        + [
            [.transport(.icmpv6), LinkUpkeep.linkSource, LinkUpkeep.ofInstances, .accept],
            // A DHCP client has no address yet; its requests are link upkeep.
            [.source(IPPrefix(IPAddress(ipv4: 0))), .udp(68, 67), .notrack, .accept],
            [.source(LinkUpkeep.linkLocal), .udp(546, 547), .notrack, .accept],
            // Told apart from other wrong sources because it has an id of its own.
            [
                .transport(.icmpv6), LinkUpkeep.linkSource, LinkUpkeep.ofRouters,
                .goto("guard_router_advertisement"),
            ],
            [.countEgress],
            [.goto(guardChain(.spoof, .egress))],
        ]

    private static let known: [Ruleset.Rule] = [
        [.countEgress],
        [.countIngress],
        [.status(.assured), .accept],
        [.match(.tcpSYN), .goto("handshake")],
        [.accept],
    ]

    /// Conntrack does not count an opening SYN that comes again: it does not renew the entry for it (since Linux
    /// 5.13), and ignores it once it was answered. Of SYN-ACKs the first is counted, the others are ignored
    /// (TCP_CONNTRACK_IGNORE in nf_conntrack_proto_tcp.c).
    private static let handshake: [Ruleset.Rule] = [
        [.match(.isOriginal), .goto("resent")],
        [.isIn(.handshakes, .connection), .goto("extra")],
        [.add(.handshakes, [.connection])],
        [.accept],
    ]

    private static let fresh: [Ruleset.Rule] = [
        [.state(.untracked), .goto("not_tracked")],
        [.fromPort, LinkUpkeep.ofRouters, .goto("guard_router_advertisement")],
        [.countEgress],
        [.state(.related), .goto("related")],
        [.state(.invalid), .goto("invalid")],
        [.fromPort, .family(.ipv4), .udp(67, 68), .goto(guardChain(.dhcpServer, .egress))],
        [.fromPort, .family(.ipv6), .udp(547, 546), .goto(guardChain(.dhcpServer, .egress))],
        [.fromPort, .family(.ipv4), .udp(68, 67), .goto("dhcp_client")],
        [.fromPort, .family(.ipv6), .udp(546, 547), .goto("dhcp_client")],
        [.goto("judge_egress")],
    ]

    private static let notTracked: [Ruleset.Rule] = [
        [.fromPort, LinkUpkeep.ofRouters, .goto("guard_router_advertisement")],
        [LinkUpkeep.ofInstances, .accept],
        [.udp(68, 67), .accept],
        [.udp(546, 547), .accept],
        [.countEgress, .goto(guardChain(.untracked, .egress))],
        [.countIngress, .goto(guardChain(.untracked, .ingress))],
        [.accept],
    ]
}
