import Host
import Link
import Model
import Rehearsal
import Spools
import TestSupport
import Testing

/// What the host itself does not send on, and its errors about it: in the books, and in a record under a rule of their own.
@Suite(.serialized) struct HostErrorTests {
    private static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets:
              - {name: near, cidrs: [10.1.0.0/24, "fd00:1:0:1::/64"]}
              - {name: far, cidrs: [10.1.1.0/24, "fd00:1:0:2::/64"]}
            groups: [{name: talks, rules: [egress any to any, ingress udp/7000-7999 from any]}]
            instances:
              - name: near
                interfaces: [{name: eth0, subnet: near, addresses: [10.1.0.10, "fd00:1:0:1::10"], device: gh-near, groups: [talks]}]
              - name: far
                interfaces: [{name: eth0, subnet: far, addresses: [10.1.1.10, "fd00:1:0:2::10"], device: gh-far, groups: [talks]}]
        """

    private static let addresses = [
        "near": ["10.1.0.10", "fd00:1:0:1::10"], "far": ["10.1.1.10", "fd00:1:0:2::10"],
        "outside": ["10.9.0.10", "fd09::10"],
    ]

    private static func address(_ name: String, _ family: AddressFamily) throws -> IPAddress {
        try #require(addresses[name].flatMap { IPAddress($0[family == .ipv4 ? 0 : 1]) })
    }

    private static func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        let gateways = ["near": "10.1.0.1", "far": "10.1.1.1", "outside": "10.9.0.1"]
        for name in ["near", "far", "outside"] {
            try agent.addGuest(
                name, addresses: ["\(try address(name, .ipv4))/24", "\(try address(name, .ipv6))/64"],
                gateway: gateways[name] ?? "")
            try TestHost.run(
                "nft",
                "add table inet mute; add chain inet mute out { type filter hook output priority 0; }; "
                    + "add rule inet mute out meta l4proto { icmp, udp } drop; "
                    + "add rule inet mute out icmpv6 type < 128 drop", in: try agent.guest(name).namespace)
            try TestHost.run("ip", "-n", agent.host.name, "link", "set", "gh-\(name)", "mtu", "1400")
        }
        // Somebody elsewhere, whose device is no instance's.
        for address in ["10.9.0.1/24", "fd09::1/64"] {
            try TestHost.run("ip", "-n", agent.host.name, "address", "add", address, "dev", "gh-outside", "nodad")
        }
        try agent.start()
        try agent.apply(policy)
        return agent
    }

    /// Why the host does not send a packet on.
    private enum Cause: String, CaseIterable, CustomStringConvertible {
        case noRoute, hopLimit, tooBig
        var description: String { rawValue }
    }

    private static let cases: [(String, String, Cause, Bool)] = Cause.allCases.flatMap { cause in
        [("near", "far"), ("near", "outside"), ("outside", "near")].flatMap { from, to in
            (cause == .noRoute ? [false] : [false, true]).map { (from, to, cause, $0) }
        }
    }

    @Test(.kernel)
    func `what the host does not send on, and its errors, are in the books`() throws {
        let agent = try Self.agent("he")
        defer { agent.remove() }
        var port: UInt16 = 7000
        for family in AddressFamily.allCases {
            for (from, to, cause, isKnown) in Self.cases {
                port += 1
                let name = "\(from) to \(to), \(family), \(cause), \(isKnown ? "in a session" : "at first")"
                let nowhere = try #require(IPAddress(family == .ipv4 ? "10.77.0.1" : "fd77::1"))
                let key = FlowKey(
                    initiator: try Self.address(from, family),
                    target: cause == .noRoute ? nowhere : try Self.address(to, family), transport: .udp,
                    initiatorPort: 5000, targetPort: port)
                if isKnown { try agent.send(HandmadePacket(key), as: from) }
                var shape = HandmadePacket.Shape()
                shape.mayBeCut = false
                if cause == .hopLimit { shape.hopLimit = 1 }
                if cause == .tooBig {
                    try TestHost.run("ip", "-n", agent.host.name, "link", "set", "gh-\(to)", "mtu", "1300")
                    shape.payload = [UInt8](repeating: 7, count: 1330)
                }
                try agent.send(HandmadePacket(key, shape: shape), as: from)
                let report = try agent.books(settle: 3)
                #expect(report.isBalanced, "\(name): \(report.lines.filter { $0.unexplained.packets != 0 })")
                if cause == .tooBig {
                    try TestHost.run("ip", "-n", agent.host.name, "link", "set", "gh-\(to)", "mtu", "1400")
                }
            }
        }
        try agent.ask(.flush)
        let near = try agent.flushedRecords(of: "near", vpc: "shop")
        for family in AddressFamily.allCases {
            func packets(_ rule: GuardRule, _ verdict: Verdict, _ direction: Direction) -> UInt64 {
                near.filter {
                    $0.rule == rule.id && $0.verdict == verdict && $0.direction == direction && $0.stage == .guard
                        && $0.key.initiator.family == family
                }.map(\.fromInitiator.packets).reduce(0, +)
            }
            // To `far` and outside, at first and in a session.
            #expect(packets(.hopLimit, .drop, .egress) == 4)
            // About first packets of all causes; about sessions the sessions' rules let them in.
            #expect((4...6).contains(packets(.hostError, .accept, .ingress)))
            let ofSessions = near.filter {
                $0.stage == .group && $0.key.transport.isICMP && $0.key.initiator.family == family
            }
            #expect(ofSessions.map(\.fromInitiator.packets).reduce(0, +) >= 2)
        }
        let unsent = try agent.losses()
        #expect(Set(unsent.map(\.reason)) == [.notSentOn])
        #expect(unsent.filter { $0.way == .out }.map(\.traffic.packets).reduce(0, +) == 4)
    }

    @Test(.kernel) func `what the host sends to many is recorded at the interface that it leaves by`() throws {
        let agent = try Self.agent("hm")
        defer { agent.remove() }
        try TestHost.run("ip", "-n", agent.host.name, "route", "add", "239.0.0.0/8", "dev", "gh-near")
        try eventually("books that nothing is pending in") {
            try agent.books(settle: 1).lines.allSatisfy { !$0.isPending }
        }
        // No rule lets the one in, conntrack has no session for the other; the last is let in, twice.
        for (transport, flags, port) in [
            (.udp, 0, 5353), (.tcp, 0x3f, 5353), (.udp, 0, 7000), (.udp, 0, 7000),
        ] as [(TransportProtocol, UInt8, UInt16)] {
            let key = FlowKey(
                initiator: try #require(IPAddress("10.9.0.1")), target: try #require(IPAddress("239.1.1.1")),
                transport: transport, initiatorPort: 5353, targetPort: port)
            _ = try HandmadePacket(key, tcpFlags: flags).send(asHost: agent.host.name)
        }
        let report = try agent.books(settle: 5)
        #expect(report.isBalanced, "\(report.lines.filter { $0.unexplained.packets != 0 })")
        let all = try agent.flushedRecords(of: "near", vpc: "shop")
        let admitted = all.filter { $0.verdict == .accept }
        #expect(admitted.map(\.fromInitiator.packets) == [2], "\(admitted)")
        #expect(admitted.allSatisfy { $0.stage == .group && $0.rule != RuleReference.unnamedAccept.id })
        let near = all.filter { $0.verdict == .drop }
        #expect(near.count == 2, "\(near)")
        #expect(near.count { $0.stage == .guard && $0.rule == GuardRule.invalid.id } == 1)
        #expect(near.contains { $0.stage == .group && $0.key.targetPort == 5353 })
        #expect(near.allSatisfy { $0.direction == .ingress })
    }

    /// Anything that a guest or somebody elsewhere may send.
    private func send(_ agent: AgentUnderTest, _ random: inout SplitMix64) throws {
        let names = ["near", "far", "outside"]
        let from = names[Int(random.next() % 3)]
        let to = names.filter { $0 != from }[Int(random.next() % 2)]
        let family = AddressFamily.allCases[Int(random.next() % 2)]
        let source = try Self.address(from, family)
        let target =
            random.chance(10)
            ? try #require(IPAddress(family == .ipv4 ? "10.77.0.1" : "fd77::1")) : try Self.address(to, family)
        let port = UInt16(7000 + random.next() % 40)
        let key = FlowKey(initiator: source, target: target, transport: .udp, initiatorPort: 5000, targetPort: port)
        var shape = HandmadePacket.Shape()
        shape.mayBeCut = false
        switch random.next() % 8 {
        case 0: shape.hopLimit = 1
        case 1: shape.payload = [UInt8](repeating: 7, count: from == "far" ? 1200 : 1330)
        case 2: shape.cutTo = Int(random.next() % 9)
        case 3:
            // An error about what goes the other way, whether there was such a thing or not.
            let isIPv6 = family == .ipv6
            let quoted = FlowKey(
                initiator: target, target: source, transport: .udp, initiatorPort: random.chance(50) ? 5000 : port,
                targetPort: random.chance(50) ? port : 5000)
            let error = FlowKey(
                initiator: source, target: target, transport: isIPv6 ? .icmpv6 : .icmp,
                initiatorPort: isIPv6 ? 1 : 3, targetPort: isIPv6 ? 4 : 3)
            return try agent.send(HandmadePacket(error, quoting: HandmadePacket(quoted)), as: from)
        case 4:
            let answer = FlowKey(
                initiator: source, target: target, transport: .udp, initiatorPort: port, targetPort: 5000)
            return try agent.send(HandmadePacket(answer), as: from)
        default: break
        }
        try agent.send(HandmadePacket(key, shape: shape), as: from)
    }

    @Test(.kernel, arguments: 1...3 as ClosedRange<UInt64>)
    func `whatever is sent, and whoever is killed when, nothing is left unexplained and nothing is recorded twice`(
        seed: UInt64
    ) throws {
        let agent = try Self.agent("hk\(seed)")
        defer { agent.remove() }
        try eventually("books that nothing is pending in") {
            try agent.books(settle: 1).lines.allSatisfy { !$0.isPending }
        }
        // Less than what some send there.
        try TestHost.run("ip", "-n", agent.host.name, "link", "set", "gh-far", "mtu", "1300")
        var random = SplitMix64(seed: seed)
        for round in 0..<8 {
            for _ in 0..<25 { try send(agent, &random) }
            switch round % 4 {
            case 0: try agent.ask(.flush)
            case 1: try TestHost.run("conntrack", "-F", in: agent.host.name, mayFail: true)
            default:
                agent.supervisor.process?.kill()
                for _ in 0..<10 { try send(agent, &random) }
                try eventually("the agent's end") { try agent.supervisor.look() != nil }
                for _ in 0..<10 { try send(agent, &random) }
                try agent.start()
            }
        }
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
        #expect(report.lines.allSatisfy { $0.lost.isZero }, "\(report.lines)")
        try agent.ask(.flush)
        // Of each session a record of each end for each window, two where its end was told later.
        let told = Dictionary(grouping: try agent.records().filter { $0.connection != 0 }) {
            "\($0.connection) \($0.interface) \($0.windowStart) \($0.cumulativeFromInitiator) \($0.cumulativeFromTarget) \($0.state)"
        }
        #expect(told.values.allSatisfy { $0.count == 1 })
    }
}
