import Attribution
import Model

/// The chains at a packet's end: tell the event once a session, then count the packet in exactly one set.
enum CountingChains {
    private static let withPorts = "{ tcp, udp, sctp, dccp, udplite }"

    static func guardChain(_ rule: GuardRule, _ direction: Direction) -> String {
        "guarded_\(rule.rawValue.split(separator: "-").joined(separator: "_"))_\(direction)"
    }

    static func render(generation: UInt32) -> Ruleset {
        var ruleset = Ruleset()
        for set in CountingSet.all where !set.isPerPort {
            for generation in [0, 1] as [UInt32] {
                ruleset.collections[set.name(generation: generation)] = .init(
                    "type \(set.type)\nsize \(CountingSet.capacity)\nflags dynamic\ncounter", isDynamic: true)
            }
        }
        for direction in Direction.allCases { addRefusal(direction, &ruleset) }
        addEdges(&ruleset)
        for entry in CountingSet.guardCases { addGuard(entry.rule, entry.direction, &ruleset) }
        ruleset.chains.merge(writers(generation: generation)) { _, new in new }
        ruleset.collections[KernelNames.generation] = .init("type mark", isDynamic: true)
        return ruleset
    }

    private static func addRefusal(_ direction: Direction, _ ruleset: inout Ruleset) {
        ruleset.chains["refuse_\(direction)"] = .init(
            AddressFamily.allCases.flatMap { family in
                [
                    "meta nfproto ipv\(family.rawValue) meta l4proto \(withPorts) goto refuse_\(direction)_\(family.rawValue)p",
                    "meta nfproto ipv\(family.rawValue) goto refuse_\(direction)_\(family.rawValue)q",
                ]
            })
        let report = LogPrefix(reason: .refused, direction: direction)
        for family in AddressFamily.allCases {
            for (set, letter) in [
                (CountingSet.refusedPorts(direction, family), "p"), (CountingSet.refusedPlain(direction, family), "q"),
            ] {
                // Sessions whose sender is on this host as well are counted for both ends.
                let inside = direction == .ingress ? ["iifname @ports goto count_inside_\(family.rawValue)"] : []
                ruleset.chains["refuse_\(direction)_\(family.rawValue)\(letter)"] = .init(
                    [tellOnce(set, report, &ruleset)] + inside + ["goto count_\(set.name)"])
            }
        }
    }

    private static func addGuard(_ rule: GuardRule, _ direction: Direction, _ ruleset: inout Ruleset) {
        let report = LogPrefix(reason: .guarded(rule), direction: direction)
        var dispatch: [String] = []
        for family in AddressFamily.allCases {
            for hasPorts in [true, false] {
                let set = CountingSet.guarded(rule, direction, family, withPorts: hasPorts)
                let condition = hasPorts ? " meta l4proto \(withPorts)" : ""
                dispatch.append("meta nfproto ipv\(family.rawValue)\(condition) goto tell_\(set.name)")
                ruleset.chains["tell_\(set.name)"] = .init([tellOnce(set, report, &ruleset), "goto count_\(set.name)"])
            }
        }
        ruleset.chains[guardChain(rule, direction)] = .init(dispatch)
    }

    private static let edgeTransports: [(TransportProtocol?, String)] = [
        (.tcp, "meta l4proto tcp"), (.udp, "meta l4proto udp"), (nil, "meta l4proto != { tcp, udp }"),
    ]

    /// The chain of a rule that refuses before connection tracking: each end that is here is told once a session, and
    /// counts.
    static func edgeRefusal(_ mark: UInt32) -> [String] {
        let direction = EdgeMark.direction(mark)
        var rules = ["iifname @\(KernelNames.egressCounts)"]
        if direction == .ingress { rules.append("oifname @\(KernelNames.ingressCounts)") }
        for family in AddressFamily.allCases {
            for (transport, condition) in edgeTransports {
                let set = CountingSet.refusedAtEdge(direction, isInside: false, family, transport)
                let match = "meta nfproto ipv\(family.rawValue) \(condition) "
                func report(_ way: Direction) -> LogPrefix {
                    LogPrefix(
                        reason: .refusedAtEdge(index: EdgeMark.index(mark), direction, EdgeMark.stage(mark)),
                        direction: way)
                }
                if direction == .ingress {
                    rules.append("iifname @ports \(match)\(isUnseen(set)) \(report(.egress).statement)")
                }
                rules.append(match + tell(set, report(direction)))
            }
        }
        if direction == .ingress { rules.append("iifname @ports goto count_acl_inside") }
        return rules + ["goto count_acl_\(direction)"]
    }

