import Model
import Rehearsal
import TestSupport
import Testing

/// Every protocol that a rule can name, through real rules.
@Suite(.serialized) struct ProtocolTests {
    private static func key(_ transport: TransportProtocol, from: Int, to: Int, _ family: AddressFamily) -> FlowKey {
        FlowKey(
            initiator: Gate.address(from, family), target: Gate.address(to, family), transport: transport,
            initiatorPort: transport.hasPorts ? 40_000 : transport.isICMP ? (transport == .icmp ? 8 : 128) : 0,
            targetPort: transport.hasPorts ? 7000 : 0)
    }

    /// Who may send to whom, where guest 0 may send and guest 1 may be sent to. No way is another's answer: of a protocol without
    /// ports it would be one.
    private static let ways: [(from: Int, to: Int, isAdmitted: Bool)] = [
        (0, 1, true), (0, Gate.outside, true), (Gate.outside, 1, true), (2, 1, false), (0, 2, false),
        (Gate.outside, 2, false), (2, Gate.outside, false),
    ]

    /// Sends a packet of the protocol each way, and tells those that arrived.
    private func passed(_ gate: Gate, _ transport: TransportProtocol, _ family: AddressFamily) throws -> [Bool] {
        try Self.ways.map { from, to, _ in
            let number = transport.rawValue
            try gate.watch(to, family == .ipv4 ? "ip protocol \(number)" : "ip6 nexthdr \(number)")
            try gate.judged.send(
                HandmadePacket(
                    Self.key(transport, from: from, to: to, family), tcpFlags: transport == .tcp ? 2 : 0, icmpID: 7),
                from: from)
            return try gate.arrived(to) == 1
        }
    }

    @Test(.kernel) func `each protocol passes where a rule names it, in each family that carries it, and nowhere else`()
        throws
    {
        let gate = try Gate("pr")
        defer { gate.remove() }
        for transport in TransportProtocol.named {
            try gate.enforce([0: ["egress \(transport) to any"], 1: ["ingress \(transport) from any"]])
            for family in AddressFamily.allCases {
                let isCarried = transport.isCarried(by: family)
                #expect(
                    try passed(gate, transport, family) == Self.ways.map { $0.isAdmitted && isCarried },
                    "\(transport) in \(family.name)")
                let told = try gate.told()
                #expect(
                    told.contains("egress i0 accept: egress \(transport) to any") == isCarried,
                    "\(transport) in \(family.name): \(told)")
            }
        }
    }

    @Test(.kernel) func `without a rule no protocol passes`() throws {
        let gate = try Gate("pq")
        defer { gate.remove() }
        try gate.enforce([0: [], 1: []])
        for transport in TransportProtocol.named {
            for family in AddressFamily.allCases {
                let passed = try passed(gate, transport, family)
                #expect(passed == Self.ways.map { _ in false }, "\(transport) in \(family.name)")
            }
        }
    }

    @Test(.kernel) func `ports of protocols that have them are asked`() throws {
        let gate = try Gate("pp")
        defer { gate.remove() }
        for transport in TransportProtocol.named where transport.hasPorts && transport != .dccp {
            for family in AddressFamily.allCases {
                try gate.enforce([
                    0: ["egress \(transport)/7000 to any"], 1: ["ingress \(transport)/6999-7001 from any"],
                ])
                #expect(
                    try passed(gate, transport, family) == Self.ways.map(\.isAdmitted), "\(transport) in \(family.name)"
                )
                try gate.enforce([0: ["egress \(transport)/7001 to any"], 1: ["ingress \(transport)/7001 from any"]])
                #expect(
                    try passed(gate, transport, family) == Self.ways.map { _ in false },
                    "\(transport) in \(family.name)")
            }
        }
    }
}
