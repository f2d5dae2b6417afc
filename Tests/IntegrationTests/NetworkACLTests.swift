import Host
import Link
import Model
import Policy
import PolicyFiles
import Records
import Rehearsal
import TestSupport
import Testing

/// Network ACLs with real packets: the seed's case of a reply that cannot leave, and refusals at both ends' edges.
@Suite(.serialized) struct NetworkACLTests {
    private static func policy(_ rules: String) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            acls: [{name: nacl-2, rules: [\(rules)]}]
            subnets: [{name: two, cidr: 10.1.2.0/24}, {name: three, cidr: 10.1.3.0/24, acl: nacl-2}]
            groups: [{name: open, rules: [ingress any from any, egress any to any]}]
            instances:
              - {name: i21, interfaces: [{name: eth0, subnet: two, address: 10.1.2.21, device: gh-i21, groups: [open]}]}
              - {name: i31, interfaces: [{name: eth0, subnet: three, address: 10.1.3.31, device: gh-i31, groups: [open]}]}
              - {name: i32, interfaces: [{name: eth0, subnet: three, address: 10.1.3.32, device: gh-i32, groups: [open]}]}
        """
    }

    private func agent(_ label: String, _ rules: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("i21", addresses: ["10.1.2.21/24"], gateway: "10.1.2.1")
        try agent.addGuest("i31", addresses: ["10.1.3.31/24"], gateway: "10.1.3.1")
        try agent.addGuest("i32", addresses: ["10.1.3.32/24"], gateway: "10.1.3.1")
        try agent.start()
        try agent.apply(Self.policy(rules))
        return agent
    }

    private static func id(_ instance: String) -> Identifier<Interface> {
        Identifier(derivedFrom: "interface", "shop", "shop", instance, "eth0")
    }

    @Test(.kernel) func `a reply that the ACL keeps in shows as accepted in, rejected out`() throws {
        let agent = try agent("na", "allow ingress any from any to any")
        defer { agent.remove() }
        let target = try address("10.1.3.31")
        let server = try GuestServer(try agent.guest("i31"), [target], tcp: [80])
        defer { server.stop() }
        #expect(try agent.guest("i21").tcp(target, 80, patience: 1500) == .silence)
        // Within the subnet nobody asks the ACL.
        #expect(try agent.guest("i32").tcp(target, 80).isAnswered)
        let books = try agent.books(settle: 10)
        #expect(books.isBalanced, "\(books.lines)")
        try agent.ask(.flush)
        let client = try address("10.1.2.21")
        let records = try agent.records().filter { [$0.key.initiator, $0.key.target].contains(client) }
        let request = records.filter { $0.interface == Self.id("i31") && $0.direction == .ingress }
        #expect(!request.isEmpty && request.allSatisfy { $0.verdict == .accept && $0.stage == .group })
        let reply = records.filter { $0.interface == Self.id("i31") && $0.direction == .egress }
        #expect(!reply.isEmpty)
        #expect(reply.allSatisfy { $0.verdict == .drop && $0.stage == .acl && $0.key.initiatorPort == 80 })
        #expect(reply.allSatisfy { $0.rule == Self.acl.defaultRefusal(.egress) })
        // What the client sent was let through; nothing came back to it.
        let sent = records.filter { $0.interface == Self.id("i21") }
        #expect(!sent.isEmpty && sent.allSatisfy { $0.verdict == .accept && $0.fromTarget.isZero })
        let refused = try agent.events().filter { $0.verdict == .drop }
        #expect(refused.map(\.rule) == ["default refusal of egress in network ACL nacl-2"])
        #expect(refused.map(\.reason) == [.acl])
        #expect(refused.map(\.group) == ["nacl-2"])
        // Mended, the connection works at once.
        try agent.apply(Self.policy("allow ingress any from any to any, allow egress tcp from any port 80 to any"))
        #expect(try agent.guest("i21").tcp(target, 80).isAnswered)
    }

    private static let acl = NetworkACL(
        id: Identifier(derivedFrom: "acl", "shop", "shop", "nacl-2"), name: "nacl-2", rules: [])

    @Test(.kernel) func `explain tells that the answer cannot come back`() throws {
        let policy = try PolicyFile.load(Self.policy("allow ingress any from any to any"), name: "test.yaml")
        let revision = Revision.none.next(policy: policy, actor: "a", origin: "", at: Timestamp(seconds: 0))
        let key = FlowKey(
            initiator: try address("10.1.2.21"), target: try address("10.1.3.31"), transport: .tcp,
            initiatorPort: 50_000, targetPort: 80)
        let trace = Classifier(revision).trace(Packet(key, from: .interface(Self.id("i21"))))
        #expect(trace.judgement.verdict == .accept)
        #expect(trace.description.contains(Trace.answerIsRefused))
        #expect(trace.description.contains("✗ default refusal of egress in network ACL nacl-2"))
    }

    @Test(.kernel) func `the books balance under a flood that an edge refuses`() throws {
        let agent = try agent("nb", "deny ingress udp/7000-7999 from any to any, allow ingress any from any to any")
        defer { agent.remove() }
        let client = try agent.guest("i21")
        let mac = MACAddress(
            bits: try NetworkNamespace.within(agent.host.name) { try NetworkDevices.linkAddress("gh-i21") })
        var sent: [TransportProtocol: UInt64] = [:]
        for transport in [TransportProtocol.udp, .tcp] {
            var storm = Storm(
                from: try address("10.1.2.21"), to: try address("10.1.3.31"), via: mac, packets: 200_000)
            storm.transport = transport
            storm.targetPorts = 7000...8999
            storm.seconds = 10
            sent[transport] = try storm.sendCounted(from: client.namespace)
        }
        #expect(try agent.books(settle: 20).isBalanced)
        try agent.ask(.flush)
        let report = try agent.books(settle: 10)
        #expect(report.isBalanced, "\(report.lines)")
        #expect(report.lines.allSatisfy { $0.lost.isZero }, "\(report.lines)")
        let refused = try agent.records().filter { $0.verdict == .drop }
        func packets(_ instance: String, _ direction: Direction) -> UInt64 {
            refused.filter { $0.interface == Self.id(instance) && $0.direction == direction }
                .reduce(0) { $0 + $1.fromInitiator.packets }
        }
        // The edge's refusals are told at both ends; a full set costs names, never packets.
        let flood = try #require(sent[.udp])
        #expect(flood > 1000)
        #expect(packets("i21", .egress) == flood)
        #expect(packets("i31", .ingress) == flood)
        #expect(refused.contains { $0.stage == .acl && $0.interface == Self.id("i21") })
    }
}
