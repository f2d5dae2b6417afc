import Attribution
import Model

/// The chains behind the enterprise policy: what it blocks is told once a session and counted, what it observes is told once.
enum BlockedChains {
    /// The chains that tell and count, but for those that write into counting sets; the sets of what was told.
    static func render() -> Ruleset {
        var ruleset = Ruleset()
        for set in CountingSet.ofEnterprise where set.isTold { ruleset.sets[.seen(set)] = [:] }
        for set in CountingSet.ofEnterprise {
            for half in CountingSet.Half.allCases { ruleset.sets[.counting(set, half)] = [:] }
        }
        for set in CountingSet.ofObservations { ruleset.sets[.seen(set)] = [:] }
        for direction in Direction.allCases {
            ruleset.chains["observed_\(direction)"] = .init(observed(direction))
            addBlocked(direction, &ruleset)
        }
        return ruleset
    }

    private static func condition(_ transport: TransportProtocol?) -> Statement {
        transport.map { .transport($0) } ?? .noneOf(.tcp, .udp)
    }

    private static func addBlocked(_ direction: Direction, _ ruleset: inout Ruleset) {
        let report = LogPrefix(reason: .blocked, direction: direction)
        // A packet that was judged for its session, and goes the other way, belongs to none that is admitted.
        let answer: Ruleset.Rule = [.match(.isAnswer), .note(.packetMark(0)), .goto("invalid")]
        func counted(_ family: AddressFamily) -> [Ruleset.Rule] {
            (direction == .ingress ? [[.fromPort, .goto("count_blocked_inside_\(family.rawValue)")]] : [])
                + [[.goto("count_blocked_\(direction)_\(family.rawValue)")]]
        }
        func toMany(_ verb: String) -> [Ruleset.Rule] {
            guard direction == .ingress else { return [] }
            return zip(AddressFamily.allCases, LinkUpkeep.toMany).map {
                [$1, .goto("\(verb)_blocked_many_\($0.rawValue)")]
            }
        }
        var told = [answer] + toMany("tell")
        var quiet = [answer] + toMany("count")
        for family in AddressFamily.allCases {
            let (shown, end) = (
                "tell_blocked_\(direction)_\(family.rawValue)", "end_blocked_\(direction)_\(family.rawValue)"
            )
            told += [
                [.family(family), .transport(.tcp, .udp), .match(.showsPorts), .goto(shown)],
                [.family(family), .noneOf(.tcp, .udp), .match(.showsTypes), .goto(shown)],
            ]
            told += CountingChains.tellBare(
                .blockedBare(direction, family), report, then: end, [.family(family)], ends: false)
            told.append([.family(family), .goto(end)])
            quiet.append([.family(family), .goto(end)])
            ruleset.chains[shown] = .init(
                CountingSet.transports.map { transport in
                    [condition(transport)] + CountingChains.tell(.blocked(direction, family, transport), report)
                } + counted(family))
            ruleset.chains[end] = .init(counted(family))
            if direction == .ingress {
                let many = CountingSet.blockedMany(family)
                ruleset.chains["tell_\(many.name)"] = .init(
                    CountingChains.tellBare(many, report, then: "count_\(many.name)"))
            }
        }
        ruleset.chains["blocked_\(direction)"] = .init(told)
        ruleset.chains["blocked_\(direction)_quiet"] = .init(quiet)
    }

    /// Says by the packet's priority whether an observation is to be told: once a minute for each session and rule.
    private static func observed(_ direction: Direction) -> [Ruleset.Rule] {
        let tell: [Statement] = [.note(.priority(EnterpriseChains.toTell)), .return]
        func ask(_ set: CountingSet, _ conditions: [Statement]) -> [Ruleset.Rule] {
            CountingChains.variants(set).flatMap { columns -> [Ruleset.Rule] in
                [
                    conditions + [.lookup(columns, .seen(set), isIn: true), .return],
                    conditions + [.add(.seen(set), columns)] + tell,
                ]
            }
        }
        return AddressFamily.allCases.flatMap { family in
            CountingSet.transports.flatMap { ask(.observed(direction, family, $0), [.family(family), condition($0)]) }
                + ask(.observedBare(direction, family), [.family(family)]) + [[.family(family)] + tell]
        }
    }

    /// The chains that write into the sets of one generation.
    static func writers(generation: UInt32) -> [String: Ruleset.Chain] {
        func update(_ set: CountingSet, _ verdict: [Statement], _ conditions: Statement...) -> [Ruleset.Rule] {
            [conditions + [.update(.counting(set, generation: generation), set.columns)] + verdict]
        }
        func bare(_ set: CountingSet) -> [Ruleset.Rule] {
            CountingChains.variants(set).map { [.update(.counting(set, generation: generation), $0), .drop] }
        }
        func overflow(_ kind: CountingSet.Overflow, _ direction: Direction) -> Ruleset.Rule {
            let set = CountingSet.overflow(kind, direction)
            return [.lookup(set.columns, .counting(set, generation: generation), isIn: true)]
        }
        var chains: [String: Ruleset.Chain] = [:]
        for family in AddressFamily.allCases {
            for direction in Direction.allCases {
                var rules: [Ruleset.Rule] = []
                for transport in CountingSet.transports {
                    rules += update(.blocked(direction, family, transport), [.drop], condition(transport))
                }
                rules += bare(.blockedBare(direction, family))
                rules += update(.coarseBlocked(direction, family), [.drop])
                chains["count_blocked_\(direction)_\(family.rawValue)"] = .init(
                    rules + [overflow(.refused, direction), [.drop]])
            }
            var inside: [Ruleset.Rule] = []
            for transport in CountingSet.transports {
                inside += update(.blockedInside(family, transport), [.drop], condition(transport))
            }
            inside += bare(.blockedInsideBare(family)) + [overflow(.accepted, .egress)]
            inside += update(.coarseBlocked(.ingress, family), [.drop])
            chains["count_blocked_inside_\(family.rawValue)"] = .init(
                inside + [overflow(.refused, .ingress), [.drop]])
            let many = CountingSet.blockedMany(family)
            chains["count_\(many.name)"] = .init(bare(many) + [overflow(.refused, .ingress), [.drop]])
        }
        return chains
    }
}
