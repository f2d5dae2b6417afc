import Attribution
import Model

/// The chains of the enterprise policy: asked of a session's first packet, at each end, before the groups of the end.
///
/// ```
/// judge_egress, judge_answer, to_ingress   ► enterprise_DIRECTION ► its parts, in order; then what has become of it
/// a part    rules of one port each ► map (protocol, port) ► the rules of that port, in order
///           other rules ► a chain of them, in order
/// block     note the index in the packet's mark ► blocked_DIRECTION; at an observed interface: admitted under the rule's index
/// allow     the groups decide
/// observe   told once, and on
/// ```
///
/// What ends the list is noted in the packet's priority and done by the chain that asked: a way through the chains passes sixteen at
/// most.
///
/// Chains, maps and sets are named by what is in them: a change of one rule makes a few anew, under other names, and the chain that
/// leads to them. Nothing that a packet under way looks into changes.
struct EnterpriseChains {
    private let plan: EnterprisePlan
    private let epoch: Int
    private var ruleset = Ruleset()
    /// What parts need not be drawn up, because the table has them.
    private let present: Ruleset?

    /// What a packet's priority is once a rule has ended the list: no number of a profile or a rule.
    private enum End: UInt32, CaseIterable {
        case allowed = 0x1_ffff
        case blocked = 0x1_fffd
        case blockedQuietly = 0x1_fffc
        /// Admitted under the rule that would refuse it.
        case noted = 0x1_fffb
    }

    private static func end(_ end: End) -> [Statement] { [.note(.priority(end.rawValue)), .return] }
    private static let isEnded: Ruleset.Rule = [.match(.priorities(End.allCases.map(\.rawValue))), .return]

    /// The rules that ask the enterprise policy at an end.
    static func asking(_ direction: Direction) -> [Ruleset.Rule] {
        func then(_ end: End, _ chain: String) -> Ruleset.Rule { [.match(.priority(end.rawValue)), .goto(chain)] }
        return [
            [.jump(entry(direction))], then(.blocked, "blocked_\(direction)"),
            then(.blockedQuietly, "blocked_\(direction)_quiet"),
            then(.noted, direction == .egress ? "to_ingress" : "admitted"),
        ]
    }

    /// What it is when an observation is to be told.
    static let toTell: UInt32 = 0x1_fffe

    /// The chain that an end's judging jumps to.
    static func entry(_ direction: Direction) -> String { "enterprise_\(direction)" }

    /// What the names of the chains begin with that a change of the policy may replace.
    static let prefix = "enterprise_"

    /// Whether a set, or the chain of a name, is of the enterprise policy and of nothing else.
    static func holds(_ set: SetName?, _ chain: String) -> Bool {
        switch set {
        case .enterpriseList, .enterprisePorts: true
        case nil: chain.hasPrefix(prefix)
        default: false
        }
    }

    /// * `present`: the table, which may have parts of this plan already.
    static func render(_ plan: EnterprisePlan, epoch: Int, beside present: Ruleset? = nil) -> Ruleset {
        var chains = EnterpriseChains(plan: plan, epoch: epoch, present: present)
        for (key, ranges) in plan.lists {
            for family in AddressFamily.allCases {
                let some = ranges.of(family)
                if !some.isEmpty { chains.ruleset.sets[chains.set(key, some, family)] = some.elements }
            }
        }
        for direction in Direction.allCases { chains.add(direction) }
        return chains.ruleset
    }

    private init(plan: EnterprisePlan, epoch: Int, present: Ruleset?) {
        (self.plan, self.epoch, self.present) = (plan, epoch, present)
    }

    private func set(_ key: String, _ ranges: AddressRanges, _ family: AddressFamily) -> SetName {
        .enterpriseList(key, family, hasIntervals: !ranges.hasSingleAddressesOnly, epoch: epoch)
    }

    // MARK: Parts

    /// A part is cut behind a rule whose id says so, once it has so many, and has this many at most.
    private static let partLength = (256, 1024)
    /// So many rules in a row that each name one port are found by it.
    private static let runLength = 8

    private mutating func add(_ direction: Direction) {
        let rules = plan.rules(direction)
        // Whatever has written to it: the host's programs may.
        var entry: [Ruleset.Rule] = [[.note(.noProfile)]]
        var others: [EnterprisePlan.PlannedRule] = []
        var place = 0
        while place < rules.count {
            let run = rules[place...].prefix { $0.ports != nil }
            guard run.count >= Self.runLength else {
                others.append(rules[place])
                place += 1
                continue
            }
            entry += parts(of: others, direction) + addRun(Array(run), direction)
            others = []
            place += run.count
        }
        ruleset.chains[Self.entry(direction)] = .init(entry + parts(of: others, direction))
    }

