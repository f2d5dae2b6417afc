import FuzzEntries
import Testing

@testable import Packets

struct CaptureReaderTests {
    private static let frame = PacketBytes.ethernet(0x0800, udp(1, 2, (5, 6), count: 3))

    private static func session(_ layout: CaptureBytes.Layout) -> [UInt8] {
        var capture = CaptureBytes(layout)
        for number in 0..<20 {
            let packet = udp(UInt8(number % 3), 9, (5, 6 + number % 2), count: number)
            capture.add(PacketBytes.ethernet(0x0800, packet), at: Metered.start + number * 1_000_001)
        }
        return capture.bytes
    }

    @Test(arguments: CaptureBytes.Layout.allCases) func `each layout says the same`(layout: CaptureBytes.Layout) {
        let metered = Metered(Self.session(layout))
        #expect(metered.fault == nil)
        #expect(metered.flows == Metered(Self.session(.littleMicroseconds)).flows)
        #expect(metered.flows.count == 6)
        #expect(metered.flows.map(\.start).min() == Int64(Metered.start))
    }

    @Test(arguments: CaptureBytes.Layout.allCases, [1, 7, 61, 200]) func `pieces of any length say the same`(
        layout: CaptureBytes.Layout, piece: Int
    ) {
        let bytes = Self.session(layout)
        #expect(Metered(bytes, piece: piece).flows == Metered(bytes).flows)
    }

    @Test(arguments: CaptureBytes.Layout.allCases) func `a file that is cut keeps what came before`(
        layout: CaptureBytes.Layout
    ) {
        let bytes = Self.session(layout)
        var before = 0
        for length in 0..<bytes.count {
            let metered = Metered(Array(bytes.prefix(length)))
            let packets = metered.flows.reduce(0) { $0 + Int($1.packetsFromInitiator + $1.packetsFromTarget) }
            #expect(packets == before || packets == before + 1)
            before = packets
            // A cut between two packets is no fault that a file could show.
            if let fault = metered.fault { #expect(fault.offset <= length) }
        }
        #expect(before == 19)
        let cut = Metered(Array(bytes.dropLast())).fault
        let record = layout.isBlocks ? 32 + 64 : 16 + 61
        #expect(cut?.offset == bytes.count - record)
        #expect(cut?.reason.contains("packet 19") == true)
    }

    @Test func `a broken length is told with its place`() {
        var capture = CaptureBytes()
        capture.add(Self.frame, at: Metered.start)
        let place = capture.bytes.count
        capture.addRaw([UInt8](repeating: 0xff, count: 40))
        let metered = Metered(capture.bytes)
        #expect(metered.flows.count == 1)
        #expect(
            metered.fault?.description
                == "packet 2 claims 4294967295 bytes, where 1048576 are the most, at byte \(place)")
    }

    @Test(
        arguments: [
            (
                Array("what is this, no capture".utf8) + [0],
                "it is no capture: it begins neither as pcap nor as pcapng does"
            ),
            ([], "it is no capture: it ends within its heading"),
            (CaptureBytes(link: 105).bytes, "packets of link type 105"),
            (
                [0xd4, 0xc3, 0xb2, 0xa1, 9, 0] + [UInt8](repeating: 0, count: 18),
                "a pcap file of version 9 is not known"
            ),
            ([0x0a, 0x0d, 0x0d, 0x0a] + [UInt8](repeating: 1, count: 24), "a section has no order of bytes"),
        ] as [([UInt8], String)]) func `what is no capture is told`(bytes: [UInt8], words: String)
    {
        #expect(Metered(bytes).fault?.reason.hasPrefix(words) == true)
    }

    @Test(
        arguments: [
            (3, [], 1_767_225_600_123, 1_767_225_600_123_000),
            (9, [], 1_767_225_600_123_456_789, 1_767_225_600_123_456),
            (0, [], 1_767_225_600, 1_767_225_600_000_000),
            (0x80 | 10, [], 1_767_225_600 << 10 | 512, 1_767_225_600_500_000),
            (6, [0, 0, 0, 0, 0x69, 0x55, 0xb9, 0x00], 123_000, 1_767_225_600_123_000), (40, [], 5, 0),
            (0xff, [], 1 << 62, 0),
        ] as [(UInt8, [UInt8], Int, Int64)]) func `an interface says how it counts time`(
            resolution: UInt8, offset: [UInt8], count: Int, wanted: Int64
        )
    {
        var capture = CaptureBytes(.bigBlocks, link: nil)
        capture.addInterface(1, options: [(9, [resolution])] + (offset.isEmpty ? [] : [(14, offset)]))
        capture.add(Self.frame, at: count)
        #expect(Metered(capture.bytes).flows.map(\.start) == [wanted])
    }

    @Test func `a time beyond 9999 is none`() {
        var capture = CaptureBytes(.littleBlocks)
        capture.add(Self.frame, at: 253_402_300_800_000_000)
        #expect(Metered(capture.bytes).oddities.map(\.reason) == [.noTime])
    }

    @Test func `each interface has its flows`() {
        var capture = CaptureBytes(.littleBlocks, link: nil)
        capture.addInterface(1, options: [(2, Array("eth0".utf8))])
        capture.addInterface(101)
        capture.addInterface(105)
        capture.add(Self.frame, at: Metered.start)
        capture.add(Array(Self.frame.dropFirst(14)), at: Metered.start, interface: 1)
        capture.add(Self.frame, at: Metered.start, interface: 2)
        capture.addSection()
        capture.addInterface(1, options: [(2, Array("eth1".utf8))])
        capture.add(Self.frame, at: Metered.start)
        let metered = Metered(capture.bytes)
        let flows = metered.flows.sorted { $0.firstPacket < $1.firstPacket }
        #expect(flows.map(\.device) == ["eth0", nil, "eth1"])
        #expect(flows.map(\.firstPacket) == [1, 2, 4])
        #expect(metered.oddities.map(\.reason) == [.link(105)])
        capture.add(Self.frame, at: Metered.start, interface: 1)
        #expect(Metered(capture.bytes).fault?.reason == "packet 5 names interface 1, where there are 1")
    }

    @Test func `a simple packet has the time of the one before`() {
        var capture = CaptureBytes(.bigBlocks, link: nil)
        capture.addInterface(1, snapLength: 40)
        capture.addSimple(Self.frame)
        capture.add(Self.frame, at: Metered.start)
        capture.addSimple(Self.frame)
        let metered = Metered(capture.bytes)
        #expect(metered.oddities == [CaptureMeter.Oddity(packet: 1, reason: .noTime)])
        #expect(metered.flows.map(\.packetsFromInitiator) == [2])
        #expect(metered.flows.map(\.bytesFromInitiator) == [62])
    }

    @Test(arguments: [CaptureBytes.Layout.littleBlocks, .bigBlocks])
    func `packets that a capture missed are stated once`(layout: CaptureBytes.Layout) {
        var capture = CaptureBytes(layout)
        for drops in [0, 3, 3, 5] { capture.addStatistics(drops: drops, at: Metered.start) }
        #expect(Metered(capture.bytes).drops.map(\.packets) == [3, 2])
    }
}
