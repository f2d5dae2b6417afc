import Attribution
import Model

/// The chains at a packet's end: tell the event once a session, then count the packet in exactly one set.
enum CountingChains {
    private static let withPorts = Statement.transport(.tcp, .udp, .sctp, .dccp, .udplite)

    static func guardChain(_ rule: GuardRule, _ direction: Direction) -> String {
        "guarded_\(rule.rawValue.split(separator: "-").joined(separator: "_"))_\(direction)"
    }

    /// * `sets`: those that are made; the rules write into those of `CountingSet.all`.
    static func render(generation: UInt32, sets: [CountingSet] = CountingSet.all) -> Ruleset {
        var ruleset = Ruleset()
        for set in sets {
            if !set.isPerPort {
                for half in CountingSet.Half.allCases { ruleset.sets[.counting(set, half)] = [:] }
            }
            if set.isTold { ruleset.sets[.seen(set)] = [:] }
        }
        for direction in Direction.allCases { addRefusal(direction, &ruleset) }
        for entry in CountingSet.guardCases { addGuard(entry.rule, entry.direction, &ruleset) }
        ruleset.chains["acl_counted_egress"] = .init([[.goto("count_acl_egress")]])
        ruleset.chains["acl_counted_ingress"] = .init([
            [.fromPort, .goto("count_acl_inside")], [.goto("count_acl_ingress")],
        ])
        ruleset.chains.merge(writers(generation: generation)) { _, new in new }
        return ruleset
    }

    /// What a key says of the protocol, in the order in which it is tried: in IPv6 the headers before the transport's may be cut
    /// off, so that there is none.
    static func variants(_ set: CountingSet) -> [[PacketField]] {
        guard let family = set.family, family == .ipv6 else { return [set.columns] }
        return [set.columns, set.columns.map { $0 == .transport ? .firstHeader(family) : $0 }]
    }

    private static func addRefusal(_ direction: Direction, _ ruleset: inout Ruleset) {
        // A packet that was judged for its session, and goes the other way, belongs to none that is admitted.
        ruleset.chains["refuse_\(direction)"] = .init(
            [[.match(.isAnswer), .note(.packetMark(0)), .goto("invalid")]]
                + (direction == .ingress ? toMany { "refuse_many_\($0.rawValue)" } : [])
                + AddressFamily.allCases.flatMap { family in
                    [
                        [.family(family), withPorts, .goto("refuse_\(direction)_\(family.rawValue)p")],
                        [.family(family), .goto("refuse_\(direction)_\(family.rawValue)q")],
                    ]
                })
        let report = LogPrefix(reason: .refused, direction: direction)
        for family in AddressFamily.allCases {
            if direction == .ingress {
                let (ports, many) = (CountingSet.refusedMany(family, .ports), CountingSet.refusedMany(family, .many))
                ruleset.chains["refuse_many_\(family.rawValue)"] = .init(
                    [[withPorts, .match(.showsPorts), .goto("tell_\(ports.name)")]]
                        + tellBare(many, report, then: "count_\(ports.name)"))
                ruleset.chains["tell_\(ports.name)"] = .init([tell(ports, report), [.goto("count_\(ports.name)")]])
            }
            let bare = CountingSet.refusedBare(direction, family)
            for (set, shown, letter) in [
                (CountingSet.refusedPorts(direction, family), Match.showsPorts, "p"),
                (.refusedPlain(direction, family), .showsTypes, "q"),
            ] {
                // Sessions whose sender is on this host as well are counted for both ends.
                let inside: [Ruleset.Rule] =
                    direction == .ingress ? [[.fromPort, .goto("count_inside_\(family.rawValue)")]] : []
                let end = "end_\(set.name)"
                ruleset.chains[end] = .init(inside + [[.goto("count_\(set.name)")]])
                ruleset.chains["refuse_\(direction)_\(family.rawValue)\(letter)"] = .init(
                    [[.match(shown), .goto("tell_\(set.name)")]] + tellBare(bare, report, then: end))
                ruleset.chains["tell_\(set.name)"] = .init([tell(set, report), [.goto(end)]])
            }
        }
    }

    /// What leads packets to many to a chain of their family.
    private static func toMany(_ chain: (AddressFamily) -> String) -> [Ruleset.Rule] {
        zip(AddressFamily.allCases, LinkUpkeep.toMany).map { [$1, .goto(chain($0))] }
    }