    private static func addEdges(_ ruleset: inout Ruleset) {
        for set in CountingSet.all {
            if case .refusedAtEdge = set.meaning { addSeen(set, &ruleset) }
        }
    }

    private static func addSeen(_ set: CountingSet, _ ruleset: inout Ruleset) {
        ruleset.collections["seen_\(set.name)"] = .init(
            "type \(set.type)\nsize \(CountingSet.capacity)\nflags dynamic,timeout\ntimeout 1m", isDynamic: true)
    }

    private static func isUnseen(_ set: CountingSet) -> String { "\(set.expression) != @seen_\(set.name)" }

    /// A rule that reports the first packet of a key, and again after a minute of knowing it.
    private static func tell(_ set: CountingSet, _ report: LogPrefix) -> String {
        "\(isUnseen(set)) add @seen_\(set.name) { \(set.expression) } \(report.statement)"
    }

    private static func tellOnce(_ set: CountingSet, _ report: LogPrefix, _ ruleset: inout Ruleset) -> String {
        addSeen(set, &ruleset)
        return tell(set, report)
    }

    /// The chains that write into the sets of one generation: all that changes when generations change places.
    static func writers(generation: UInt32) -> [String: Ruleset.Chain] {
        func update(_ set: CountingSet, _ verdict: String, _ condition: String = "") -> String {
            "\(condition)update @\(set.name(generation: generation)) { \(set.expression) } \(verdict)"
        }
        // Finds the port's element, which counts.
        func overflow(_ verdict: Verdict, _ direction: Direction) -> String {
            let set = CountingSet.overflow(verdict, direction)
            return "\(set.expression) @\(set.name(generation: generation))"
        }
        var chains: [String: Ruleset.Chain] = [:]
        for family in AddressFamily.allCases {
            for direction in Direction.allCases {
                let refused = overflow(.drop, direction)
                let ports = CountingSet.refusedPorts(direction, family)
                let plain = CountingSet.refusedPlain(direction, family)
                chains["count_\(ports.name)"] = .init([
                    update(ports, "drop"), update(.coarse(direction, family), "drop"), refused, "drop",
                ])
                chains["count_\(plain.name)"] = .init([update(plain, "drop"), refused, "drop"])
            }
            for entry in CountingSet.guardCases {
                for hasPorts in [true, false] {
                    let set = CountingSet.guarded(entry.rule, entry.direction, family, withPorts: hasPorts)
                    chains["count_\(set.name)"] = .init([
                        update(set, "drop"), overflow(.drop, entry.direction), "drop",
                    ])
                }
            }
            chains["count_inside_\(family.rawValue)"] = .init([
                update(.refusedInside(family, .tcp), "drop", "meta l4proto tcp "),
                update(.refusedInside(family, .udp), "drop", "meta l4proto udp "),
                update(.refusedInside(family, nil), "drop", "meta l4proto != { tcp, udp } "),
                overflow(.accept, .egress), overflow(.drop, .ingress), "drop",
            ])
        }
        for edge in CountingSet.edgeCases {
            chains["count_acl_\(edge.isInside ? "inside" : edge.direction.rawValue)"] = .init(
                AddressFamily.allCases.flatMap { family in
                    edgeTransports.map { transport, condition in
                        update(
                            .refusedAtEdge(edge.direction, isInside: edge.isInside, family, transport), "drop",
                            "meta nfproto ipv\(family.rawValue) \(condition) ")
                    }
                } + [update(.coarseAtEdge, "drop"), overflow(.drop, .egress)]
                    + (edge.direction == .ingress ? [overflow(.drop, .ingress)] : []) + ["drop"])
        }
        let accepted = [overflow(.accept, .egress), overflow(.accept, .ingress), "accept"]
        chains["resent"] = .init(
            AddressFamily.allCases.map {
                update(.resentOpening($0), "accept", "meta nfproto ipv\($0.rawValue) ")
            } + accepted)
        chains["extra"] = .init(
            AddressFamily.allCases.flatMap { family in
                [
                    update(.extra(family, .tcp), "accept", "meta nfproto ipv\(family.rawValue) meta l4proto tcp "),
                    update(
                        .extra(family, nil), "accept",
                        "meta nfproto ipv\(family.rawValue) meta l4proto { icmp, icmpv6 } "),
                ]
            } + accepted)
        return chains
    }
}
