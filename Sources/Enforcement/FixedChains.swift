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
            "tracked": tracked(.isOriginal, "tracked_original") + asked(.ingress, .egress),
            "tracked_original": asked(.egress, .ingress),
            "unjudged": unjudged,
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
            "related": [
                [.match(.hasRule(.egress, true)), .goto("related_to_admitted")],
                [.match(.hasRule(.ingress, true)), .goto("related_to_admitted")],
                [.goto("invalid")],
            ],
            "related_to_admitted": [[.countIngress], [.transport(.icmp, .icmpv6), .goto("extra")], [.accept]],
            "admitted": [[.note(.noProfile)], [.match(.isAnswer), .goto("answer_admitted")], [.accept]],
            "answer_refused": [[.note(.packetMark(0))], [.goto("invalid")]],
            "answer_admitted": [[.note(.packetMark(0))], [.countIngress], [.accept]],
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

    /// An entry that is confirmed stands for a session, also while no answer has come yet. A related packet bears the entry of
    /// another session.
    private static let entry: [Ruleset.Rule] = [
        [.state(.established), .goto("tracked")],
        [.state(.new), .status(.confirmed), .goto("tracked")],
        [.goto("fresh")],
    ]

    private static func tracked(_ way: Match, _ chain: String) -> [Ruleset.Rule] { [[.match(way), .goto(chain)]] }

    /// A session is known where a rule of ours admitted it: its mark names one for each end that is here. Others began while
    /// the table was not there, or an interface was not; they are judged, whatever conntrack has seen of them.
    ///
    /// * `sender`, `receiver`: the direction whose rule is due at the end that the packet comes from, and goes to.
    private static func asked(_ sender: Direction, _ receiver: Direction) -> [Ruleset.Rule] {
        [
            [.match(.hasRule(sender, false)), .fromPort, .goto("unjudged")],
            [.match(.hasRule(receiver, false)), .toPort, .goto("unjudged")],
            [.goto("known")],
        ]
    }

    private static let unjudged: [Ruleset.Rule] = [
        // What a helper announced bears the rules of the session that it belongs to, whose ends may be the other way round.
        [.status(.expected), .match(.hasRule(.egress, true)), .goto("known")],
        [.status(.expected), .match(.hasRule(.ingress, true)), .goto("known")],
        [.countEgress],
        [.match(.isAnswer), .goto("judge_answer")],
        [.goto("judge_egress")],
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
        // Nobody has judged it yet, whatever else has written to the mark.
        [.note(.noRules)],
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