    private static func addGuard(_ rule: GuardRule, _ direction: Direction, _ ruleset: inout Ruleset) {
        let report = LogPrefix(reason: .guarded(rule), direction: direction)
        var dispatch: [Ruleset.Rule] = []
        if direction == .ingress {
            dispatch += toMany { "tell_\(CountingSet.guarded(rule, direction, $0, .many).name)" }
        }
        for family in AddressFamily.allCases {
            if direction == .ingress {
                let many = CountingSet.guarded(rule, direction, family, .many)
                ruleset.chains["tell_\(many.name)"] = .init(tellBare(many, report, then: "count_\(many.name)"))
            }
            func set(_ form: CountingSet.Form) -> CountingSet { .guarded(rule, direction, family, form) }
            let end = "count_\(set(.bare).name)"
            for (told, shown) in [
                (set(.ports), [withPorts, .match(.showsPorts)]), (set(.types), [.match(.showsTypes)]),
            ] {
                dispatch.append([.family(family)] + shown + [.goto("tell_\(told.name)")])
                ruleset.chains["tell_\(told.name)"] = .init([tell(told, report), [.goto("count_\(told.name)")]])
            }
            let bare = "tell_\(set(.bare).name)"
            dispatch.append([.family(family), .goto(bare)])
            ruleset.chains[bare] = .init(tellBare(set(.bare), report, then: end))
        }
        ruleset.chains[guardChain(rule, direction)] = .init(dispatch)
    }

    private static let edgeTransports: [(TransportProtocol?, Statement)] = [
        (.tcp, .transport(.tcp)), (.udp, .transport(.udp)), (nil, .noneOf(.tcp, .udp)),
    ]

    /// The chains of a rule that refuses before connection tracking: each end that is here is told once a session, and
    /// counts.
    static func edgeRefusal(_ mark: UInt32, _ name: String) -> [String: Ruleset.Chain] {
        let direction = EdgeMark.direction(mark)
        func report(_ way: Direction) -> LogPrefix {
            LogPrefix(
                reason: .refusedAtEdge(index: EdgeMark.index(mark), direction, EdgeMark.stage(mark)), direction: way)
        }
        let end = "acl_counted_\(direction)"
        var whole: [Ruleset.Rule] = []
        for family in AddressFamily.allCases {
            for (transport, condition) in edgeTransports {
                let set = CountingSet.refusedAtEdge(direction, isInside: false, family, transport)
                let match: [Statement] = [.family(family), condition]
                if direction == .ingress {
                    whole.append([.fromPort] + match + [isUnseen(set), .log(report(.egress))])
                }
                whole.append(match + tell(set, report(direction)))
            }
        }
        let shown = "\(name)_shown"
        var rules: [Ruleset.Rule] = [[.countEgress]]
        if direction == .ingress { rules.append([.countIngress]) }
        rules += [
            [.transport(.tcp, .udp), .match(.showsPorts), .goto(shown)],
            [.noneOf(.tcp, .udp), .match(.showsTypes), .goto(shown)],
        ]
        for family in AddressFamily.allCases {
            let bare = CountingSet.refusedAtEdgeBare(direction, isInside: false, family)
            rules += tellBare(
                bare, report(direction), atSender: direction == .ingress ? report(.egress) : nil, then: end,
                [.family(family)],
                ends: false)
        }
        return [name: .init(rules + [[.goto(end)]]), shown: .init(whole + [[.goto(end)]])]
    }

    /// Where a packet goes that the guard has decided about and counted, and under what it is counted where no set has room.
    private static func fate(_ rule: GuardRule) -> (verdict: Statement, overflow: CountingSet.Overflow) {
        switch rule {
        case .spoof, .dhcpServer, .routerAdvertisement, .invalid, .untracked, .linkUpkeep, .impostor, .headers,
            .held, .misrouted, .dhcpClient:
            (.drop, .guarded)
        // The host drops it when it looks at the hops, and says so to the sender.
        case .hopLimit: (.goto("expired"), .guarded)
        case .hostError: (.accept, .accepted)
        }
    }

    private static func isUnseen(_ set: CountingSet) -> Statement { .lookup(set.columns, .seen(set), isIn: false) }

    /// A rule that reports the first packet of a key, and again after a minute of knowing it.
    static func tell(_ set: CountingSet, _ report: LogPrefix) -> Ruleset.Rule {
        [isUnseen(set), .add(.seen(set), set.columns), .log(report)]
    }

    /// Reports the first packet of a key that holds nothing of the transport's header, and goes on to be counted.
    ///
    /// * `atSender`: the report at the sender's end, where that is told as well.
    /// * `conditions`: what each of the rules asks for first.
    static func tellBare(
        _ set: CountingSet, _ report: LogPrefix, atSender: LogPrefix? = nil, then end: String,
        _ conditions: Ruleset.Rule = [], ends: Bool = true
    ) -> [Ruleset.Rule] {
        var rules: [Ruleset.Rule] = []
        for columns in variants(set) {
            rules.append(conditions + [.lookup(columns, .seen(set), isIn: true), .goto(end)])
            if let atSender {
                rules.append(
                    conditions + [.fromPort, .lookup(columns, .seen(set), isIn: false), .log(atSender)])
            }
            rules.append(conditions + [.add(.seen(set), columns), .log(report), .goto(end)])
        }
        return ends ? rules + [[.goto(end)]] : rules
    }

