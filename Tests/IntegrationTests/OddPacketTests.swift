import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Packets whose headers do not hold what keys are made of: told and counted with what they show, at every stage.
@Suite(.serialized) struct OddPacketTests {
    private static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets:
              - {name: near, cidrs: [10.1.0.0/24, "fd00:1:0:1::/64"]}
              - {name: far, cidrs: [10.1.1.0/24, "fd00:1:0:2::/64"], acl: walled}
            acls:
              - {name: walled, rules: [allow ingress tcp/1 from any to any, allow egress any from any to any]}
            groups:
              - {name: talks, rules: [egress any to any]}
              - {name: deaf, rules: []}
              - {name: exact, stateful: false, rules: [ingress tcp/1 from any]}
            instances:
              - name: sender
                interfaces: [{name: eth0, subnet: near, addresses: [10.1.0.10, "fd00:1:0:1::10"], device: gh-sender, groups: [talks]}]
              - name: mute
                interfaces: [{name: eth0, subnet: near, addresses: [10.1.0.11, "fd00:1:0:1::11"], device: gh-mute, groups: [deaf]}]
              - name: deaf
                interfaces: [{name: eth0, subnet: near, addresses: [10.1.0.12, "fd00:1:0:1::12"], device: gh-deaf, groups: [deaf]}]
              - name: exact
                interfaces: [{name: eth0, subnet: near, addresses: [10.1.0.13, "fd00:1:0:1::13"], device: gh-exact, groups: [exact]}]
              - name: walled
                interfaces: [{name: eth0, subnet: far, addresses: [10.1.1.14, "fd00:1:0:2::14"], device: gh-walled, groups: [talks]}]
        """

    private static let names = ["sender", "mute", "deaf", "exact", "walled"]

    private static func own(_ name: String, _ family: AddressFamily) throws -> IPAddress {
        let number = 10 + (names.firstIndex(of: name) ?? 0)
        let isFar = name == "walled"
        let text = family == .ipv4 ? "10.1.\(isFar ? 1 : 0).\(number)" : "fd00:1:0:\(isFar ? 2 : 1)::\(number)"
        return try #require(IPAddress(text))
    }

    private static func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        for name in names {
            let isFar = name == "walled"
            try agent.addGuest(
                name,
                addresses: [
                    "\(try own(name, .ipv4))/24", "\(try own(name, .ipv6))/64",
                ], gateway: isFar ? "10.1.1.1" : "10.1.0.1")
        }
        try agent.start()
        try agent.apply(policy)
        return agent
    }

    /// A packet of a protocol with so many bytes of what the protocol's header should be.
    private struct Odd: CustomStringConvertible {
        let family: AddressFamily
        let transport: TransportProtocol
        let bytes: Int

        var description: String { "\(transport) with \(bytes) bytes in \(family)" }

        /// Whether what it shows is a pair of ports, or type and code.
        var showsPorts: Bool { transport.isICMP ? bytes >= 2 : transport.hasPorts && bytes >= 4 }

        func packet(from source: IPAddress, to target: IPAddress) -> HandmadePacket {
            var shape = HandmadePacket.Shape()
            shape.cutTo = bytes
            return HandmadePacket(
                FlowKey(
                    initiator: source, target: target, transport: transport,
                    initiatorPort: transport.isICMP ? (family == .ipv4 ? 8 : 128) : 1000,
                    targetPort: transport.isICMP ? 0 : 2000), shape: shape)
        }

        static let all: [Odd] = AddressFamily.allCases.flatMap { family in
            [TransportProtocol.udp, .tcp, family == .ipv4 ? .icmp : .icmpv6].flatMap { transport in
                [0, 1, 3, 5].map { Odd(family: family, transport: transport, bytes: $0) }
            }
                // No header to speak of: IPv6 says so with 59; a protocol of its own may have one byte.
                + [0, 1].map { Odd(family: family, transport: TransportProtocol(rawValue: 253), bytes: $0) }
                // Options of which nothing, or the half of what names the next header, is there: nobody knows the protocol.
                + (family == .ipv6 ? [(59, 0), (60, 0), (60, 1)] : []).map {
                    Odd(family: family, transport: TransportProtocol(rawValue: $0.0), bytes: $0.1)
                }
        }
    }

    /// How a stage is met: by a packet of `sender` to an instance, and who is told of the refusal.
    private enum Case: String, CaseIterable, CustomStringConvertible {
        case spoofed, groupAtSender, groupAtTarget, statelessGroup, edge

        var description: String { rawValue }
        var sender: String { self == .groupAtSender ? "mute" : "sender" }
        var target: String {
            switch self {
            case .spoofed, .groupAtSender, .groupAtTarget: "deaf"
            case .statelessGroup: "exact"
            case .edge: "walled"
            }
        }
    }

    @Test(.kernel) func `a packet without its header's bytes is told and recorded with its addresses and no ports`()
        throws
    {
        let agent = try Self.agent("od")
        defer { agent.remove() }
        var sent: [(case: Case, odd: Odd, packet: HandmadePacket, from: IPAddress, to: IPAddress)] = []
        for stage in Case.allCases {
            for odd in Odd.all {
                let from =
                    stage == .spoofed
                    ? try #require(IPAddress(odd.family == .ipv4 ? "172.16.0.9" : "fd99::9"))
                    : try Self.own(stage.sender, odd.family)
                let to = try Self.own(stage.target, odd.family)
                let packet = odd.packet(from: from, to: to)
                sent.append((stage, odd, packet, from, to))
                try agent.send(packet, as: stage.sender)
            }
        }
        let books = try agent.books(settle: 20)
        #expect(books.isBalanced, "\(books.lines)")
        try agent.ask(.flush)
        let records = try agent.records()
        let events = try agent.events()
        #expect(records.allSatisfy { $0.detail != .total })
        for (way, items) in Dictionary(grouping: sent, by: { [$0.from, $0.to] as [IPAddress] }) {
            for (transport, items) in Dictionary(grouping: items, by: \.odd.transport) {
                for showsPorts in [true, false] {
                    let wanted = items.count { $0.odd.showsPorts == showsPorts }
                    func isOf(_ source: IPAddress, _ target: IPAddress, _ other: TransportProtocol) -> Bool {
                        source == way[0] && target == way[1] && other == transport
                    }
                    // What conntrack finds invalid is refused at the sender, the rest where the stage has it.
                    let found = records.filter {
                        $0.verdict == .drop && isOf($0.key.initiator, $0.key.target, $0.key.transport)
                            && ($0.key.targetPort != nil) == showsPorts
                    }
                    let name = "\(items[0].case), \(transport), \(way), \(showsPorts ? "with" : "without") ports"
                    let counts = Dictionary(grouping: found, by: \.interface).mapValues {
                        $0.map(\.fromInitiator.packets).reduce(0, +)
                    }
                    #expect(
                        counts.isEmpty == (wanted == 0) && counts.values.allSatisfy { $0 == wanted },
                        "\(name): \(found)")
                    let hasNone = !transport.hasPorts && !transport.isICMP
                    #expect(found.allSatisfy { showsPorts || hasNone || $0.detail == .coarse }, "\(name)")
                    let told = events.filter {
                        $0.verdict == .drop && isOf($0.source, $0.target, $0.transport)
                            && ($0.targetPort != nil || $0.icmpType != nil) == showsPorts
                    }
                    #expect(told.isEmpty == (wanted == 0), "\(name): \(told)")
                    #expect(Set(told.map(\.stage)) == Set(found.map(\.stage)), "\(name)")
                }
            }
        }
        // What was refused by the guard says so, and no group's refusal stands for it.
        let spoofed = records.filter {
            $0.key.initiator == IPAddress("172.16.0.9") || $0.key.initiator == IPAddress("fd99::9")
        }
        #expect(spoofed.allSatisfy { $0.stage == .guard && $0.rule == GuardRule.spoof.id })
    }
}