    /// What leads to some rules in a row, part by part.
    private mutating func parts(of rules: [EnterprisePlan.PlannedRule], _ direction: Direction) -> [Ruleset.Rule] {
        var leading: [Ruleset.Rule] = []
        var first = 0
        for (place, planned) in rules.enumerated() {
            let count = place + 1 - first
            let isCut = count >= Self.partLength.0 && planned.rule.id.low & 0xff == 0
            guard isCut || count == Self.partLength.1 || place == rules.count - 1 else { continue }
            leading += [[.jump(addPart(Array(rules[first...place]), direction))], Self.isEnded]
            first = place + 1
        }
        return leading
    }

    /// What leads to the rules of a session's port, of some in a row that each name ports: a session has one, so that its rules
    /// are asked in their order.
    private mutating func addRun(_ rules: [EnterprisePlan.PlannedRule], _ direction: Direction) -> [Ruleset.Rule] {
        var byPort: [EnterprisePlan.Port: [EnterprisePlan.PlannedRule]] = [:]
        for planned in rules { for port in planned.ports ?? [] { byPort[port, default: []].append(planned) } }
        var elements: [Ruleset.Element: Ruleset.Target] = [:]
        var content: [String] = []
        for (port, some) in byPort {
            let chain = addPart(some, direction)
            elements[.joined(.transport(port.transport), .port(port.port))] = .chain(chain)
            content.append("\(port.transport.rawValue) \(port.port) \(chain)")
        }
        let id = Identifier<EnterprisePlan>(derivedFrom: "ports", content.sorted().joined(separator: "\n")).short
        let map = SetName.enterprisePorts(id, epoch: epoch)
        ruleset.sets[map] = elements
        return [
            [.match(.isOriginal), .verdict(.mapOf([.transport, .targetPort], map))],
            [.match(.isAnswer), .verdict(.mapOf([.transport, .sourcePort], map))],
            Self.isEnded,
        ]
    }

    /// The chain of some rules, which is named by them.
    private mutating func addPart(_ rules: [EnterprisePlan.PlannedRule], _ direction: Direction) -> String {
        let content = rules.map { planned in
            // The id stands for what the rule does; the addresses that it names may change meanwhile.
            "\(planned.index) \(planned.rule.id) \(planned.rule.isLogged)"
                + [planned.source, planned.target, planned.scope].map { " \($0?.list ?? "")" }.joined()
        }
        let id = Identifier<EnterprisePlan>(
            derivedFrom: "part", content.joined(separator: "\n"), plan.observed ?? ""
        ).short
        let name = "\(Self.prefix)\(direction)_\(id)"
        guard ruleset.chains[name] == nil else { return name }
        guard let known = present?.chains[name] else {
            ruleset.chains[name] = .init(rules.flatMap { statements($0, direction, part: name) })
            return name
        }
        ruleset.chains[name] = known
        for planned in rules where planned.rule.action == .observe {
            let chain = Self.observing(planned, of: name)
            if let rules = present?.chains[chain] { ruleset.chains[chain] = rules }
        }
        return name
    }

    /// The chain of an observing rule, whose name begins with its part's: they come and go together.
    private static func observing(_ planned: EnterprisePlan.PlannedRule, of part: String) -> String {
        "\(part)_observed_\(planned.index)"
    }

    // MARK: Rules

    /// * `part`: the chain that they stand in.
    private mutating func statements(
        _ planned: EnterprisePlan.PlannedRule, _ direction: Direction, part: String
    ) -> [Ruleset.Rule] {
        let rule = planned.rule
        let matches = self.matches(planned, direction)
        guard !matches.isEmpty else { return [] }
        switch rule.action {
        case .allow:
            return matches.map { $0 + Self.end(.allowed) }
        case .observe:
            let chain = Self.observing(planned, of: part)
            ruleset.chains[chain] = .init([
                [.note(.priority(UInt32(planned.index))), .jump("observed_\(direction)")],
                [
                    .match(.priority(Self.toTell)),
                    .log(LogPrefix(reason: .observed(index: planned.index), direction: direction)),
                ],
                [.note(.noProfile)],
            ])
            return matches.map { $0 + [.jump(chain)] }
        case .block:
            let refusal =
                [.note(.blocked(planned.index, direction))] + Self.end(rule.isLogged ? .blocked : .blockedQuietly)
            return matches.flatMap { asked in noted(planned, asked, direction) + [asked + refusal] }
        }
    }