    /// The chains that write into the sets of one generation: all that changes when generations change places.
    static func writers(generation: UInt32) -> [String: Ruleset.Chain] {
        func update(_ set: CountingSet, _ verdict: Statement, _ conditions: Statement...) -> Ruleset.Rule {
            conditions + [.update(.counting(set, generation: generation), set.columns), verdict]
        }
        // Whatever of the protocol can be read.
        func updateBare(_ set: CountingSet, _ verdict: Statement, _ conditions: Statement...) -> [Ruleset.Rule] {
            variants(set).map { conditions + [.update(.counting(set, generation: generation), $0), verdict] }
        }
        // Finds the port's element, which counts.
        func overflow(_ kind: CountingSet.Overflow, _ direction: Direction) -> Ruleset.Rule {
            let set = CountingSet.overflow(kind, direction)
            return [.lookup(set.columns, .counting(set, generation: generation), isIn: true)]
        }
        var chains: [String: Ruleset.Chain] = [:]
        for family in AddressFamily.allCases {
            for direction in Direction.allCases {
                let refused = overflow(.refused, direction)
                let ports = CountingSet.refusedPorts(direction, family)
                let plain = CountingSet.refusedPlain(direction, family)
                let bare = updateBare(.refusedBare(direction, family), .drop)
                chains["count_\(ports.name)"] = .init(
                    [update(ports, .drop), update(.coarse(direction, family), .drop)] + bare + [refused, [.drop]])
                chains["count_\(plain.name)"] = .init([update(plain, .drop)] + bare + [refused, [.drop]])
            }
            let (portsToMany, many) = (CountingSet.refusedMany(family, .ports), CountingSet.refusedMany(family, .many))
            chains["count_\(portsToMany.name)"] = .init(
                [update(portsToMany, .drop, withPorts)] + updateBare(many, .drop)
                    + [overflow(.refused, .ingress), [.drop]])
            for entry in CountingSet.guardCases {
                if entry.direction == .ingress {
                    let many = CountingSet.guarded(entry.rule, entry.direction, family, .many)
                    let (verdict, kind) = fate(entry.rule)
                    chains["count_\(many.name)"] = .init(
                        updateBare(many, verdict) + [overflow(kind, entry.direction), [verdict]])
                }
                let bare = CountingSet.guarded(entry.rule, entry.direction, family, .bare)
                let (verdict, kind) = fate(entry.rule)
                let rest = updateBare(bare, verdict) + [overflow(kind, entry.direction), [verdict]]
                chains["count_\(bare.name)"] = .init(rest)
                for form in [CountingSet.Form.ports, .types] {
                    let set = CountingSet.guarded(entry.rule, entry.direction, family, form)
                    chains["count_\(set.name)"] = .init([update(set, verdict), [.goto("count_\(bare.name)")]])
                }
            }
            var inside: [Ruleset.Rule] = []
            for (transport, condition) in edgeTransports {
                inside.append(update(.refusedInside(family, transport), .drop, condition))
            }
            inside += updateBare(.refusedInsideBare(family), .drop)
            inside += [overflow(.accepted, .egress), overflow(.refused, .ingress), [.drop]]
            chains["count_inside_\(family.rawValue)"] = .init(inside)
        }
        for edge in CountingSet.edgeCases {
            var rules: [Ruleset.Rule] = []
            for family in AddressFamily.allCases {
                for (transport, condition) in edgeTransports {
                    let set = CountingSet.refusedAtEdge(edge.direction, isInside: edge.isInside, family, transport)
                    rules.append(update(set, .drop, .family(family), condition))
                }
                rules += updateBare(
                    .refusedAtEdgeBare(edge.direction, isInside: edge.isInside, family), .drop, .family(family))
            }
            rules += [update(.coarseAtEdge, .drop), overflow(.refused, .egress)]
            if edge.direction == .ingress { rules.append(overflow(.refused, .ingress)) }
            chains["count_acl_\(edge.isInside ? "inside" : edge.direction.rawValue)"] = .init(rules + [[.drop]])
        }
        let accepted = [overflow(.accepted, .egress), overflow(.accepted, .ingress), [.accept]]
        chains["resent"] = .init(
            AddressFamily.allCases.map { update(.resentOpening($0), .accept, .family($0)) } + accepted)
        chains["extra"] = .init(
            AddressFamily.allCases.flatMap { family in
                [update(.extra(family), .accept, .family(family), .transport(.tcp))]
            } + accepted)
        chains["count_admitted_many"] = .init(
            AddressFamily.allCases.map { update(.admittedMany($0), .goto("admitted_many"), .family($0)) }
                + [overflow(.accepted, .ingress), [.goto("admitted_many")]])
        for family in AddressFamily.allCases {
            chains["count_unsent_\(family.rawValue)"] = .init([
                update(.unsent(from: .initiator, family), .return, .match(.isAnswer)),
                update(.unsent(from: .target, family), .return, .match(.isOriginal)),
            ])
        }
        chains["count_error"] = .init(
            AddressFamily.allCases.flatMap { family in
                [(CountingSet.SessionEnd.initiator, Statement.match(.isAnswer)), (.target, .match(.isOriginal))].flatMap
                {
                    end, way in
                    [false, true].map { isCoarse in
                        update(
                            .error(to: end, family, isCoarse: isCoarse), .goto("error_admitted"), .family(family), way)
                    }
                }
            } + [overflow(.accepted, .egress), overflow(.accepted, .ingress), [.goto("error_admitted")]])
        return chains
    }
}
