import Attribution
import Model

/// The chains at a packet's end: tell the event once a session, then count the packet in exactly one set.
enum CountingChains {
    private static let withPorts = Statement.transport(.tcp, .udp, .sctp, .dccp, .udplite)

    static func guardChain(_ rule: GuardRule, _ direction: Direction) -> String {
        "guarded_\(rule.rawValue.split(separator: "-").joined(separator: "_"))_\(direction)"
    }

    static func render(generation: UInt32) -> Ruleset {
        var ruleset = Ruleset()
        for set in CountingSet.all {
            if !set.isPerPort {
                for half in CountingSet.Half.allCases { ruleset.sets[.counting(set, half)] = [:] }
            }
            if set.isTold { ruleset.sets[.seen(set)] = [:] }
        }
        for direction in Direction.allCases { addRefusal(direction, &ruleset) }
        for entry in CountingSet.guardCases { addGuard(entry.rule, entry.direction, &ruleset) }
        ruleset.chains.merge(writers(generation: generation)) { _, new in new }
        return ruleset
    }

    private static func addRefusal(_ direction: Direction, _ ruleset: inout Ruleset) {
        // A packet that was judged for its session, and goes the other way, belongs to none that is admitted.
        ruleset.chains["refuse_\(direction)"] = .init(
            [[.match(.isAnswer), .note(.packetMark(0)), .goto("invalid")]]
                + AddressFamily.allCases.flatMap { family in
                    [
                        [.family(family), withPorts, .goto("refuse_\(direction)_\(family.rawValue)p")],
                        [.family(family), .goto("refuse_\(direction)_\(family.rawValue)q")],
                    ]
                })
        let report = LogPrefix(reason: .refused, direction: direction)
        for family in AddressFamily.allCases {
            for (set, letter) in [
                (CountingSet.refusedPorts(direction, family), "p"), (CountingSet.refusedPlain(direction, family), "q"),
            ] {
                // Sessions whose sender is on this host as well are counted for both ends.
                let inside: [Ruleset.Rule] =
                    direction == .ingress ? [[.fromPort, .goto("count_inside_\(family.rawValue)")]] : []
                ruleset.chains["refuse_\(direction)_\(family.rawValue)\(letter)"] = .init(
                    [tell(set, report)] + inside + [[.goto("count_\(set.name)")]])
            }
        }
    }

    private static func addGuard(_ rule: GuardRule, _ direction: Direction, _ ruleset: inout Ruleset) {
        let report = LogPrefix(reason: .guarded(rule), direction: direction)
        var dispatch: [Ruleset.Rule] = []
        for family in AddressFamily.allCases {
            for hasPorts in [true, false] {
                let set = CountingSet.guarded(rule, direction, family, withPorts: hasPorts)
                dispatch.append([.family(family)] + (hasPorts ? [withPorts] : []) + [.goto("tell_\(set.name)")])
                ruleset.chains["tell_\(set.name)"] = .init([tell(set, report), [.goto("count_\(set.name)")]])
            }
        }
        ruleset.chains[guardChain(rule, direction)] = .init(dispatch)
    }

    private static let edgeTransports: [(TransportProtocol?, Statement)] = [
        (.tcp, .transport(.tcp)), (.udp, .transport(.udp)), (nil, .noneOf(.tcp, .udp)),
    ]

    /// The chain of a rule that refuses before connection tracking: each end that is here is told once a session, and
    /// counts.
    static func edgeRefusal(_ mark: UInt32) -> [Ruleset.Rule] {
        let direction = EdgeMark.direction(mark)
        func report(_ way: Direction) -> LogPrefix {
            LogPrefix(
                reason: .refusedAtEdge(index: EdgeMark.index(mark), direction, EdgeMark.stage(mark)), direction: way)
        }
        var rules: [Ruleset.Rule] = [[.countEgress]]
        if direction == .ingress { rules.append([.countIngress]) }
        for family in AddressFamily.allCases {
            for (transport, condition) in edgeTransports {
                let set = CountingSet.refusedAtEdge(direction, isInside: false, family, transport)
                let match: [Statement] = [.family(family), condition]
                if direction == .ingress {
                    rules.append([.fromPort] + match + [isUnseen(set), .log(report(.egress))])
                }
                rules.append(match + tell(set, report(direction)))
            }
        }
        if direction == .ingress { rules.append([.fromPort, .goto("count_acl_inside")]) }
        return rules + [[.goto("count_acl_\(direction)")]]
    }

