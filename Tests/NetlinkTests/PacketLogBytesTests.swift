import FuzzEntries
import Model
import Testing

@testable import Netlink

@Suite struct PacketLogBytesTests {
    private func packets(_ datagram: [UInt8]) -> [LoggedPacket] {
        ByteView.with(datagram) { view in
            var cursor = LoggedPacketCursor(view)
            var found: [LoggedPacket] = []
            var all: [LoggedPacket] = []
            while cursor.next(into: &found) { all += found }
            #expect(cursor.skipped == 0)
            #expect(!cursor.isMalformed)
            return all
        }
    }

    private func recorded() throws -> (bytes: [UInt8], packets: [LoggedPacket]) {
        let datagrams = try RecordedBytes("nflog-packets").datagrams
        try #require(datagrams.count == 1)
        let packets = packets(datagrams[0])
        try #require(packets.count == 4)
        return (datagrams[0], packets)
    }

    @Test func `packets carry prefix, devices, addresses of the link and their number`() throws {
        for (index, packet) in try recorded().packets.enumerated() {
            #expect(packet.prefix == 0x4748_7465_7374_7331)  // GHtests1
            #expect(packet.sequence == UInt32(index))
            #expect(packet.inputDevice == 2)
            #expect(packet.outputDevice == 3)
            #expect(packet.sourceMAC == 0x0200_0000_0102)
            #expect(packet.targetMAC == 0x0200_0000_0101)
        }
    }

    @Test func `times are the kernel's, to the microsecond`() throws {
        let times = try recorded().packets.map(\.time)
        #expect(times.allSatisfy { $0 / 1_000_000_000 == 0x6b0c_41f9 })
        #expect(times.map { $0 % 1_000_000_000 } == [0x24023, 0x24088, 0x24267, 0x242fc].map { $0 * 1000 })
    }

    @Test func `headers of both families and of each transport are read`() throws {
        let headers = try recorded().packets.map(\.header)
        #expect(headers.map(\.transport) == [58, 1, 17, 6])
        #expect(headers.map(\.isIPv6) == [true, false, true, false])
        #expect(headers.map(\.length) == [64, 44, 112, 60])
        #expect(headers.map(\.sourcePort)[..<2] == [128, 8], "types of echo requests")
        #expect(headers.map(\.targetPort) == [0, 0, 53, 80])
        #expect(headers[3].tcpFlags == 2, "SYN")
        #expect(headers[0].sourceHigh == 0xfd01_0000_0000_0000)
        #expect(headers[0].targetHigh == 0xfd02_0000_0000_0000)
        #expect(headers[1].sourceLow == 0x0a01_0002)
        #expect(headers[1].targetLow == 0x0a02_0002)
    }

    @Test func `a packet's copied bytes lie where it says`() throws {
        let (bytes, packets) = try recorded()
        for packet in packets {
            #expect(packet.payloadLength == Int(packet.header.length))
            #expect(bytes[packet.payloadOffset] >> 4 == (packet.header.isIPv6 ? 6 : 4))
        }
    }

    @Test func `a group is set up with the recorded requests`() throws {
        var configuration = PacketLog.Configuration(group: 5)
        configuration.flushHundredths = 100
        let recorded = try RecordedBytes("nflog-config").datagrams
        for (index, request) in PacketLog.requests(configuration).enumerated() {
            let bytes = MessageBuilder.request(
                type: PacketLog.configurationType, flags: Flags.acknowledged, sequence: UInt32(index + 1), resource: 5,
                request.body)
            expect(bytes, equals: recorded[index], .packetLog)
        }
    }

    @Test(arguments: [4, 5, 12, 3, 8, 15])
    func `a packet with a field of the wrong length is skipped`(_ type: UInt8) throws {
        // The first packet alone, one byte of the attribute less; what follows moves up.
        var bytes = Array(try recorded().bytes[..<0xd0])
        var offset = 0x14
        while bytes[offset + 2] != type { offset += (Int(bytes[offset]) + 3) & ~3 }
        bytes[offset] -= 4
        bytes.removeSubrange((offset + 4)..<(offset + 8))
        bytes[0] -= 4
        ByteView.with(bytes) { view in
            var cursor = LoggedPacketCursor(view)
            var packets: [LoggedPacket] = []
            let isRead = cursor.next(into: &packets)
            #expect(!isRead)
            #expect(cursor.skipped == 1)
            #expect(!cursor.isMalformed)
        }
    }
}
