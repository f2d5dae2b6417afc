import Packets

/// Feeds bytes to the reader of captures in pieces, with room for few flows.
enum CaptureFeeder {
    static func feed(_ bytes: [UInt8]) throws {
        var settings = MeterSettings()
        settings.flows = 4
        var meter = CaptureMeter(settings)
        do throws(CaptureFault) {
            var place = 0
            while place < bytes.count {
                let end = min(place + 61, bytes.count)
                try meter.add(Array(bytes[place..<end]))
                place = end
            }
            try meter.finish()
        } catch {
            // Refusing is right; the error must be able to tell itself.
            _ = "\(error)"
        }
        while meter.endNext(2) {}
        for flow in meter.takeFlows()
        where flow.end < flow.start || flow.packetsFromInitiator + flow.packetsFromTarget == 0 {
            throw FuzzEntry.Broken(description: "\(flow)")
        }
        for oddity in meter.takeOddities() { _ = "\(oddity.reason)" }
    }

    static func seeds() -> [[UInt8]] {
        CaptureBytes.Layout.allCases.map { layout in
            var capture = CaptureBytes(layout, link: layout.isBlocks ? nil : 1)
            if layout.isBlocks {
                capture.addInterface(1, options: [(2, Array("eth0".utf8)), (9, [6]), (14, [0, 0, 0, 0, 0, 0, 0, 0])])
            }
            let packets = [
                PacketBytes.ethernet(0x0800, PacketBytes.ipv4(1, 2, 6, PacketBytes.tcp(40_000, 443, 2))),
                PacketBytes.ethernet(
                    0x8100,
                    [0, 5, 0x86, 0xdd]
                        + PacketBytes.ipv6(
                            1, 2, 60,
                            [17, 0, 0, 0, 0, 0, 0, 0]
                                + PacketBytes.udp(53, 54, count: 3))),
                PacketBytes.ethernet(0x0800, PacketBytes.ipv4(1, 2, 1, PacketBytes.icmp(8, 0, identifier: 5))),
                PacketBytes.ethernet(
                    0x0800, PacketBytes.ipv4(1, 2, 17, PacketBytes.udp(1, 2, count: 8), fragment: 0x2000)),
                PacketBytes.ethernet(0x0800, PacketBytes.ipv4(1, 2, 17, [1, 2, 3], fragment: 2)),
                PacketBytes.ethernet(0x86dd, PacketBytes.ipv6(1, 2, 44, [6, 0, 0, 9, 0, 0, 0, 1, 5, 5])),
            ]
            for (number, packet) in packets.enumerated() { capture.add(packet, at: 1_767_225_600_000_000 + number) }
            if layout.isBlocks {
                capture.addSimple(packets[0])
                capture.addStatistics(drops: 3, at: 1_767_225_601_000_000)
            }
            return capture.bytes
        }
    }
}
