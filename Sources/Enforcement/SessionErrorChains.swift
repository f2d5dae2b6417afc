import Attribution
import Model

/// ICMP errors about packets of known sessions.
///
/// ```
/// related ► error ► error_to_initiator | error_to_target   (conntrack's way of the error: against that of the packet it quotes)
///                   an end that is here without a rule of its own, or a sender that is no end ► invalid
///                   else ► error_counted ► count_error ► error_admitted
/// ```
///
/// Conntrack asks whom an error goes to, which must be who sent the packet that it quotes, and not whom it comes from: any
/// stranger who guesses a session may make one. Routers and hosts beyond this one do; an instance of this host that is no
/// end of the session has no rule that lets it, and its records would have to name another's.
enum SessionErrorChains {
    static func render() -> Ruleset {
        var ruleset = Ruleset()
        let chains: [String: [Ruleset.Rule]] = [
            "error": [
                [.match(.fromHost), .match(.icmpType(.icmp, [3...3])), .match(.icmpCode(.icmp, 4)), .jump("unsent_4")],
                [.match(.fromHost), .match(.icmpType(.icmpv6, [2...2])), .jump("unsent_6")],
                // What a helper announced bears the rules of the session that it belongs to, whose ends may be the other way
                // round.
                [.status(.expected), .goto("error_counted")],
                [.match(.isAnswer), .goto("error_to_initiator")],
                [.goto("error_to_target")],
            ],
            "error_to_initiator": flying(from: .ingress, sender: PacketField.responder),
            "error_to_target": flying(from: .egress, sender: PacketField.initiator),
            "error_counted": [[.countIngress], [.note(.connection)], [.goto("count_error")]],
            "error_admitted": [[.note(.noConnection)], [.accept]],
        ]
        for (name, rules) in chains { ruleset.chains[name] = .init(rules) }
        for family in AddressFamily.allCases {
            ruleset.chains["unsent_\(family.rawValue)"] = .init([
                [.note(.quotedLength(family))], [.jump("count_unsent_\(family.rawValue)")], [.note(.noConnection)],
            ])
        }
        return ruleset
    }

    /// * `end`: the direction of the rule that admitted the session at the end that the error comes from.
    /// * `sender`: that end's address.
    private static func flying(from end: Direction, sender: (AddressFamily) -> PacketField) -> [Ruleset.Rule] {
        let other: Direction = end == .egress ? .ingress : .egress
        return [
            [.match(.hasRule(other, false)), .toPort, .goto("invalid")],
            [.match(.hasRule(end, false)), .fromPort, .goto("invalid")],
        ]
            + AddressFamily.allCases.flatMap { family -> [Ruleset.Rule] in
                [
                    [.isIn(.sources(family), .inputDevice, sender(family)), .goto("error_counted")],
                    [
                        .isIn(.sourcesWithMAC(family), .inputDevice, .sourceMAC, sender(family)),
                        .goto("error_counted"),
                    ],
                ]
            } + [[.fromPort, .goto("invalid")], [.goto("error_counted")]]
    }
}
