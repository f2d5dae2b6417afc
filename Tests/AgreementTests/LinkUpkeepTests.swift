import Model
import Netlink
import Rehearsal
import TestSupport
import Testing

/// What is of a link stays there: guests, the outside and the host on a real kernel.
@Suite(.serialized) struct LinkUpkeepTests {
    private static func icmpv6(_ source: IPAddress, _ target: IPAddress, _ type: UInt16) -> FlowKey {
        FlowKey(initiator: source, target: target, transport: .icmpv6, initiatorPort: type, targetPort: 0)
    }

    private static let all: [UInt16] = [130, 131, 132, 133, 135, 136, 143]

    @Test(.kernel, arguments: [[], [HandmadePacket.Extension.hopByHop], [.destination], [.routing, .destination]])
    func `link upkeep is not forwarded, nor told as anything else`(extensions: [HandmadePacket.Extension]) throws {
        let gate = try Gate("l1")
        defer { gate.remove() }
        try gate.enforce([:])
        try gate.watch(Gate.outside, "icmpv6 type { 130-137, 143 } ip6 saddr fd00:1::/64")
        try gate.watch(1, "icmpv6 type { 130-137, 143 } ip6 daddr fd00:1::11")
        var shape = HandmadePacket.Shape()
        shape.extensions = extensions
        let (guest, far) = (Gate.address(0, .ipv6), Gate.address(Gate.outside, .ipv6))
        for type in Self.all {
            for limit in [64, 255, 2] as [UInt8] {
                shape.hopLimit = limit
                try gate.judged.send(HandmadePacket(Self.icmpv6(guest, far, type), shape: shape), from: 0)
                try gate.judged.send(
                    HandmadePacket(Self.icmpv6(far, Gate.address(1, .ipv6), type), shape: shape), from: Gate.outside)
            }
        }
        #expect(try gate.arrived(Gate.outside) == 0)
        #expect(try gate.arrived(1) == 0)
        let text = "guard: neighbour discovery and multicast listening stay on their link"
        #expect(Set(try gate.told()) == ["egress i0 drop: \(text)", "ingress i1 drop: \(text)"])
        let records = try gate.judged.countedRecords()
        #expect(
            records.map(\.fromInitiator.packets).reduce(0, +) == 42,
            "\(records.map { "\($0.key) \($0.fromInitiator)" })")
        #expect(Set(records.map(\.key.initiatorPort)) == Set(Self.all))
    }

    @Test(.kernel) func `an instance's upkeep reaches the host with the right hop limit alone`() throws {
        let gate = try Gate("l2")
        defer { gate.remove() }
        try gate.enforce([:])
        for (type, limit, target) in [
            (135, 255, Gate.host[1]), (136, 255, Gate.host[1]), (135, 64, Gate.host[1]), (136, 254, Gate.host[1]),
        ] as [(UInt16, UInt8, IPAddress)] {
            var shape = HandmadePacket.Shape()
            shape.hopLimit = limit
            try gate.judged.send(
                HandmadePacket(Self.icmpv6(Gate.address(0, .ipv6), target, type), shape: shape), from: 0)
        }
        #expect(
            try gate.counted().map { $0.suffix(2) } == ["×1", "×1"])
        #expect(try gate.told().count == 2)
    }

    @Test(.kernel) func `a DHCP request to anybody but the host is judged by the groups`() throws {
        let gate = try Gate("l3")
        defer { gate.remove() }
        try gate.enforce([1: ["ingress udp/67 from any"]])
        func dhcp(_ target: IPAddress) -> HandmadePacket {
            HandmadePacket(
                FlowKey(
                    initiator: Gate.address(0), target: target, transport: .udp, initiatorPort: 68, targetPort: 67))
        }
        try gate.watch(1, "udp dport 67")
        try gate.watch(Gate.outside, "udp dport 67")
        try gate.judged.send(dhcp(Gate.address(1)), from: 0)
        try gate.judged.send(dhcp(Gate.address(Gate.outside)), from: 0)
        #expect(try gate.arrived(1) == 0)
        #expect(try gate.arrived(Gate.outside) == 0)
        #expect(
            try gate.told() == [
                "egress i0 drop: default refusal of egress in group g0",
                "egress i0 drop: default refusal of egress in group g0",
            ])
        try gate.judged.send(dhcp(Gate.host[0]), from: 0)
        #expect(try gate.told() == ["egress i0 accept: guard: a DHCP client may ask its server"])
    }

    /// The host is not silent here: it advertises routes and answers DHCP.
    @Test(.kernel) func `what the host advertises and answers reaches an instance without a rule`() throws {
        let gate = try Gate("l4")
        defer { gate.remove() }
        try gate.enforce([:])
        try TestHost.run("nft", "delete", "table", "inet", "mute", in: gate.judged.host.name)
        try gate.watch(0, "icmpv6 type nd-router-advert")
        try gate.judged.sendFromHost(Self.icmpv6(Gate.host[1], Gate.address(0, .ipv6), 134))
        #expect(try gate.arrived(0) == 1)
        try gate.watch(0, "udp sport { 67, 547 }")
        try gate.judged.sendFromHost(
            FlowKey(
                initiator: Gate.host[0], target: Gate.address(0), transport: .udp, initiatorPort: 67, targetPort: 68))
        try gate.judged.sendFromHost(
            FlowKey(
                initiator: Gate.host[1], target: Gate.address(0, .ipv6), transport: .udp, initiatorPort: 547,
                targetPort: 546))
        #expect(try gate.arrived(0) == 2)
        #expect(try gate.told() == [])
        // The answer is no session, so that what the client asks next is its own.
        let renewal = FlowKey(
            initiator: Gate.address(0), target: Gate.host[0], transport: .udp, initiatorPort: 68, targetPort: 67)
        try gate.judged.send(HandmadePacket(renewal), from: 0)
        #expect(try gate.told() == ["egress i0 accept: guard: a DHCP client may ask its server"])
    }

    @Test(.kernel) func `an instance with an address of another device is refused from outside`() throws {
        let gate = try Gate("l5")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress any from group:g1"], 1: ["egress any to any"]])
        let text = "guard: the source is an interface of this host, and the packet came from elsewhere"
        for family in AddressFamily.allCases {
            try gate.watch(0, "tcp dport 80")
            let key = FlowKey(
                initiator: Gate.address(1, family), target: Gate.address(0, family), transport: .tcp,
                initiatorPort: 40_000, targetPort: 80)
            try gate.judged.send(HandmadePacket(key, tcpFlags: 2), from: Gate.outside)
            #expect(try gate.arrived(0) == 0)
            #expect(try gate.told() == ["ingress i0 drop: \(text)"])
            // To the host, and into a session that is known.
            try gate.judged.send(HandmadePacket(key, tcpFlags: 2), from: 1)
            #expect(try gate.arrived(0) == 1)
            _ = try gate.told()
            try gate.judged.send(HandmadePacket(key, tcpFlags: 0x10), from: Gate.outside)
            #expect(try gate.arrived(0) == 1)
            #expect(try gate.judged.sessions().allSatisfy { $0.fromOriginal.packets <= 1 })
        }
        let counted = try gate.counted()
        #expect(counted.map { String($0.suffix(2)) } == ["×2", "×2"], "\(counted)")
    }

    @Test(.kernel, arguments: [true, false])
    func `what rules admit as AH opens nothing that is within`(isFromOutside: Bool) throws {
        let gate = try Gate("l6")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress ah from any"], 1: ["egress ah to any", "egress tcp/443 to any"]])
        let sender = isFromOutside ? Gate.outside : 1
        let key = FlowKey(
            initiator: Gate.address(sender, .ipv6), target: Gate.address(0, .ipv6), transport: .tcp,
            initiatorPort: 40_000, targetPort: 22)
        var shape = HandmadePacket.Shape()
        shape.extensions = [.authentication]
        try gate.watch(0, "ip6 daddr fd00:1::10 ip6 saddr \(key.initiator)")
        try gate.judged.send(HandmadePacket(key, tcpFlags: 2, shape: shape), from: sender)
        try gate.judged.send(HandmadePacket(key, tcpFlags: 2), from: sender)
        try gate.judged.send(HandmadePacket(key, tcpFlags: 0x18), from: sender)
        #expect(try gate.arrived(0) == 0)
        let text = "guard: connection tracking would read past the packet's headers"
        let leg = isFromOutside ? "ingress i0 drop: \(text)" : "egress i1 drop: \(text)"
        #expect(try gate.told().contains(leg))
        #expect(try gate.judged.sessions().allSatisfy { $0.mark == 0 })
    }

    @Test(.kernel) func `AH over IPv4 passes where a rule admits it`() throws {
        let gate = try Gate("l7")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress ah from any"]])
        let key = FlowKey(
            initiator: Gate.address(Gate.outside), target: Gate.address(0), transport: TransportProtocol(rawValue: 51))
        try gate.watch(0, "ip protocol ah")
        try gate.judged.send(HandmadePacket(key), from: Gate.outside)
        #expect(try gate.arrived(0) == 1)
        #expect(try gate.told() == ["ingress i0 accept: ingress ah from any"])
    }
}