    private static func isUnseen(_ set: CountingSet) -> Statement { .lookup(set.columns, .seen(set), isIn: false) }

    /// A rule that reports the first packet of a key, and again after a minute of knowing it.
    private static func tell(_ set: CountingSet, _ report: LogPrefix) -> Ruleset.Rule {
        [isUnseen(set), .add(.seen(set), set.columns), .log(report)]
    }

    /// The chains that write into the sets of one generation: all that changes when generations change places.
    static func writers(generation: UInt32) -> [String: Ruleset.Chain] {
        func update(_ set: CountingSet, _ verdict: Statement, _ conditions: Statement...) -> Ruleset.Rule {
            conditions + [.update(.counting(set, generation: generation), set.columns), verdict]
        }
        // Finds the port's element, which counts.
        func overflow(_ verdict: Verdict, _ direction: Direction) -> Ruleset.Rule {
            let set = CountingSet.overflow(verdict, direction)
            return [.lookup(set.columns, .counting(set, generation: generation), isIn: true)]
        }
        var chains: [String: Ruleset.Chain] = [:]
        for family in AddressFamily.allCases {
            for direction in Direction.allCases {
                let refused = overflow(.drop, direction)
                let ports = CountingSet.refusedPorts(direction, family)
                let plain = CountingSet.refusedPlain(direction, family)
                chains["count_\(ports.name)"] = .init([
                    update(ports, .drop), update(.coarse(direction, family), .drop), refused, [.drop],
                ])
                chains["count_\(plain.name)"] = .init([update(plain, .drop), refused, [.drop]])
            }
            for entry in CountingSet.guardCases {
                for hasPorts in [true, false] {
                    let set = CountingSet.guarded(entry.rule, entry.direction, family, withPorts: hasPorts)
                    chains["count_\(set.name)"] = .init([
                        update(set, .drop), overflow(.drop, entry.direction), [.drop],
                    ])
                }
            }
            var inside: [Ruleset.Rule] = []
            for (transport, condition) in edgeTransports {
                inside.append(update(.refusedInside(family, transport), .drop, condition))
            }
            inside += [overflow(.accept, .egress), overflow(.drop, .ingress), [.drop]]
            chains["count_inside_\(family.rawValue)"] = .init(inside)
        }
        for edge in CountingSet.edgeCases {
            var rules: [Ruleset.Rule] = []
            for family in AddressFamily.allCases {
                for (transport, condition) in edgeTransports {
                    let set = CountingSet.refusedAtEdge(edge.direction, isInside: edge.isInside, family, transport)
                    rules.append(update(set, .drop, .family(family), condition))
                }
            }
            rules += [update(.coarseAtEdge, .drop), overflow(.drop, .egress)]
            if edge.direction == .ingress { rules.append(overflow(.drop, .ingress)) }
            chains["count_acl_\(edge.isInside ? "inside" : edge.direction.rawValue)"] = .init(rules + [[.drop]])
        }
        let accepted = [overflow(.accept, .egress), overflow(.accept, .ingress), [.accept]]
        chains["resent"] = .init(
            AddressFamily.allCases.map { update(.resentOpening($0), .accept, .family($0)) } + accepted)
        chains["extra"] = .init(
            AddressFamily.allCases.flatMap { family in
                [
                    update(.extra(family, .tcp), .accept, .family(family), .transport(.tcp)),
                    update(.extra(family, nil), .accept, .family(family), .transport(.icmp, .icmpv6)),
                ]
            } + accepted)
        return chains
    }
}
