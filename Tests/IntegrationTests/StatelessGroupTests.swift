import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Stateless groups with real packets: each needs a rule, either way, and every refused one is in the books.
@Suite(.serialized) struct StatelessGroupTests {
    private static func policy(_ rules: String, kind: String = "stateful: false, ") -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups:
              - {name: web, rules: [egress any to any]}
              - {name: app, \(kind)rules: [\(rules)]}
            instances:
              - name: web
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-web, groups: [web]}]
              - name: app
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.11, "fd00:1::11"], device: gh-app, groups: [app]}]
        """
    }

    private func agent(_ label: String, _ rules: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        try agent.apply(Self.policy(rules))
        return agent
    }

    private static func id(_ instance: String) -> Identifier<Interface> {
        Identifier(derivedFrom: "interface", "shop", "shop", instance, "eth0")
    }

    private static let app = SecurityGroup(
        id: Identifier(derivedFrom: "group", "shop", "shop", "app"), name: "app", rules: [])

    @Test(.kernel, arguments: ["10.1.0.11", "fd00:1::11"])
    func `a session gets in and its answers need a rule to get out`(text: String) throws {
        let agent = try agent("sg", "ingress tcp/80 from group:web")
        defer { agent.remove() }
        let target = try address(text)
        let server = try GuestServer(try agent.guest("app"), [target], tcp: [80])
        defer { server.stop() }
        func events() throws -> [EventEntry] { try agent.events().filter { $0.transport == .tcp } }
        // A fresh IPv6 address is silent for a while.
        try eventually("an answer that is refused") {
            #expect(try agent.guest("web").tcp(target, 80, patience: 500) == .silence)
            return try events().contains { $0.verdict == .drop }
        }
        let books = try agent.books(settle: 10)
        #expect(books.isBalanced, "\(books.lines)")
        try agent.ask(.flush)
        let records = try agent.records().filter { $0.key.transport == .tcp && $0.interface == Self.id("app") }
        let request = records.filter { $0.direction == .ingress }
        #expect(!request.isEmpty && request.allSatisfy { $0.verdict == .accept && $0.stage == .group })
        #expect(request.allSatisfy { $0.fromTarget.isZero })
        let answers = records.filter { $0.direction == .egress }
        #expect(!answers.isEmpty)
        #expect(answers.allSatisfy { $0.verdict == .drop && $0.stage == .group && $0.key.initiatorPort == 80 })
        #expect(answers.allSatisfy { $0.rule == Self.app.defaultRefusal(.egress) })
        let refusals = try events().filter { $0.verdict == .drop }
        #expect(Set(refusals.map(\.rule)) == ["default refusal of egress in group app"])
        #expect(Set(refusals.map(\.interfaceID)) == [Self.id("app")])
        // Of each session, each end tells once.
        let opened = try events().filter { $0.verdict == .accept }.map { "\($0.sourcePort ?? 0) \($0.direction)" }
        #expect(!opened.isEmpty && Set(opened).count == opened.count)
        // With a rule for the answers the connection works at once, and is recorded as a session.
        let mended = "ingress tcp/80 from group:web, egress tcp/1024-65535 to group:web"
        try agent.apply(Self.policy(mended))
        #expect(try agent.guest("web").tcp(target, 80).isAnswered)
        let balanced = try agent.books(settle: 10)
        #expect(balanced.isBalanced, "\(balanced.lines)")
        try agent.ask(.flush)
        let sessions = try agent.records().filter {
            $0.interface == Self.id("app") && $0.key.transport == .tcp && !$0.fromTarget.isZero
        }
        #expect(!sessions.isEmpty && sessions.allSatisfy { $0.direction == .ingress && $0.verdict == .accept })
    }

    @Test(.kernel) func `a revoked rule cuts its sessions, a stateful group takes them back`() throws {
        let both = "ingress udp/1000 from any, egress udp to any"
        let agent = try agent("sk", both)
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let server = try GuestServer(try agent.guest("app"), [target], tcp: [], udp: [1000])
        defer { server.stop() }
        let web = try agent.guest("web")
        func isReached() throws -> Bool { try (0..<5).contains { _ in try web.udp(target, 1000).isAnswered } }
        #expect(try isReached())
        #expect(try agent.apply(Self.policy("egress udp to any")).cutSessions >= 1)
        #expect(try web.udp(target, 1000, patience: 300) == .silence)
        // The request gets in, the answer does not get out.
        try agent.apply(Self.policy("ingress udp/1000 from any"))
        #expect(try web.udp(target, 1000, patience: 300) == .silence)
        // The same rule of a stateful group lets both pass.
        try agent.apply(Self.policy("ingress udp/1000 from any", kind: ""))
        #expect(try isReached())
        try agent.apply(Self.policy("ingress udp/1000 from any"))
        #expect(try web.udp(target, 1000, patience: 300) == .silence)
        let books = try agent.books(settle: 10)
        #expect(books.isBalanced, "\(books.lines)")
        #expect(books.lines.allSatisfy { $0.lost.isZero }, "\(books.lines)")
    }

    @Test(.kernel) func `the host's own packets and answers to it need rules`() throws {
        let agent = try agent("sh", "ingress icmp/8 from any")
        defer { agent.remove() }
        func isAnswered() throws -> Bool {
            try TestHost.run("ping", "-c", "1", "-W", "1", "10.1.0.11", in: agent.host.name, mayFail: true)
                .contains("1 received")
        }
        func refused() throws -> Set<String> {
            Set(try agent.events().filter { $0.verdict == .drop && $0.transport == .icmp }.compactMap(\.rule))
        }
        try eventually("an answer that is refused") {
            #expect(try !isAnswered())
            return try refused() == ["default refusal of egress in group app"]
        }
        try agent.apply(Self.policy("egress icmp/0 to any"))
        try eventually("a request that is refused") {
            #expect(try !isAnswered())
            return try refused().contains("default refusal of ingress in group app")
        }
        try agent.apply(Self.policy("ingress icmp/8 from any, egress icmp/0 to any"))
        try eventually("an answer") { try isAnswered() }
        let books = try agent.books(settle: 10)
        #expect(books.isBalanced, "\(books.lines)")
    }

    @Test(.kernel) func `the books balance under a flood of packets that no rule admits`() throws {
        let agent = try agent("sf", "ingress udp/7000-7499 from any, egress udp to any")
        defer { agent.remove() }
        let web = try agent.guest("web")
        let mac = MACAddress(
            bits: try NetworkNamespace.within(agent.host.name) { try NetworkDevices.linkAddress("gh-web") })
        var storm = Storm(from: try address("10.1.0.10"), to: try address("10.1.0.11"), via: mac, packets: 200_000)
        storm.targetPorts = 7500...8499
        storm.seconds = 10
        let sent = try storm.sendCounted(from: web.namespace)
        #expect(sent > 1000)
        #expect(try agent.books(settle: 20).isBalanced)
        try agent.ask(.flush)
        let report = try agent.books(settle: 10)
        #expect(report.isBalanced, "\(report.lines)")
        #expect(report.lines.allSatisfy { $0.lost.isZero }, "\(report.lines)")
        let refused = try agent.records().filter { $0.verdict == .drop }
        for (instance, direction) in [("web", Direction.egress), ("app", .ingress)] {
            let own = refused.filter { $0.interface == Self.id(instance) && $0.direction == direction }
            #expect(own.reduce(0) { $0 + $1.fromInitiator.packets } == sent)
            // A full set costs names, never packets.
            let named = own.filter { $0.detail == .full }
            #expect(!named.isEmpty)
            #expect(named.allSatisfy { $0.stage == .group && $0.rule == Self.app.defaultRefusal(.ingress) })
        }
    }
}
