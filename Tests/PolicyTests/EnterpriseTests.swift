import Model
import TestSupport
import Testing

@testable import Policy

/// Schedules, sets of addresses, and what the enterprise policy decides and explains.
@Suite struct EnterpriseTests {
    @Test func `ranges hold what is in one and not in the other`() throws {
        var random = SplitMix64(seed: 7)
        func some() -> [IPPrefix] {
            (0..<Int.random(in: 0...8, using: &random)).map { _ in
                IPPrefix(
                    containing: IPAddress(ipv4: UInt32.random(in: 0...255, using: &random)),
                    length: Int.random(in: 24...32, using: &random))
            }
        }
        for _ in 0..<500 {
            let (one, other) = (some(), some())
            let (left, right) = (AddressRanges(one), AddressRanges(other))
            let (both, rest) = (left.union(right), left.subtracting(right))
            for low in 0...255 as ClosedRange<UInt32> {
                let address = IPAddress(ipv4: low)
                let (isIn, isOut) = (one.contains { $0.contains(address) }, other.contains { $0.contains(address) })
                try #require(left.contains(address) == isIn)
                try #require(both.contains(address) == (isIn || isOut))
                try #require(rest.contains(address) == (isIn && !isOut), "\(one) \(other) \(address)")
            }
            for (range, next) in zip(both.ranges, both.ranges.dropFirst()) {
                #expect(range.last < next.first && range.last.next != next.first)
            }
        }
    }

    @Test func `the ends of a family are its last addresses`() throws {
        let all = AddressRanges([try IPPrefix(parsing: "0.0.0.0/0"), try IPPrefix(parsing: "::/0")])
        #expect(all.ranges.count == 2)
        let last = try #require(IPAddress("255.255.255.255"))
        #expect(all.subtracting(AddressRanges([IPPrefix(last)])).contains(last) == false)
        #expect(all.of(.ipv6).contains(try #require(IPAddress("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))))
    }

    @Test(arguments: [
        // 2026-11-30 is a Monday.
        ("mon-fri 09:00-17:00", 1_796_029_200, true), ("mon-fri 09:00-17:00", 1_796_029_199, false),
        ("mon-fri 09:00-17:00", 1_796_058_000, false), ("sat-sun 00:00-24:00", 1_796_029_200, false),
        ("sun 22:00-06:00", 1_796_018_399, true), ("sun 22:00-06:00", 1_796_018_400, false),
        ("fri-mon 22:00-06:00", 1_796_076_000, true), ("tue 22:00-06:00", 1_796_076_000, false),
    ]) func `hours of the week are those of UTC`(text: String, second: Int64, holds: Bool) throws {
        let hours = try #require(WeeklyHours(text))
        #expect(hours.description == text)
        #expect(hours.holds(at: Timestamp(seconds: second)) == holds)
    }

    @Test(arguments: [
        "mon", "mon 9:00-17:00", "mon-tue-wed 09:00-17:00", "mon 25:00-26:00", "mon 09:00-09:00", "day 09:00-10:00",
    ])
    func `other hours are none`(text: String) { #expect(WeeklyHours(text) == nil) }

    @Test func `a rule is in force while it is on, in its hours, and not expired`() {
        func rule(_ isEnabled: Bool, _ schedule: Schedule?, _ expires: Timestamp?) -> EnterpriseRule {
            EnterpriseRule(
                id: Identifier(derivedFrom: "r"), name: "r", action: .block, direction: .ingress, isEnabled: isEnabled,
                schedule: schedule, expires: expires)
        }
        let now = Timestamp(seconds: 100)
        let (before, after) = (Timestamp(seconds: 99), Timestamp(seconds: 101))
        #expect(rule(true, nil, nil).isInForce(at: now))
        #expect(!rule(false, nil, nil).isInForce(at: now))
        #expect(rule(true, Schedule(from: now, until: after), after).isInForce(at: now))
        #expect(!rule(true, Schedule(from: after), nil).isInForce(at: now))
        #expect(!rule(true, Schedule(until: now), nil).isInForce(at: now))
        #expect(!rule(true, nil, now).isInForce(at: now))
        #expect(!rule(true, nil, before).isInForce(at: now))
    }

    // MARK: Decisions

    private static func revision(_ rules: [EnterpriseRule], mode: JudgingMode? = nil) throws -> Revision {
        let prefix = try IPPrefix(parsing: "10.1.0.0/24")
        func interface(_ name: String, _ last: UInt32) -> Instance {
            Instance(
                id: Identifier(derivedFrom: "instance", name), name: name,
                interfaces: [
                    Interface(
                        id: Identifier(derivedFrom: "interface", name), name: "eth0", subnet: "s",
                        addresses: [IPAddress(ipv4: 0x0a01_0000 + last)], mac: nil, device: name, groups: ["open"],
                        mode: name == "b" ? mode : nil)
                ])
        }
        let open = SecurityGroup(
            id: Identifier(derivedFrom: "open"), name: "open",
            rules: Direction.allCases.map {
                Rule(
                    id: Identifier(derivedFrom: "open", $0.rawValue), direction: $0, service: .transport(.tcp, nil),
                    remote: .any)
            })
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [prefix],
            subnets: [Subnet(id: Identifier(derivedFrom: "s"), name: "s", prefixes: [prefix])], groups: [open],
            instances: [interface("a", 10), interface("b", 11)])
        return Revision.none.next(
            policy: Policy(project: "p", vpcs: [vpc], enterprise: rules), actor: "ada", origin: "",
            at: Timestamp(seconds: 1))
    }

