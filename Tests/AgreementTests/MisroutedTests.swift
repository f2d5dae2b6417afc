import Model
import Rehearsal
import TestSupport
import Testing

/// Somebody leads an interface's address over another interface's device, and back.
@Suite(.serialized) struct MisroutedTests {
    private static let text = "guard: the target is no address of the interface that the packet leaves by"

    private func lead(_ gate: Gate, _ family: AddressFamily, over device: String) throws {
        let version = family == .ipv4 ? "-4" : "-6"
        try TestHost.run(
            "ip", version, "-n", gate.judged.host.name, "route", "replace", "\(IPPrefix(Gate.address(0, family)))",
            "dev",
            device)
    }

    @Test(.kernel, arguments: AddressFamily.allCases, [TransportProtocol.udp, .tcp])
    func `what another interface's rules would admit opens nothing to the one that it is for`(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let gate = try Gate("mr")
        defer { gate.remove() }
        // Guest 0 is jailed; guest 1 lets everything in; guest 2 may speak to all.
        try gate.enforce([1: ["ingress any from any"], 2: ["egress any to any"]])
        try gate.watch(0, "th dport 8080")
        try gate.watch(1, "th dport 8080")
        try lead(gate, family, over: "gh-i1")
        for (place, sender) in [Gate.outside, 2].enumerated() {
            let key = FlowKey(
                initiator: Gate.address(sender, family), target: Gate.address(0, family), transport: transport,
                initiatorPort: 68, targetPort: 8080)
            let packet = HandmadePacket(key, tcpFlags: 2)
            try gate.judged.send(packet, from: sender)
            #expect(try gate.arrived(1) == 0)
            let leg = sender == 2 ? "egress i2 drop" : "ingress i1 drop"
            #expect(try gate.told() == ["\(leg): \(Self.text)"])
            #expect(try gate.judged.sessions().isEmpty)
            try lead(gate, family, over: "gh-i0")
            try gate.judged.send(packet, from: sender)
            #expect(try gate.arrived(0) == 0)
            let counted = try gate.counted()
            #expect(counted.filter { $0.hasPrefix("\(leg): \(Self.text)") }.count == 1, "\(counted)")
            #expect(try gate.told().contains("ingress i0 drop: default refusal of ingress in group g0"))
            // Each packet is counted where it is recorded.
            let counters = try gate.judged.counters()
            let own = counters.filter { $0.value > 0 }.count
            #expect(own == (place == 0 ? 2 : 3), "\(counters)")
            try lead(gate, family, over: "gh-i1")
        }
    }
}
