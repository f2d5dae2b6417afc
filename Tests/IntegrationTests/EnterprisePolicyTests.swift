import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// The enterprise policy with a real agent and real packets: what interrupted which traffic, what observes, and what it costs nobody.
@Suite(.serialized) struct EnterprisePolicyTests {
    private static func policy(_ rules: String, observe: Bool = false) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: front, cidr: 10.1.2.0/24}, {name: back, cidr: 10.1.3.0/24}]
            groups: [{name: open, rules: [ingress tcp from any, egress any to any]}]
            instances:
              - {name: i21, interfaces: [{name: eth0, subnet: front, address: 10.1.2.21, device: gh-i21, groups: [open]}]}
              - {name: i31, interfaces: [{name: eth0, subnet: back, address: 10.1.3.31, device: gh-i31, groups: [open], observe: \(observe)}]}
        enterprise: [\(rules)]
        """
    }

    private static let telnet =
        "{name: no-telnet, action: block, direction: ingress, from: any, to: vpc:shop, service: tcp/23}"
    private static let watch =
        "{name: watch-db, action: observe, direction: ingress, from: any, to: instance:shop/i31, service: tcp/80, log: true}"
    private static let leaving =
        "{name: stay, action: block, direction: egress, from: subnet:shop/front, to: subnet:back, service: [tcp/443, udp]}"

    private func agent(_ label: String, _ rules: String, observe: Bool = false) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("i21", addresses: ["10.1.2.21/24"], gateway: "10.1.2.1")
        try agent.addGuest("i31", addresses: ["10.1.3.31/24"], gateway: "10.1.3.1")
        try agent.start()
        try agent.apply(Self.policy(rules, observe: observe))
        return agent
    }

    private func balanced(_ agent: AgentUnderTest) throws {
        let books = try agent.books(settle: 20)
        #expect(books.isBalanced, "\(books.lines)")
        #expect(books.lines.allSatisfy { $0.lost.isZero }, "\(books.lines)")
    }

    @Test(.kernel) func `what a rule interrupts is told within a second, counted, recorded under it, and in balance`()
        throws
    {
        let agent = try agent("ea", [Self.telnet, Self.watch, Self.leaving].joined(separator: ", "))
        defer { agent.remove() }
        let target = try address("10.1.3.31")
        let server = try GuestServer(try agent.guest("i31"), [target], tcp: [23, 80])
        defer { server.stop() }
        let client = try agent.guest("i21")
        let asked = SystemClock.monotonic
        #expect(try client.tcp(target, 23, patience: 1200) == .silence)
        #expect(try client.tcp(target, 80).isAnswered)
        #expect(try client.tcp(target, 443, patience: 300) == .silence)
        try eventually("the hits") { try agent.events().filter { $0.stage == .enterprise }.count >= 3 }
        #expect(SystemClock.monotonic - asked < 20_000_000_000)
        let hits = try agent.events().filter { $0.stage == .enterprise }
        let blocked = try #require(hits.first { $0.ruleName == "no-telnet" })
        #expect(blocked.verdict == .drop && blocked.reason == .enterprise && blocked.direction == .ingress)
        #expect(blocked.rule == "no-telnet: block ingress tcp/23 from any to vpc:shop" && blocked.label == "i31/eth0")
        #expect(blocked.changedBy != nil && blocked.targetPort == 23 && blocked.revision == 1)
        let noted = try #require(hits.first { $0.ruleName == "watch-db" })
        #expect(noted.isObservation && noted.targetPort == 80)
        let left = try #require(hits.first { $0.ruleName == "stay" })
        #expect(left.direction == .egress && left.verdict == .drop && left.label == "i21/eth0")
        try balanced(agent)
        try agent.ask(.flush)
        let records = try agent.records()
        let refused = records.filter { $0.stage == .enterprise && $0.verdict == .drop }
        #expect(Set(refused.map(\.rule)) == [blocked.ruleID, left.ruleID])
        // What the sender's end let out, and the other end refused, is a record of each.
        #expect(records.contains { $0.key.targetPort == 23 && $0.direction == .egress && $0.verdict == .accept })
        let session = records.filter { $0.key.targetPort == 80 && $0.direction == .ingress }
        #expect(!session.isEmpty && session.allSatisfy { $0.observed == [noted.ruleID] && $0.stage == .group })
    }

    @Test(.kernel) func `a rule that comes ends the sessions that it refuses, and one that goes lets new ones pass`()
        throws
    {
        let agent = try agent("eb", Self.watch)
        defer { agent.remove() }
        let target = try address("10.1.3.31")
        let server = try GuestServer(try agent.guest("i31"), [target], tcp: [23])
        defer { server.stop() }
        let client = try agent.guest("i21")
        #expect(try client.tcp(target, 23).isAnswered)
        _ = try agent.apply(Self.policy([Self.watch, Self.telnet].joined(separator: ", ")))
        #expect(try client.tcp(target, 23, patience: 400) == .silence)
        _ = try agent.apply(Self.policy(Self.watch))
        #expect(try client.tcp(target, 23).isAnswered)
        _ = try agent.apply(Self.policy(""))
        #expect(try client.tcp(target, 23).isAnswered)
        try balanced(agent)
    }

    @Test(.kernel)
    func `an observed interface lets pass and tells what would be refused, in events, records and status`() throws {
        let agent = try agent("ec", Self.telnet, observe: true)
        defer { agent.remove() }
        let target = try address("10.1.3.31")
        let server = try GuestServer(try agent.guest("i31"), [target], tcp: [23], udp: [53])
        defer { server.stop() }
        let client = try agent.guest("i21")
        #expect(try client.tcp(target, 23).isAnswered)
        #expect(try client.udp(target, 53).isAnswered)
        try eventually("the notes") { try agent.events().filter { $0.wouldBe == .drop }.count == 2 }
        let notes = try agent.events().filter { $0.wouldBe == .drop }
        #expect(notes.allSatisfy { $0.verdict == .accept && $0.label == "i31/eth0" })
        #expect(Set(notes.map(\.stage)) == [.enterprise, .group])
        #expect(try agent.status().notes?.contains("observed, not refused: i31/eth0") == true)
        try balanced(agent)
        try agent.ask(.flush)
        let rules = Set(notes.map(\.ruleID))
        let passed = try agent.records().filter { $0.direction == .ingress && rules.contains($0.rule) }
        #expect(Set(passed.map(\.rule)) == rules && passed.allSatisfy { $0.verdict == .accept })
        // Enforced in one change: what was noted is refused, and its sessions end.
        _ = try agent.apply(Self.policy(Self.telnet))
        #expect(try client.tcp(target, 23, patience: 400) == .silence)
    }

    @Test(.kernel) func `a rule is in force until it expires, without anybody's word`() throws {
        let soon = SystemClock.realtime / 1_000_000_000 + 6
        let instant = "\(Timestamp(seconds: soon))"
        let agent = try agent("ed", Self.telnet.dropLast() + ", expires: \"\(instant)\"}")
        defer { agent.remove() }
        let target = try address("10.1.3.31")
        let server = try GuestServer(try agent.guest("i31"), [target], tcp: [23])
        defer { server.stop() }
        let client = try agent.guest("i21")
        if SystemClock.realtime / 1_000_000_000 < soon - 2 {
            #expect(try client.tcp(target, 23, patience: 300) == .silence)
        }
        try eventually("it has expired") { try client.tcp(target, 23, patience: 300).isAnswered }
        #expect(SystemClock.realtime / 1_000_000_000 >= soon)
        try balanced(agent)
    }
}
