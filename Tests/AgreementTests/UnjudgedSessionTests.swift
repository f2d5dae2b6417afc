import Model
import Netlink
import Rehearsal
import TestSupport
import Testing

/// Sessions that began while the table was away: conntrack knows them, and no rule has admitted them.
@Suite(.serialized) struct UnjudgedSessionTests {
    private static let key = FlowKey(
        initiator: Gate.address(Gate.outside), target: Gate.address(0), transport: .tcp, initiatorPort: 40_000,
        targetPort: 80)
    private static let answer = FlowKey(
        initiator: key.target, target: key.initiator, transport: .tcp, initiatorPort: 80, targetPort: 40_000)

    private static func packet(_ key: FlowKey, _ flags: UInt8, _ sequence: UInt32, _ acknowledgement: UInt32)
        -> HandmadePacket
    {
        var shape = HandmadePacket.Shape()
        (shape.sequence, shape.acknowledgement) = (sequence, acknowledgement)
        return HandmadePacket(key, tcpFlags: flags, shape: shape)
    }

    /// Opens a session from the outside to guest 0 while nobody enforces anything, and brings the table back.
    private func gate(_ label: String, _ rules: [Int: [String]]) throws -> Gate {
        let gate = try Gate(label)
        try gate.enforce(rules)
        try gate.judged.loseTable()
        try gate.judged.send(Self.packet(Self.key, 2, 1, 0), from: Gate.outside)
        try gate.judged.send(Self.packet(Self.answer, 0x12, 1, 2), from: 0)
        try gate.judged.send(Self.packet(Self.key, 0x10, 2, 2), from: Gate.outside)
        try #require(try gate.judged.sessions().count == 1)
        try gate.judged.restoreTable()
        _ = try gate.told()
        return gate
    }

    @Test(.kernel) func `a session that no rule admits ends with the table's return, from either end`() throws {
        let gate = try gate("u1", [:])
        defer { gate.remove() }
        try gate.watch(0, "tcp dport 80")
        try gate.watch(Gate.outside, "tcp sport 80")
        try gate.judged.send(Self.packet(Self.key, 0x18, 2, 2), from: Gate.outside)
        try gate.judged.send(Self.packet(Self.answer, 0x18, 2, 2), from: 0)
        #expect(try gate.arrived(0) == 0)
        #expect(try gate.arrived(Gate.outside) == 0)
        #expect(
            try gate.told() == [
                "egress i0 drop: guard: the packet belongs to no valid session",
                "ingress i0 drop: default refusal of ingress in group g0",
            ])
        #expect(
            try gate.counted() == [
                "egress i0 drop: guard: the packet belongs to no valid session 10.1.0.10>192.0.2.7 ×1",
                "ingress i0 drop: default refusal of ingress in group g0 192.0.2.7>10.1.0.10 ×1",
            ])
    }

    @Test(.kernel, arguments: [true, false])
    func `a session that a rule admits goes on, whichever end is the first to speak`(isInitiator: Bool) throws {
        let gate = try gate(isInitiator ? "u2" : "u3", [0: ["ingress tcp/80 from 192.0.2.0/24"]])
        defer { gate.remove() }
        try gate.watch(0, "tcp dport 80")
        try gate.watch(Gate.outside, "tcp sport 80")
        let before = try gate.judged.counters()
        let first = isInitiator ? Self.packet(Self.key, 0x18, 2, 2) : Self.packet(Self.answer, 0x18, 2, 2)
        let second = isInitiator ? Self.packet(Self.answer, 0x18, 2, 2) : Self.packet(Self.key, 0x18, 2, 2)
        try gate.judged.send(first, from: isInitiator ? Gate.outside : 0)
        #expect(try gate.judged.events().keys.map(\.self) == [Self.key])
        try gate.judged.send(second, from: isInitiator ? 0 : Gate.outside)
        #expect(try gate.told() == [])
        #expect(try gate.arrived(0) == 1)
        #expect(try gate.arrived(Gate.outside) == 1)
        let after = try gate.judged.counters()
        #expect(after.values.reduce(0, +) - before.values.reduce(0, +) == 2)
        #expect(try gate.judged.sessions().allSatisfy { $0.mark & 0xffff != 0 && $0.mark >> 16 == 0 })
    }

    @Test(.kernel, arguments: [true, false])
    func `between two guests each end's rule is due`(isAdmittedAtTarget: Bool) throws {
        let gate = try Gate("u4")
        defer { gate.remove() }
        let rules = [1: ["egress tcp/80 to group:g0"], 0: isAdmittedAtTarget ? ["ingress tcp/80 from group:g1"] : []]
        try gate.enforce(rules)
        try gate.judged.loseTable()
        let key = FlowKey(
            initiator: Gate.address(1), target: Gate.address(0), transport: .tcp, initiatorPort: 41_000, targetPort: 80)
        let answer = FlowKey(
            initiator: key.target, target: key.initiator, transport: .tcp, initiatorPort: 80, targetPort: 41_000)
        try gate.judged.send(Self.packet(key, 2, 1, 0), from: 1)
        try gate.judged.send(Self.packet(answer, 0x12, 1, 2), from: 0)
        try gate.judged.send(Self.packet(key, 0x10, 2, 2), from: 1)
        try gate.judged.restoreTable()
        _ = try gate.told()
        try gate.watch(1, "tcp sport 80")
        try gate.watch(0, "tcp dport 80")
        try gate.judged.send(Self.packet(answer, 0x18, 2, 2), from: 0)
        try gate.judged.send(Self.packet(key, 0x18, 2, 2), from: 1)
        #expect(try gate.arrived(1) == (isAdmittedAtTarget ? 1 : 0))
        #expect(try gate.arrived(0) == (isAdmittedAtTarget ? 1 : 0))
        #expect(
            try gate.told()
                == (isAdmittedAtTarget
                    ? [
                        "egress i1 accept: egress tcp/80 to group:g0",
                        "ingress i0 accept: ingress tcp/80 from group:g1",
                    ]
                    : [
                        "egress i0 drop: guard: the packet belongs to no valid session",
                        "egress i1 accept: egress tcp/80 to group:g0",
                        "ingress i0 drop: default refusal of ingress in group g0",
                    ]))
    }

    @Test(.kernel) func `echo is judged by its request when the answer comes first`() throws {
        let gate = try Gate("u5")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress icmp/8 from any"]])
        try gate.judged.loseTable()
        let request = FlowKey(
            initiator: Gate.address(Gate.outside), target: Gate.address(0), transport: .icmp, initiatorPort: 8,
            targetPort: 0)
        let answer = FlowKey(
            initiator: request.target, target: request.initiator, transport: .icmp, initiatorPort: 0, targetPort: 0)
        try gate.judged.send(HandmadePacket(request, icmpID: 7), from: Gate.outside)
        try gate.judged.restoreTable()
        try gate.watch(Gate.outside, "icmp type echo-reply")
        try gate.judged.send(HandmadePacket(answer, icmpID: 7), from: 0)
        #expect(try gate.arrived(Gate.outside) == 1)
        #expect(try gate.told() == ["ingress i0 accept: ingress icmp/8 from any"])
    }
}