    private static func rule(
        _ name: String, _ action: EnterpriseRule.Action, _ port: UInt16, _ direction: Direction = .ingress
    ) -> EnterpriseRule {
        EnterpriseRule(
            id: Identifier(derivedFrom: name), name: name, action: action, direction: direction,
            target: .anyOf([.instance(vpc: "v", name: "b")]),
            services: [.transport(.tcp, PortRange(port, port))])
    }

    private static func packet(_ port: UInt16, _ transport: TransportProtocol = .tcp) -> Packet {
        Packet(
            FlowKey(
                initiator: IPAddress(ipv4: 0x0a01_000a), target: IPAddress(ipv4: 0x0a01_000b), transport: transport,
                initiatorPort: 40_000, targetPort: port), from: .interface(Identifier(derivedFrom: "interface", "a")))
    }

    @Test func `the first rule that blocks or allows ends the list, and groups decide behind it`() throws {
        let revision = try Self.revision([
            Self.rule("see", .observe, 80), Self.rule("let", .allow, 80), Self.rule("stop", .block, 80),
            Self.rule("deny", .block, 81), Self.rule("late", .observe, 81),
        ])
        let classifier = Classifier(revision)
        let rules = try #require(revision.policy.enterprise)
        let passed = classifier.judge(Self.packet(80))
        #expect(passed.verdict == .accept && passed.legs.map(\.stage) == [.group, .group])
        #expect(passed.observations.map(\.rule) == [rules[0].id])
        let refused = classifier.judge(Self.packet(81))
        #expect(refused.refusal?.rule == rules[3].id && refused.refusal?.stage == .enterprise)
        #expect(refused.legs.first?.verdict == .accept && refused.observations.isEmpty)
        // What allows ends its own list alone.
        let other = classifier.judge(Self.packet(80, .udp))
        #expect(other.refusal?.stage == .group)
        for packet in [Self.packet(80), Self.packet(81), Self.packet(80, .udp)] {
            #expect(classifier.verdict(packet) == classifier.judge(packet).verdict)
        }
    }

