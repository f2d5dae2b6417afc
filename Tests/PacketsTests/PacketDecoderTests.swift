import FuzzEntries
import Testing

@testable import Packets

struct PacketDecoderTests {
    private static let packet = udp(1, 2, (53, 54), count: 10)
    private static let sixth = PacketBytes.ipv6(1, 2, 17, PacketBytes.udp(53, 54, count: 10))

    @Test(
        arguments: [
            (1, PacketBytes.ethernet(0x0800, packet)), (1, PacketBytes.ethernet(0x8100, [0, 1, 8, 0] + packet)),
            (1, PacketBytes.ethernet(0x88a8, [0, 1, 0x81, 0, 0, 2, 8, 0] + packet)),
            (1, PacketBytes.ethernet(0x86dd, sixth)),
            // Padded to the least frame.
            (1, PacketBytes.ethernet(0x0800, packet + [0, 0, 0, 0])), (12, packet), (14, packet), (101, sixth),
            (228, packet),
            (229, sixth), (113, [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0] + packet),
            (113, [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 3, 0x86, 0xdd] + sixth),
            (276, [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + packet), (0, [2, 0, 0, 0] + packet),
            (0, [0, 0, 0, 2] + packet), (0, [30, 0, 0, 0] + sixth), (108, [0, 0, 0, 24] + sixth),
        ] as [(Int, [UInt8])]) func `a packet is found behind its link's header`(link: Int, bytes: [UInt8]) throws
    {
        var capture = CaptureBytes(link: link)
        capture.add(bytes, at: Metered.start)
        let metered = Metered(capture.bytes)
        #expect(metered.oddities == [])
        let flow = try #require(metered.flows.first)
        #expect(flow.ports == MeteredFlow.Ports(initiator: 53, target: 54))
        #expect(flow.bytesFromInitiator == (flow.initiator == ipv4(1) ? 38 : 58))
        #expect(flow.device == (link == 276 ? "ifindex:3" : nil))
        for length in 0..<bytes.count {
            var cut = CaptureBytes(link: link)
            cut.add(Array(bytes.prefix(length)), at: Metered.start, original: bytes.count)
            let metered = Metered(cut.bytes)
            // Cut to what a capture keeps, it counts by what it was, or is told.
            #expect(metered.flows.count + metered.oddities.count == 1)
            #expect(metered.flows.allSatisfy { $0.bytesFromInitiator == flow.bytesFromInitiator })
        }
    }

    @Test func `what is no IP packet is another's`() {
        var capture = CaptureBytes()
        capture.add(PacketBytes.ethernet(0x0806, [UInt8](repeating: 0, count: 28)), at: Metered.start)
        capture.add(PacketBytes.ethernet(38, [0x42, 0x42, 3]), at: Metered.start)
        #expect(Metered(capture.bytes).otherPackets == 2)
    }

    @Test(
        arguments: [
            ([UInt8](packet.prefix(19)), PacketOddity.cutHeader), ([0x50] + packet.dropFirst(), .version),
            ([0x44] + packet.dropFirst(), .headerLength),
            (PacketBytes.ipv4(1, 2, 17, [], length: 21), .packetLength),
            (PacketBytes.ipv6(1, 2, 17, [], length: 1), .version),
        ] as [([UInt8], PacketOddity)]) func `a packet that cannot be is told`(bytes: [UInt8], reason: PacketOddity)
    {
        var capture = CaptureBytes()
        capture.add(PacketBytes.ethernet(0x0800, bytes), at: Metered.start)
        let metered = Metered(capture.bytes)
        #expect(metered.oddities == [CaptureMeter.Oddity(packet: 1, reason: reason)])
        #expect(metered.flows == [])
    }

    @Test func `a packet without length counts by what was on the wire`() {
        let bytes = PacketBytes.ipv4(1, 2, 6, PacketBytes.tcp(1, 2, 16, count: 30_000), length: 0)
        #expect(Metered([(0, bytes)]).flows[0].bytesFromInitiator == 30_040)
    }

    @Test func `extension headers are passed over`() {
        let options: [UInt8] = [43, 0, 1, 4, 0, 0, 0, 0]
        let routing: [UInt8] = [51, 1] + [UInt8](repeating: 0, count: 14)
        let authentication: [UInt8] = [60, 4] + [UInt8](repeating: 0, count: 22)
        let rest: [UInt8] = [6, 0, 1, 4, 0, 0, 0, 0]
        let headers = options + routing + authentication + rest
        let flow = Metered([(0, PacketBytes.ipv6(1, 2, 0, headers + PacketBytes.tcp(1, 2, 2)))]).flows[0]
        #expect(flow.transport == 6)
        #expect(flow.flags == 2)
        #expect(flow.bytesFromInitiator == UInt64(40 + headers.count + 20))
        for length in 0..<headers.count {
            let metered = Metered([(0, PacketBytes.ipv6(1, 2, 0, Array(headers.prefix(length))))])
            #expect(metered.oddities.map(\.reason) == [.cutExtension])
        }
    }

    @Test func `fragments count to the flow of their first`() {
        let whole = PacketBytes.udp(53, 54, count: 24)
        let sixth = { (offset: Int, more: Int, next: UInt8, rest: ArraySlice<UInt8>) in
            PacketBytes.ipv6(1, 2, 44, [next, 0] + PacketBytes.big16(offset | more) + [0, 0, 0, 9] + rest)
        }
        let flows = Metered([
            (0, PacketBytes.ipv4(1, 2, 17, Array(whole[..<16]), fragment: 0x2000)),
            (0.1, PacketBytes.ipv4(1, 2, 17, Array(whole[16...]), fragment: 2)),
            (0.2, sixth(0, 1, 60, [17, 0, 0, 0, 0, 0, 0, 0] + whole[..<8])), (0.3, sixth(16, 0, 60, whole[8...])),
            // Of another packet, whose first was not captured, and of one that is too old.
            (0.4, PacketBytes.ipv4(1, 2, 17, Array(whole[16...]), identifier: 8, fragment: 2)),
            (61, PacketBytes.ipv4(1, 2, 17, Array(whole[16...]), fragment: 2)),
        ]).flows.sorted { $0.firstPacket < $1.firstPacket }
        #expect(flows.map(\.packetsFromInitiator) == [2, 2, 1, 1])
        #expect(flows.map(\.ports?.target) == [54, 54, nil, nil])
        #expect(flows.map(\.transport) == [17, 17, 17, 17])
        #expect(flows[0].bytesFromInitiator == 20 + 16 + 20 + 16)
    }

    @Test func `of fragments that nobody ends the latest are known`() {
        let first = PacketBytes.udp(53, 54, count: 0)
        var packets = (0...FragmentTable.most).map {
            (0.0, PacketBytes.ipv4(1, 2, 17, first, identifier: $0, fragment: 0x2000))
        }
        for identifier in 0...1 {
            packets.append((0, PacketBytes.ipv4(1, 2, 17, [0], identifier: identifier, fragment: 1)))
        }
        let flows = Metered(packets).flows.sorted { $0.firstPacket < $1.firstPacket }
        #expect(flows.map(\.packetsFromInitiator) == [UInt64(FragmentTable.most + 2), 1])
        #expect(flows.map(\.ports?.target) == [54, nil])
    }
}
