import Attribution
import Model

/// The chains that are the same for every policy: hooks, and the short way of known sessions.
///
/// ```
/// forward      ► tracked | link upkeep: link_only | fresh
/// input        ► tracked | arriving_untracked | DHCP: dhcp_client | fresh
/// output       to many   ► tracked | leaving_untracked | fresh
/// postrouting  the host's own, to one  ► the same
/// tracked      ► counted and accepted, or unjudged where a rule of ours for an end is not in the mark
/// fresh        ► not_tracked | related | invalid | judge_egress
/// ```
///
/// A way through the chains passes sixteen at most: the kernel counts those that are gone to like those that are jumped to.
enum FixedChains {
    /// * `hasEdges`: whether packets may bear the mark of a refusal before connection tracking.
    static func render(hasEdges: Bool) -> Ruleset {
        var ruleset = GuardChains.render()
        ruleset.sets[.handshakes] = [:]
        ruleset.sets[.generation] = [:]
        // Its types are untracked; a redirect is not.
        ruleset.add(.forward, entry([[LinkUpkeep.all, .goto("link_only")]]))
        ruleset.add(
            .input,
            entry(
                [[.state(.untracked), .goto("arriving_untracked")]]
                    + LinkUpkeep.dhcpRequests.map { [.state(.new), .fromPort] + $0 + [.goto("dhcp_client")] }))
        let leaving = entry([[.state(.untracked), .goto("leaving_untracked")]])
        ruleset.add(.output, LinkUpkeep.toOne.map { [$0, .accept] } + leaving)
        ruleset.add(
            .postrouting,
            [[.match(.notFromHost), .accept]] + LinkUpkeep.toMany.map { [$0, .accept] } + leaving)
        let chains: [String: [Ruleset.Rule]] = [
            "tracked": tracked,
            "tracked_original": trackedOriginal,
            "unjudged": unjudged,
            "known": known,
            "handshake": handshake,
            "fresh": fresh,
            "dhcp_client": [
                [.countEgress],
                [
                    .note(.noRules), .note(.rule(MarkLayout.dhcpClientIndex, .egress)),
                    .log(.init(reason: .accepted(index: MarkLayout.dhcpClientIndex), direction: .egress)),
                    .goto("to_ingress"),
                ],
            ],
            // ICMP errors carry the session's mark but are not in its counts. What a helper announced is an entry of its own.
            "related": [
                [.match(.hasRule(.egress, true)), .goto("related_to_admitted")],
                [.match(.hasRule(.ingress, true)), .goto("related_to_admitted")],
                [.goto("invalid")],
            ],
            "related_to_admitted": [[.transport(.icmp, .icmpv6), .goto("error")], [.countIngress], [.accept]],
            "admitted": [[.note(.noProfile)], [.match(.isAnswer), .goto("answer_admitted")]]
                + LinkUpkeep.toMany.map { [.match(.fromHost), $0, .goto("count_admitted_many")] } + [[.accept]],
            // Its mark names no rule any more: each packet is judged, and counted here, where its device is known.
            "admitted_many": [[.note(.noRules)], [.accept]],
            "answer_admitted": [[.note(.packetMark(0))], [.countIngress], [.accept]],
            "invalid": [
                [.fromPort, .goto(guardChain(.invalid, .egress))],
                [.match(.fromHost), .match(.icmpType(.icmp, [3...5, 11...12])), .goto("host_error")],
                [.match(.fromHost), .match(.icmpType(.icmpv6, [1...4])), .goto("host_error")],
                [.countIngress, .goto(guardChain(.invalid, .ingress))],
                [.accept],
            ],
            "misrouted": [
                [.fromPort, .goto(guardChain(.misrouted, .egress))],
                [.countIngress, .goto(guardChain(.misrouted, .ingress))],
                [.accept],
            ],
            // About a packet that never got so far as to begin a session.
            "host_error": [[.countIngress, .goto(guardChain(.hostError, .ingress))], [.accept]],
            "not_tracked": [
                [.match(.packetMark(EdgeMark.impostor)), .goto("impostor")],
                [.match(.packetMark(EdgeMark.headers)), .goto("unclear_headers")],
            ] + (hasEdges ? [[.match(.edgeMark), .goto("acl_refused")]] : []) + [[.goto("not_tracked_by_others")]],
            "not_tracked_by_others": [
                [.countEgress, .goto(guardChain(.untracked, .egress))],
                [.countIngress, .goto(guardChain(.untracked, .ingress))],
                [.accept],
            ],
        ]
        for (name, rules) in chains { ruleset.chains[name] = .init(rules) }
        ruleset.merge(SessionErrorChains.render())
        return ruleset
    }

    /// An entry that is confirmed stands for a session, also while no answer has come yet: then the packet is the initiator's.
    /// A related packet bears the entry of another session.
    private static func entry(_ others: [Ruleset.Rule]) -> [Ruleset.Rule] {
        [
            [.state(.established), .goto("tracked")],
            [.state(.new), .status(.confirmed), .goto("tracked_original")],
        ] + others + [[.goto("fresh")]]
    }