    /// What a block lets pass at observed interfaces.
    private func noted(
        _ planned: EnterprisePlan.PlannedRule, _ asked: [Statement], _ direction: Direction
    ) -> [Ruleset.Rule] {
        guard let observed = plan.observed, let ranges = plan.lists[observed] else { return [] }
        let verdict: [Statement] =
            [
                .note(.rule(planned.index, direction)),
                .log(LogPrefix(reason: .accepted(index: planned.index), direction: direction)),
            ] + Self.end(.noted)
        return AddressFamily.allCases.compactMap { family in
            let some = ranges.of(family)
            guard !some.isEmpty, Self.isPossible(asked, family) else { return nil }
            return asked + [.isIn(set(observed, some, family), Self.near(direction, family))] + verdict
        }
    }

    private static func near(_ direction: Direction, _ family: AddressFamily) -> PacketField {
        direction == .egress ? .initiator(family) : .responder(family)
    }

    /// Whether what is asked leaves packets of a family: nft refuses a rule that asks for both.
    private static func isPossible(_ statements: [Statement], _ family: AddressFamily) -> Bool {
        statements.allSatisfy { statement in
            switch statement {
            case .match(.family(let asked)): asked == family
            case .match(.initiator(let prefix)), .match(.responder(let prefix)): prefix.family == family
            case .lookup(let key, _, _):
                key.allSatisfy { field in
                    switch field {
                    case .initiator(let asked), .responder(let asked): asked == family
                    default: true
                    }
                }
            default: true
            }
        }
    }

    /// What a rule asks of a session: once for each service, and for each family where it asks for addresses.
    private func matches(_ planned: EnterprisePlan.PlannedRule, _ direction: Direction) -> [[Statement]] {
        let asked: [(EnterprisePlan.Condition, (AddressFamily) -> PacketField, (IPPrefix) -> Statement)] = [
            planned.source.map { ($0, PacketField.initiator, { .match(.initiator($0)) }) },
            planned.target.map { ($0, PacketField.responder, { .match(.responder($0)) }) },
            planned.scope.map {
                (
                    $0, { Self.near(direction, $0) },
                    { .match(direction == .egress ? .initiator($0) : .responder($0)) }
                )
            },
        ].compactMap(\.self)
        guard !asked.isEmpty else { return planned.rule.services.map(RuleMatches.ofSession) }
        return AddressFamily.allCases.flatMap { family -> [[Statement]] in
            var conditions: [Statement] = []
            for (condition, field, prefix) in asked {
                guard let ranges = plan.lists[condition.list]?.of(family) else { return [] }
                if ranges.isEmpty {
                    // Nobody of the family is in the list.
                    guard condition.isNegated else { return [] }
                    conditions.append(.family(family))
                } else if let only = ranges.onlyPrefix, !condition.isNegated {
                    conditions.append(prefix(only))
                } else {
                    let set = set(condition.list, ranges, family)
                    conditions.append(.lookup([field(family)], set, isIn: !condition.isNegated))
                }
            }
            return planned.rule.services.map(RuleMatches.ofSession).filter { Self.isPossible($0, family) }.map {
                conditions + $0
            }
        }
    }
}

extension EnterprisePlan {
    struct Port: Hashable {
        let transport: TransportProtocol
        let port: UInt16
    }
}

extension EnterprisePlan.PlannedRule {
    /// The ports that it names, where it names single ports of TCP or UDP alone.
    fileprivate var ports: Set<EnterprisePlan.Port>? {
        var ports: Set<EnterprisePlan.Port> = []
        for service in rule.services {
            guard case .transport(let transport, .some(let range)) = service, range.lower == range.upper,
                transport == .tcp || transport == .udp
            else { return nil }
            ports.insert(.init(transport: transport, port: range.lower))
        }
        return ports
    }
}

extension AddressRanges {
    /// The ranges as a set's elements.
    fileprivate var elements: [Ruleset.Element: Ruleset.Target] {
        Dictionary(
            ranges.map { range in
                (
                    range.first == range.last
                        ? hasSingleAddressesOnly ? .address(range.first) : .range(range.first, range.last)
                        : .range(range.first, range.last), .nothing
                )
            }
        ) { first, _ in first }
    }

    /// The block that it is, where it is one.
    fileprivate var onlyPrefix: IPPrefix? {
        guard ranges.count == 1, let range = ranges.first else { return nil }
        return (0...range.first.family.addressBits).lazy.map { IPPrefix(containing: range.first, length: $0) }
            .first { $0.base == range.first && $0.last == range.last }
    }
}
