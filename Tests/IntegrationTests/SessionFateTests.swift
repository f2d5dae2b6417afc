import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// What becomes of live sessions when the rule that admitted them goes.
@Suite(.serialized) struct SessionFateTests {
    /// UDP 1000 and 2000 are admitted by rules of their own; a third rule may admit 1000 as well.
    private static func policy(_ rules: String) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: all, cidr: 10.1.0.0/24}]
            groups:
              - {name: web, rules: [egress any to any]}
              - {name: app, rules: [\(rules)]}
            instances:
              - {name: web, interfaces: [{name: eth0, subnet: all, address: 10.1.0.10, device: gh-web, groups: [web]}]}
              - {name: app, interfaces: [{name: eth0, subnet: all, address: 10.1.0.11, device: gh-app, groups: [app]}]}
        """
    }

    private static let both = "ingress udp/1000 from any, ingress udp/2000 from any"

    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        try agent.apply(Self.policy(Self.both))
        return agent
    }

    /// The target ports of the sessions that conntrack has, by the target's port.
    private func live(_ agent: AgentUnderTest) throws -> [Int] {
        let listed = try TestHost.run("conntrack", "-L", "-p", "udp", in: agent.host.name, mayFail: true)
        return listed.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("dport=") }.flatMap { Int($0.dropFirst(6)) }
        }.sorted()
    }

    private func talk(_ agent: AgentUnderTest) throws -> GuestServer {
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [], udp: [1000, 2000])
        let web = try agent.guest("web")
        for port in [1000, 2000] as [UInt16] {
            try eventually("an answer from \(port)") { try web.udp(target, port).isAnswered }
        }
        return servers
    }

    @Test(.kernel) func `cut ends exactly the sessions that the rule had admitted`() throws {
        let agent = try agent("sc")
        defer { agent.remove() }
        let servers = try talk(agent)
        defer { servers.stop() }
        #expect(Set(try live(agent)) == [1000, 2000])
        let receipt = try agent.apply(Self.policy("ingress udp/2000 from any"))
        #expect(receipt.cutSessions >= 1)
        #expect(Set(try live(agent)) == [2000])
        #expect(try agent.guest("web").udp(try address("10.1.0.11"), 1000, patience: 300) == .silence)
    }

    @Test(.kernel) func `a session that another rule admits is judged anew and goes on`() throws {
        let agent = try agent("sj")
        defer { agent.remove() }
        let servers = try talk(agent)
        defer { servers.stop() }
        try agent.apply(Self.policy("ingress udp/1000-1999 from 10.1.0.0/24, ingress udp/2000 from any"))
        #expect(try agent.guest("web").udp(try address("10.1.0.11"), 1000, patience: 5000).isAnswered)
        // Events may still be on their way.
        var rules: [String?] = []
        try eventually("the event of the new rule, not \(rules)") {
            rules = try agent.events().filter { $0.targetPort == 1000 && $0.direction == .ingress }.map(\.rule)
            return rules.last == "ingress udp/1000-1999 from 10.1.0.0/24"
        }
        #expect(rules.first == "ingress udp/1000 from any")
    }

    @Test(.kernel) func `drain lets sessions go on`() throws {
        let agent = try agent("sd")
        defer { agent.remove() }
        let servers = try talk(agent)
        defer { servers.stop() }
        let receipt = try agent.apply(Self.policy("ingress udp/2000 from any"), sessions: .drain)
        #expect(receipt.cutSessions == 0)
        #expect(Set(try live(agent)) == [1000, 2000])
        // New ones are refused meanwhile.
        #expect(try agent.guest("web").udp(try address("10.1.0.11"), 1000, patience: 300) == .silence)
    }

    @Test(.kernel) func `cut after a while lets sessions go on for that while`() throws {
        let agent = try agent("sa")
        defer { agent.remove() }
        let servers = try talk(agent)
        defer { servers.stop() }
        try agent.apply(Self.policy("ingress udp/2000 from any"), sessions: .cutAfter(seconds: 6))
        #expect(Set(try live(agent)) == [1000, 2000])
        try eventually("the cut") { try !live(agent).contains(1000) }
        #expect(Set(try live(agent)) == [2000])
    }
}
