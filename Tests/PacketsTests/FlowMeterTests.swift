import FuzzEntries
import Records
import TestSupport
import Testing

@testable import Packets

struct FlowMeterTests {
    private static let out = (40_000, 443)
    private static let back = (443, 40_000)

    @Test func `a session is one flow of both ways`() throws {
        let metered = Metered([
            (0, tcp(9, 1, Self.out, 2)), (0.1, tcp(1, 9, Self.back, 18)), (0.2, tcp(9, 1, Self.out, 24, count: 100)),
            (0.3, tcp(1, 9, Self.back, 17, count: 1000)), (0.4, tcp(9, 1, Self.out, 17)),
            (0.5, tcp(1, 9, Self.back, 16)),
        ])
        let start = Int64(Metered.start)
        #expect(
            metered.flows == [
                MeteredFlow(
                    initiator: ipv4(9), target: ipv4(1), transport: 6,
                    ports: MeteredFlow.Ports(initiator: 40_000, target: 443), icmp: nil, flags: 27, start: start,
                    end: start + 500_000, packetsFromInitiator: 3, bytesFromInitiator: 220, packetsFromTarget: 3,
                    bytesFromTarget: 1120, endReason: .fin, firstPacket: 1, device: nil)
            ])
    }

    @Test(arguments: [
        // The answer comes first: the SYN was captured later, or not at all.
        [(1, 2), (2, 1)], [(1, 2)],
    ]) func `a SYN decides who opened a session`(ways: [(UInt8, UInt8)]) {
        let packets = ways.enumerated().map { number, way in
            (Double(number), number == 0 ? tcp(1, 2, Self.back, 18) : tcp(2, 1, Self.out, 2))
        }
        let flow = Metered(packets).flows[0]
        #expect(flow.initiator == ipv4(2))
        #expect(flow.ports == MeteredFlow.Ports(initiator: 40_000, target: 443))
        #expect(flow.packetsFromTarget == 1)
    }

    @Test func `without a SYN the first sender is the initiator`() {
        let flow = Metered([(0, tcp(9, 1, Self.back, 16)), (1, tcp(1, 9, Self.out, 16))]).flows[0]
        #expect(flow.initiator == ipv4(9))
    }

    @Test(
        arguments: [
            ([(0, 17), (59, 17)], [EndReason.forced]), ([(0, 17), (61, 17)], [.idle, .forced]),
            // A clock that was set back by more than the idle time.
            ([(100, 17), (10, 17)], [.idle, .forced]), ([(100, 17), (50, 17)], [.forced]),
        ] as [([(Double, Int)], [EndReason])]) func `silence ends a flow`(
            packets: [(Double, Int)], reasons: [EndReason]
        )
    {
        let flows = Metered(packets.map { ($0.0, udp(1, 2, (5, 6))) }).flows
        #expect(flows.map(\.endReason) == reasons)
        #expect(flows.allSatisfy { $0.end >= $0.start })
    }

    @Test func `silence is seen by the packets of others too`() {
        let others = (0..<8).map { (100 + Double($0), udp(3, 4, (7, 8))) }
        let flows = Metered([(0, udp(1, 2, (5, 6)))] + others + [(200, udp(1, 2, (5, 6)))]).flows
        #expect(flows.map(\.endReason) == [.idle, .idle, .forced])
        #expect(flows.map(\.firstPacket) == [1, 2, 10])
    }

    @Test func `a flow that goes on gets further records with the same initiator`() {
        let packets = (0..<30).map { step in
            (Double(step * 20), step % 2 == 0 ? udp(9, 1, (5, 6)) : udp(1, 9, (6, 5)))
        }
        let flows = Metered(packets).flows
        #expect(flows.map(\.endReason) == [.active, .forced])
        // The second begins with a packet of the target.
        #expect(flows.map(\.initiator) == [ipv4(9), ipv4(9)])
        #expect(flows.map(\.firstPacket) == [1, 16])
        #expect(flows.map(\.packetsFromInitiator) == [8, 7])
        #expect(flows.map(\.packetsFromTarget) == [7, 8])
    }

    @Test func `ports that are used again begin a session of their own`() {
        let flows = Metered([
            (0, tcp(1, 2, Self.out, 2)), (1, tcp(2, 1, Self.back, 20)), (2, tcp(1, 2, Self.out, 2)),
            (3, tcp(1, 2, Self.out, 17)), (4, tcp(2, 1, Self.back, 17)), (5, tcp(1, 2, Self.out, 16)),
            (20, tcp(1, 2, Self.out, 16)),
        ]).flows
        #expect(flows.map(\.endReason) == [.rst, .fin, .forced])
        #expect(flows.map(\.firstPacket) == [1, 3, 7])
        #expect(flows.map(\.packetsFromInitiator) == [1, 3, 1])
    }

    @Test func `where there is no room the longest silent flow ends`() {
        var settings = MeterSettings()
        settings.flows = 3
        let flows = Metered(
            [
                (0, udp(1, 2, (1, 1))), (1, udp(1, 2, (2, 2))), (2, udp(1, 2, (3, 3))), (3, udp(1, 2, (1, 1))),
                (4, udp(1, 2, (4, 4))),
            ], settings
        ).flows
        #expect(flows[0].endReason == .resource)
        #expect(flows[0].ports?.target == 2)
        #expect(flows.dropFirst().allSatisfy { $0.endReason == .forced })
        #expect(flows.count == 4)
    }

    @Test func `a query of ICMP and its answer are one flow, messages one each way`() {
        let icmp = { (source: UInt8, target: UInt8, type: UInt8, code: UInt8, identifier: Int) in
            PacketBytes.ipv4(source, target, 1, PacketBytes.icmp(type, code, identifier: identifier))
        }
        let flows = Metered([
            (0, icmp(9, 1, 8, 0, 5)), (1, icmp(1, 9, 0, 0, 5)), (2, icmp(9, 1, 8, 0, 6)), (3, icmp(1, 9, 3, 1, 0)),
            (4, icmp(9, 1, 3, 1, 0)), (5, icmp(1, 2, 0, 0, 9)), (6, icmp(7, 7, 8, 0, 1)), (7, icmp(7, 7, 0, 0, 1)),
        ]).flows.sorted { $0.firstPacket < $1.firstPacket }
        #expect(flows.map(\.icmp?.type) == [8, 8, 3, 3, 8, 8])
        #expect(flows.map(\.icmp?.code) == [0, 0, 1, 1, 0, 0])
        #expect(flows.map(\.initiator) == [9, 9, 1, 9, 2, 7].map { ipv4($0) })
        #expect(flows.map(\.packetsFromTarget) == [1, 0, 0, 0, 1, 1])
    }

    /// Ends change where a flow is cut, and never what is counted.
    @Test(arguments: [1 as UInt64, 2, 3]) func `no packet is lost or counted twice`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var wanted: [String: (packets: UInt64, bytes: UInt64)] = [:]
        var packets: [(Double, [UInt8])] = []
        var seconds = 0.0
        for _ in 0..<5000 {
            seconds += Double(random.next() % 2000) / 100
            let (source, target) = (UInt8(random.next() % 6), UInt8(random.next() % 6))
            let ports = (Int(random.next() % 4), Int(random.next() % 4))
            let (flags, count) = (UInt8(truncatingIfNeeded: random.next()), Int(random.next() % 100))
            let isTCP = random.next() % 2 == 0
            packets.append(
                (
                    seconds,
                    isTCP ? tcp(source, target, ports, flags, count: count) : udp(source, target, ports, count: count)
                ))
            let ends = ["\(source).\(ports.0)", "\(target).\(ports.1)"].sorted().joined(separator: "-")
            let old = wanted["\(isTCP)\(ends)"] ?? (0, 0)
            wanted["\(isTCP)\(ends)"] = (old.packets + 1, old.bytes + UInt64(count + (isTCP ? 40 : 28)))
        }
        var settings = MeterSettings()
        settings.flows = 4
        let flows = Metered(packets, settings).flows
        var found: [String: (packets: UInt64, bytes: UInt64)] = [:]
        for flow in flows {
            let ends = [
                "\(flow.initiator & 255).\(flow.ports?.initiator ?? 0)",
                "\(flow.target & 255).\(flow.ports?.target ?? 0)",
            ].sorted().joined(separator: "-")
            let old = found["\(flow.transport == 6)\(ends)"] ?? (0, 0)
            found["\(flow.transport == 6)\(ends)"] = (
                old.packets + flow.packetsFromInitiator + flow.packetsFromTarget,
                old.bytes + flow.bytesFromInitiator + flow.bytesFromTarget
            )
        }
        #expect(found.mapValues { "\($0)" } == wanted.mapValues { "\($0)" })
        let reasons = Set(flows.map(\.endReason))
        #expect(reasons.isSuperset(of: [.idle, .rst, .resource, .forced]))
        #expect(Metered(packets, settings).flows == flows)
    }
}
