import Attribution
import Model

/// The end of what goes to many on a bridge: told, counted in one set, and let on or dropped.
enum PortCounting {
    private static let withPorts = Statement.transport(.tcp, .udp, .sctp, .dccp, .udplite)

    /// The counters of a plan's ports.
    static func elements(of plan: HostPlan) -> Ruleset {
        var ruleset = Ruleset()
        let devices = Dictionary(plan.ports.map { (Ruleset.Element.device($0.device), Ruleset.Target.nothing) }) {
            first, _ in first
        }
        for set in [PortSet.manyEgressCounts, .manyIngressCounts] { ruleset.sets[.port(set)] = devices }
        for set in CountingSet.ofPorts where set.isPerPort {
            for half in CountingSet.Half.allCases { ruleset.sets[.counting(set, half)] = devices }
        }
        return ruleset
    }

    static func render(generation: UInt32) -> Ruleset {
        var ruleset = Ruleset()
        for set in CountingSet.ofPorts {
            if !set.isPerPort { for half in CountingSet.Half.allCases { ruleset.sets[.counting(set, half)] = [:] } }
            if set.isTold { ruleset.sets[.seen(set)] = [:] }
        }
        for direction in Direction.allCases {
            let report = LogPrefix(reason: .refused, direction: direction)
            var rules: [Ruleset.Rule] = []
            for family in AddressFamily.allCases {
                let (ports, bare) = sets(direction, family)
                let isOfFamily = type(family)
                rules += [
                    [isOfFamily, withPorts, .match(.showsPorts)] + tell(ports, report),
                    [isOfFamily, withPorts, .match(.showsPorts), .goto("count_many_refused_\(direction)")],
                    [isOfFamily] + tell(bare, report),
                ]
            }
            ruleset.chains[Ruleset.portPrefix + "many_refused_\(direction)"] = .init(
                rules + [[.goto("count_many_refused_\(direction)")]])
            ruleset.chains[Ruleset.portPrefix + "many_admitted_\(direction)"] = .init([
                [.jump("count_many_admitted_\(direction)")],
                // What the guard asks for next; behind it nothing.
                [.note(direction == .egress ? .priority(BridgeNumber.own) : .noProfile), .accept],
            ])
        }
        ruleset.merge(writers(generation: generation))
        return ruleset
    }

    /// The chains that write into the sets of one generation.
    static func writers(generation: UInt32) -> Ruleset {
        var ruleset = Ruleset()
        for direction in Direction.allCases {
            func overflow(_ kind: CountingSet.Overflow, _ verdict: Statement) -> Ruleset.Rule {
                let set = CountingSet.manyOverflow(kind, direction)
                return [.lookup(set.columns, .counting(set, generation: generation), isIn: true), verdict]
            }
            var admitted: [Ruleset.Rule] = []
            var refused: [Ruleset.Rule] = []
            for family in AddressFamily.allCases {
                let isOfFamily = type(family)
                let set = CountingSet.many(direction, isAdmitted: true, family, .many)
                admitted.append([isOfFamily, .update(.counting(set, generation: generation), set.columns), .return])
                let (ports, bare) = sets(direction, family)
                refused += [
                    [
                        isOfFamily, withPorts, .update(.counting(ports, generation: generation), ports.columns), .drop,
                    ], [isOfFamily, .update(.counting(bare, generation: generation), bare.columns), .drop],
                ]
            }
            ruleset.chains[Ruleset.portPrefix + "count_many_admitted_\(direction)"] = .init(
                admitted + [overflow(.accepted, .return)])
            ruleset.chains[Ruleset.portPrefix + "count_many_refused_\(direction)"] = .init(
                refused + [overflow(.refused, .drop), [.drop]])
        }
        return ruleset
    }

    private static func sets(_ direction: Direction, _ family: AddressFamily) -> (ports: CountingSet, bare: CountingSet)
    {
        (
            .many(direction, isAdmitted: false, family, .ports), .many(direction, isAdmitted: false, family, .many)
        )
    }

    private static func type(_ family: AddressFamily) -> Statement {
        .match(.etherType([family == .ipv4 ? 0x0800 : 0x86dd]))
    }

    /// Reports the first packet of a key, and again after a minute of knowing it.
    private static func tell(_ set: CountingSet, _ report: LogPrefix) -> [Statement] {
        [.lookup(set.columns, .seen(set), isIn: false), .add(.seen(set), set.columns), .log(report)]
    }
}