    @Test func `explain names the rules and what would let it pass`() throws {
        let revision = try Self.revision([Self.rule("see", .observe, 81), Self.rule("deny", .block, 81)])
        let text = Classifier(revision).trace(Self.packet(81)).description
        #expect(
            text.contains(
                """
                ingress at b/eth0
                  enterprise policy: 2 ingress rules
                    · see: observe ingress tcp/81 from any to instance:v/b: matches, and observes
                    ✗ deny: block ingress tcp/81 from any to instance:v/b: matches
                refused
                to accept: put "allow ingress tcp/81 from 10.1.0.10 to 10.1.0.11" before enterprise rule deny
                """), "\(text)")
    }

    @Test func `an observed interface lets pass what it would refuse, under the rule that would`() throws {
        let revision = try Self.revision([Self.rule("deny", .block, 81)], mode: .observe)
        let classifier = Classifier(revision)
        let rule = try #require(revision.policy.enterprise?.first)
        let blocked = classifier.judge(Self.packet(81))
        #expect(
            blocked.verdict == .accept && blocked.legs.last?.rule == rule.id && blocked.legs.last?.stage == .enterprise)
        // Of UDP the sender's own group lets nothing out: it is not observed.
        #expect(classifier.judge(Self.packet(80, .udp)).refusal?.direction == .egress)
        let outside = Packet(
            FlowKey(
                initiator: IPAddress(ipv4: 0xc000_0201), target: IPAddress(ipv4: 0x0a01_000b), transport: .udp,
                initiatorPort: 40_000, targetPort: 53), from: .outside)
        let noted = classifier.judge(outside)
        #expect(
            noted.verdict == .accept
                && noted.legs.map(\.rule) == [revision.policy.vpcs[0].groups[0].defaultRefusal(.ingress)])
    }

    @Test func `a session that a new rule blocks is admitted by none`() throws {
        let before = try Self.revision([])
        let key = Self.packet(81).key
        let rule = try #require(before.policy.vpcs[0].groups[0].rules.first { $0.direction == .ingress })
        #expect(Admission(before.policy).admits(rule.id, key, at: key.target))
        let after = before.next(
            policy: try Self.revision([Self.rule("deny", .block, 81)]).policy, actor: "ada", origin: "",
            at: Timestamp(seconds: 2))
        #expect(!Admission(after.policy).admits(rule.id, key, at: key.target))
        #expect(Classifier(after).rule(admitting: key, .ingress) == nil)
    }

    @Test func `rules that others hide are told, and none that can be met`() throws {
        func rule(
            _ name: String, _ action: EnterpriseRule.Action, _ source: EnterpriseEnd, _ services: [Service],
            expires: Timestamp? = nil
        ) -> EnterpriseRule {
            EnterpriseRule(
                id: Identifier(derivedFrom: name), name: name, action: action, direction: .ingress, source: source,
                services: services, expires: expires)
        }
        func block(_ text: String) throws -> EnterpriseEnd { .anyOf([.prefix(try IPPrefix(parsing: text))]) }
        let policy = try Self.revision([
            rule("watch", .observe, .any, [.any]), rule("week", .block, .any, [.any], expires: Timestamp(seconds: 9)),
            rule("wide", .block, try block("10.0.0.0/8"), [.transport(.tcp, PortRange(1, 100))]),
            rule("narrow", .allow, try block("10.1.0.0/16"), [.transport(.tcp, PortRange(80, 80))]),
            rule("ports", .block, try block("10.1.0.0/16"), [.transport(.tcp, PortRange(80, 443))]),
            rule("other", .block, try block("192.0.2.0/24"), [.transport(.tcp, PortRange(80, 80))]),
            rule("but", .allow, .noneOf([.prefix(try IPPrefix(parsing: "192.0.2.0/24"))]), [.any]),
            rule("late", .observe, try block("198.51.100.0/24"), [.transport(.udp, nil)]),
            rule("free", .observe, try block("192.0.2.0/25"), [.transport(.udp, nil)]),
        ]).policy
        let overlaps = try #require(policy.enterpriseOverlaps)
        #expect(overlaps.map(\.rule.name) == ["narrow", "late"])
        #expect(overlaps.map(\.earlier.name) == ["wide", "but"])
        #expect(overlaps.map(\.isConflict) == [true, false])
        #expect(
            overlaps[0].words
                == "enterprise rule narrow is never asked: wide before it blocks all that it matches, and says otherwise"
        )
    }

    @Test func `what overlaps hide is never decided by the rule that is hidden`() throws {
        var random = SplitMix64(seed: 11)
        func end() -> EnterpriseEnd {
            let element = EnterpriseElement.prefix(
                IPPrefix(
                    containing: IPAddress(ipv4: 0x0a01_0000 + UInt32.random(in: 0...15, using: &random)),
                    length: Int.random(in: 28...32, using: &random)))
            return random.pick([.any, .anyOf([element]), .noneOf([element])])
        }
        func service() -> Service {
            let ports = [80, UInt16.random(in: 80...83, using: &random)]
            return random.pick([
                .any, .icmpTCPUDP, .transport(.tcp, nil), .transport(.tcp, PortRange(ports[0], ports[1])),
            ])
        }
        var hidden = 0
        for _ in 0..<150 {
            let rules = (0..<8).map { place in
                EnterpriseRule(
                    id: Identifier(derivedFrom: "\(place)"), name: "r\(place)", action: random.pick([.block, .allow]),
                    direction: .ingress, source: end(), target: end(), services: [service()])
            }
            let policy = try Self.revision(rules).policy
            let names = Set(try #require(policy.enterpriseOverlaps).map(\.rule.name))
            hidden += names.count
            let index = EnterpriseIndex(policy)
            for _ in 0..<200 {
                let key = FlowKey(
                    initiator: IPAddress(ipv4: 0x0a01_0000 + UInt32.random(in: 0...31, using: &random)),
                    target: IPAddress(ipv4: 0x0a01_0000 + UInt32.random(in: 0...31, using: &random)),
                    transport: random.pick([.tcp, .udp]), initiatorPort: 9,
                    targetPort: UInt16.random(in: 79...84, using: &random))
                if let rule = index.blocking(key, .ingress) { #expect(!names.contains(rule.name), "\(key)") }
            }
        }
        #expect(hidden > 100)
    }

    @Test func `a rule keeps its id while its name and text stand, whatever else is said of it`() throws {
        let first = try Self.revision([Self.rule("deny", .block, 81)])
        var policy = first.policy
        let rule = try #require(policy.enterprise?.first)
        policy.enterprise = [
            EnterpriseRule(
                id: Identifier(derivedFrom: "x"), name: rule.name, action: .block, direction: .ingress,
                source: rule.source,
                target: rule.target, services: rule.services, owner: "ada")
        ]
        let second = first.next(policy: policy, actor: "bob", origin: "", at: Timestamp(seconds: 2))
        #expect(second.policy.enterprise?.first?.id == rule.id)
        policy.enterprise?[0].action = .observe
        let third = second.next(policy: policy, actor: "bob", origin: "", at: Timestamp(seconds: 3))
        #expect(third.policy.enterprise?.first?.id != rule.id)
        #expect(third.ruleReferences.contains { $0.name == "deny" && $0.stage == .enterprise && !$0.refuses })
    }
}
