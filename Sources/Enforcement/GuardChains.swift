import Attribution
import Model

/// The guard: what a packet says of where it comes from is asked before conntrack, so that no packet is counted in another's
/// session; what is of the link stays there.
enum GuardChains {
    static func render() -> Ruleset {
        var ruleset = Ruleset()
        ruleset.sets[.linkSources] = [:]
        ruleset.sets[.linkSourceRates] = [:]
        ruleset.add(.guard, guardRules)
        // Not followed: the next request would be an answer to it, of a session that no rule admits.
        ruleset.add(
            .guardOutput,
            LinkUpkeep.dhcpAnswers.map { $0 + [.toPort, .notrack, .accept] } + [
                [.family(.ipv6), .transport(.ah)] + markHeaders
            ])
        let chains: [String: [Ruleset.Rule]] = [
            "guard_router_advertisement": [[.countEgress], [.goto(chain(.routerAdvertisement, .egress))]],
            "guard_outside": outside,
            "guard_link_source": linkSource,
            // Conntrack reads past an authentication header and nft does not: what rules admit as `ah` would be an entry for
            // the TCP or UDP within.
            "guard_headers": [
                [.countEgress, .goto(chain(.headers, .egress))],
                markHeaders,
            ],
            // Of a packet that the host is to send on without a hop left, conntrack must not count what no gate will see.
            "guard_expiring": AddressFamily.allCases.flatMap { family -> [Ruleset.Rule] in
                [
                    [.isIn(.sources(family), .inputDevice, .source(family)), .goto("guard_expired")],
                    [
                        .isIn(.sourcesWithMAC(family), .inputDevice, .sourceMAC, .source(family)),
                        .goto("guard_expired"),
                    ],
                ]
            } + [[.fromPort, .return]]
                + AddressFamily.allCases.flatMap { family -> [Ruleset.Rule] in
                    [
                        [.isIn(.addresses(family), .source(family)), .return],
                        [.isIn(.addresses(family), .target(family)), .goto("expired")],
                    ]
                },
            "guard_expired": [[.countEgress], [.goto(chain(.hopLimit, .egress))]],
            "expired": [[.notrack, .accept]],
            "impostor": [[.countIngress, .goto(chain(.impostor, .ingress))], [.count, .drop]],
            "unclear_headers": [[.countIngress, .goto(chain(.headers, .ingress))], [.count, .drop]],
            "link_only": [
                [.match(.edgeMark), .goto("not_tracked")],
                [.fromPort, LinkUpkeep.ofRouters, .goto("guard_router_advertisement")],
                [.countEgress, .goto(chain(.linkUpkeep, .egress))],
                [.countIngress, .goto(chain(.linkUpkeep, .ingress))],
                [.accept],
            ],
            "arriving_untracked": [[.match(.edgeMark), .goto("not_tracked")]] + [
                [.fromPort, LinkUpkeep.ofRouters, .goto("guard_router_advertisement")]
            ]
                + LinkUpkeep.arriving + LinkUpkeep.dhcpRequests.map { $0 + [.accept] }
                + [[.fromPort, LinkUpkeep.all, .goto("link_only")], [.goto("not_tracked")]],
            "leaving_untracked": [[LinkUpkeep.all, .accept]] + LinkUpkeep.dhcpAnswers.map { $0 + [.accept] }
                + [[.goto("not_tracked")]],
        ]
        for (name, rules) in chains { ruleset.chains[name] = .init(rules) }
        return ruleset
    }

    /// Refuses what is for an interface, where the way out is known.
    static let markHeaders: Ruleset.Rule = [
        .isIn(.addresses(.ipv6), .target(.ipv6)), .note(.packetMark(EdgeMark.headers)), .notrack, .accept,
    ]

    private static func chain(_ rule: GuardRule, _ direction: Direction) -> String {
        CountingChains.guardChain(rule, direction)
    }

    private static let guardRules: [Ruleset.Rule] =
        [own(.ipv4), [.family(.ipv6), .transport(.ah), .jump("guard_headers")], own(.ipv6)]
        + AddressFamily.allCases.flatMap(expiring) + [[.isNotIn(.ports, .inputDevice), .goto("guard_outside")]]
        + AddressFamily.allCases.map {
            [.isIn(.sourcesWithMAC($0), .inputDevice, .sourceMAC, .source($0)), .accept]
        }
        + [
            [.transport(.icmpv6), LinkUpkeep.linkSource, LinkUpkeep.ofInstances, .goto("guard_link_source")],
            // A DHCP client has no address yet; its requests are link upkeep.
            [
                .source(IPPrefix(IPAddress(ipv4: 0))), .target(IPPrefix(IPAddress(ipv4: 0xffff_ffff))), .udp(68, 67),
                .notrack, .accept,
            ],
            [.source(LinkUpkeep.linkLocal), .udp(546, 547), .notrack, .accept],
            // Told apart from other wrong sources because it has an id of its own.
            [
                .transport(.icmpv6), LinkUpkeep.linkSource, LinkUpkeep.ofRouters,
                .goto("guard_router_advertisement"),
            ],
            [.countEgress],
            [.goto(chain(.spoof, .egress))],
        ]

    /// The short way of nearly every packet: from its interface's own address, with a hop left.
    private static func own(_ family: AddressFamily) -> Ruleset.Rule {
        [.isIn(.sources(family), .inputDevice, .source(family)), .match(.hasHopLeft(family)), .accept]
    }

    private static func expiring(_ family: AddressFamily) -> [Ruleset.Rule] {
        [
            [.match(.hasNoHopLeft(family)), .match(.targetIs([.unicast])), .jump("guard_expiring")],
            [.match(.hasNoHopLeft(family)), .isIn(.sources(family), .inputDevice, .source(family)), .accept],
        ]
    }

    /// Whoever asks from a link-local address becomes a neighbour of the host, and a flood of them would fill its table for
    /// all: a device comes with so many, and with a further one now and then. An address that is not yet chosen is no
    /// neighbour's.
    private static let linkSource: [Ruleset.Rule] = [
        [.source(IPPrefix(IPAddress(ipv6High: 0, low: 0))), .accept],
        [.isIn(.linkSources, .inputDevice, .source(.ipv6)), .accept],
        [
            .exceeds(.linkSourceRates, [.inputDevice], perMinute: 12, burst: 32), .countEgress,
            .goto(chain(.spoof, .egress)),
        ],
        [.add(.linkSources, [.inputDevice, .source(.ipv6)]), .accept],
        [.countEgress, .goto(chain(.spoof, .egress))],
    ]

    /// An interface's address is no other device's to send from, or groups would take a stranger for a member. Refused at
    /// the hook where the way out is known; conntrack must not count it for the interface's sessions.
    private static let outside: [Ruleset.Rule] =
        [[.match(.inputDevice("lo")), .accept]]
        + AddressFamily.allCases.map {
            [.isIn(.addresses($0), .source($0)), .note(.packetMark(EdgeMark.impostor)), .notrack, .accept]
        } + [[.accept]]
}
