import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// ICMP errors about sessions: under whose rule they pass and are recorded.
@Suite(.serialized) struct SessionErrorTests {
    /// Two tenants who let each other in, and a third who has nothing to do with their sessions.
    private static func policy(_ more: String = "egress tcp/1 to any") -> String {
        """
        project: shop
        vpcs:
          - name: north
            cidrs: [10.1.0.0/24, "fd00:1::/64"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups: [{name: asks, rules: [egress udp/7000 to any, \(more)]}]
            instances:
              - name: asker
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-asker, groups: [asks]}]
          - name: south
            cidrs: [10.2.0.0/24, "fd00:2::/64"]
            subnets: [{name: all, cidrs: [10.2.0.0/24, "fd00:2::/64"]}]
            groups: [{name: serves, rules: [ingress udp/7000 from any]}]
            instances:
              - name: server
                interfaces: [{name: eth0, subnet: all, addresses: [10.2.0.10, "fd00:2::10"], device: gh-server, groups: [serves]}]
          - name: west
            cidrs: [10.3.0.0/24, "fd00:3::/64"]
            subnets: [{name: all, cidrs: [10.3.0.0/24, "fd00:3::/64"]}]
            groups: [{name: bystander, rules: [egress tcp/80 to any]}]
            instances:
              - name: stranger
                interfaces: [{name: eth0, subnet: all, addresses: [10.3.0.10, "fd00:3::10"], device: gh-stranger, groups: [bystander]}]
        """
    }

    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        for (name, number) in [("asker", 1), ("server", 2), ("stranger", 3)] {
            try agent.addGuest(
                name, addresses: ["10.\(number).0.10/24", "fd00:\(number)::10/64"], gateway: "10.\(number).0.1")
            // Only what the tests send: the guests' own systems answer nothing.
            try TestHost.run(
                "nft",
                "add table inet mute; add chain inet mute out { type filter hook output priority 0; }; "
                    + "add rule inet mute out meta l4proto { icmp, udp } drop; "
                    + "add rule inet mute out icmpv6 type < 128 drop", in: try agent.guest(name).namespace)
        }
        try agent.start()
        try agent.apply(Self.policy())
        return agent
    }

    /// An error about a packet of the session, from `sender` to who sent that packet.
    private func error(about packet: FlowKey, from sender: IPAddress) -> HandmadePacket {
        let isIPv6 = sender.family == .ipv6
        return HandmadePacket(
            FlowKey(
                initiator: sender, target: packet.initiator, transport: isIPv6 ? .icmpv6 : .icmp,
                initiatorPort: isIPv6 ? 1 : 3, targetPort: isIPv6 ? 4 : 3), quoting: HandmadePacket(packet))
    }

    private func reversed(_ key: FlowKey) -> FlowKey {
        FlowKey(
            initiator: key.target, target: key.initiator, transport: key.transport, initiatorPort: key.targetPort,
            targetPort: key.initiatorPort)
    }

    private static let ends = [("10.1.0.10", "10.2.0.10"), ("fd00:1::10", "fd00:2::10")]

    @Test(.kernel) func `an error is recorded at each end under that end's rule, whichever way it flies`() throws {
        let agent = try agent("er1")
        defer { agent.remove() }
        for (asker, server) in Self.ends {
            let session = try agent.udp(asker, server, 5000, 7000)
            try agent.send(HandmadePacket(session), as: "asker")
            try agent.send(error(about: session, from: session.target), as: "server")
            try agent.send(HandmadePacket(reversed(session)), as: "server")
            try agent.send(error(about: reversed(session), from: session.initiator), as: "asker")
        }
        for (instance, vpc) in [("asker", "north"), ("server", "south")] {
            let records = try agent.flushedRecords(of: instance, vpc: vpc)
            let sessions = records.filter { $0.key.transport == .udp }
            let errors = records.filter { $0.key.transport.isICMP }
            let rule = try #require(sessions.first?.rule)
            #expect(sessions.count == 2)
            // One that it sent and one that it was sent, of each family.
            #expect(errors.count == 4, "\(instance): \(errors)")
            #expect(Set(errors.map(\.direction)) == [.egress, .ingress])
            for record in errors { #expect(record.rule == rule, "\(instance): \(record)") }
        }
        #expect(try agent.books(settle: 10).isBalanced)
    }

    @Test(.kernel) func `an error's revision is the session's, also when the policy changed since`() throws {
        let agent = try agent("er2")
        defer { agent.remove() }
        let (asker, server) = Self.ends[0]
        let old = try agent.udp(asker, server, 5000, 7000)
        try agent.send(HandmadePacket(old), as: "asker")
        let ended = try agent.udp(asker, server, 5001, 7000)
        try agent.send(HandmadePacket(ended), as: "asker")
        try agent.apply(Self.policy("egress tcp/2 to any"))
        let new = try agent.udp(asker, server, 5002, 7000)
        try agent.send(HandmadePacket(new), as: "asker")
        for session in [old, ended, new] {
            try agent.send(error(about: session, from: session.target), as: "server")
        }
        try TestHost.run("conntrack", "-D", "-p", "udp", "--sport", "5001", in: agent.host.name)
        for (instance, vpc) in [("asker", "north"), ("server", "south")] {
            let records = try agent.flushedRecords(of: instance, vpc: vpc)
            let errors = records.filter { $0.key.transport == .icmp }
            #expect(
                Dictionary(grouping: errors, by: \.revision).mapValues { $0.map(\.traffic).reduce(0, +) } == [
                    1: 2, 2: 1,
                ],
                "\(instance): \(errors)")
        }
    }

    @Test(.kernel) func `an error from an instance that is no end of the session is refused`() throws {
        let agent = try agent("er3")
        defer { agent.remove() }
        for (index, (asker, server)) in Self.ends.enumerated() {
            let session = try agent.udp(asker, server, 5000, 7000)
            try agent.send(HandmadePacket(session), as: "asker")
            try agent.send(
                error(about: session, from: try address(index == 0 ? "10.3.0.10" : "fd00:3::10")), as: "stranger")
        }
        let told = try agent.flushedRecords(of: "stranger", vpc: "west")
        #expect(told.count == 2 && told.allSatisfy { $0.rule == GuardRule.invalid.id }, "\(told)")
        let asked = try agent.flushedRecords(of: "asker", vpc: "north").filter { $0.key.transport.isICMP }
        #expect(asked.isEmpty, "\(asked)")
        #expect(try agent.books(settle: 10).isBalanced)
    }
}

extension FlowRecord {
    fileprivate var traffic: UInt64 { fromInitiator.packets + fromTarget.packets }
}