    /// A session is known where a rule of ours admitted it: its mark names one for each end that is here. Others began while
    /// the table was not there, or an interface was not; they are judged, whatever conntrack has seen of them.
    ///
    /// Every packet of a session comes by here: each way asks what concerns it, and says nothing twice.
    private static let tracked: [Ruleset.Rule] =
        [
            [.match(.isOriginal), .goto("tracked_original")],
            [.match(.hasRule(.ingress, false)), .fromPort, .goto("unjudged")],
            [.match(.hasRule(.egress, false)), .toPort, .goto("unjudged")],
        ] + counted + knownAnswer

    private static let trackedOriginal: [Ruleset.Rule] =
        [
            [.match(.hasRule(.egress, false)), .fromPort, .goto("unjudged")],
            [.match(.hasRule(.ingress, false)), .toPort, .goto("unjudged")],
        ] + counted + [[.accept]]

    private static let unjudged: [Ruleset.Rule] =
        [
            // What a helper announced bears the rules of the session that it belongs to, whose ends may be the other way round.
            [.status(.expected), .match(.hasRule(.egress, true)), .goto("known")],
            [.status(.expected), .match(.hasRule(.ingress, true)), .goto("known")],
            [.countEgress],
        ] + misrouted + [
            [.match(.isAnswer), .goto("judge_answer")],
            [.goto("judge_egress")],
        ]

    /// Rules are asked by the device that a packet leaves by. Where somebody leads an interface's address over another's device,
    /// the wrong interface's rules must admit nothing: what they admit would be known when the way is right again.
    private static let misrouted: [Ruleset.Rule] = zip(AddressFamily.allCases, LinkUpkeep.toOne).map { family, toOne in
        [.toPort, toOne, .isNotIn(.targets(family), .outputDevice, .target(family)), .goto("misrouted")]
    }

    private static func guardChain(_ rule: GuardRule, _ direction: Direction) -> String {
        CountingChains.guardChain(rule, direction)
    }

    private static let known: [Ruleset.Rule] = counted + [[.match(.isOriginal), .accept]] + knownAnswer

    private static let counted: [Ruleset.Rule] = [
        [.countEgress], [.countIngress], [.match(.tcpSYN), .goto("handshake")],
    ]

    private static let knownAnswer: [Ruleset.Rule] = [
        [.status(.assured), .accept],
        // An ACK that answers an opening SYN is ignored: the target may hold a session of old.
        [.transport(.tcp), .match(.answers(0, true)), .goto("extra")],
        [.accept],
    ]

    /// Conntrack lets TCP packets pass that it does not count (TCP_CONNTRACK_IGNORE in nf_conntrack_proto_tcp.c, and a SYN
    /// sent again, since Linux 5.13): each of them is counted here, and each that it counts is not. Segments outside the
    /// window it counts where it is told to be liberal (`Plumbing`).
    ///
    /// | packet | counted by conntrack |
    /// |---|---|
    /// | SYN of the initiator, again | where an answer was ignored and none counted: the session is about to open |
    /// | SYN-ACK of the target | the first: not once others were counted, nor once the session stands |
    /// | SYN of the target, SYN-ACK of the initiator | yes: both open at once |
    private static let handshake: [Ruleset.Rule] = [
        [.match(.isOriginal), .match(.tcpOpening), .status(.seenReply), .match(.answers(0, true)), .accept],
        [.match(.isOriginal), .match(.tcpOpening), .goto("resent")],
        [.match(.isOriginal), .accept],
        [.match(.tcpOpening), .accept],
        [.status(.assured), .goto("extra")],
        [.match(.answers(1, false)), .goto("extra")],
        [.isIn(.handshakes, .connection), .goto("extra")],
        [.add(.handshakes, [.connection])],
        [.accept],
    ]

    private static let fresh: [Ruleset.Rule] =
        [
            [.state(.untracked), .goto("not_tracked")],
            [.fromPort, LinkUpkeep.ofRouters, .goto("guard_router_advertisement")],
            [.countEgress],
        ] + AddressFamily.allCases.map(foreignSource) + misrouted + [
            [.state(.related), .goto("related")],
            [.state(.invalid), .goto("invalid")],
        ] + LinkUpkeep.dhcpAnswers.map { [.fromPort] + $0 + [.goto(guardChain(.dhcpServer, .egress))] } + [
            // Nobody has judged it yet, whatever else has written to the mark.
            [.note(.noRules)],
            // An entry of old may have had its number.
            [.match(.tcpSYN), .delete(.handshakes, [.connection])],
            [.goto("judge_egress")],
        ]

    /// Once more what the guard asks: its chain may have been missing when the packet passed there, and what is refused from
    /// here on is told and counted by its source.
    private static func foreignSource(_ family: AddressFamily) -> Ruleset.Rule {
        [
            .fromPort, .isNotIn(.sources(family), .inputDevice, .source(family)),
            .isNotIn(.sourcesWithMAC(family), .inputDevice, .sourceMAC, .source(family)),
            .goto(guardChain(.spoof, .egress)),
        ]
    }
}
