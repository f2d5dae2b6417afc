import FuzzEntries

@testable import Packets

/// What came of a capture.
struct Metered {
    var flows: [MeteredFlow] = []
    var oddities: [CaptureMeter.Oddity] = []
    var drops: [CaptureDrops] = []
    var otherPackets = 0
    var fault: CaptureFault?

    static let start = 1_767_225_600_000_000

    init(_ bytes: [UInt8], _ settings: MeterSettings = MeterSettings(), piece: Int = 1 << 18) {
        var meter = CaptureMeter(settings)
        do throws(CaptureFault) {
            for place in stride(from: 0, to: bytes.count, by: piece) {
                try meter.add(Array(bytes[place..<min(place + piece, bytes.count)]))
            }
            try meter.finish()
        } catch {
            fault = error
        }
        while meter.endNext(3) {}
        (flows, oddities, drops) = (meter.takeFlows(), meter.takeOddities(), meter.takeDrops())
        otherPackets = meter.otherPackets
    }

    /// Packets of Ethernet that carry IPv4, each at its seconds after the beginning.
    init(_ packets: [(seconds: Double, bytes: [UInt8])], _ settings: MeterSettings = MeterSettings()) {
        var capture = CaptureBytes()
        for packet in packets {
            capture.add(
                PacketBytes.ethernet(packet.bytes[0] >> 4 == 4 ? 0x0800 : 0x86dd, packet.bytes),
                at: Self.start + Int(packet.seconds * 1_000_000))
        }
        self.init(capture.bytes, settings)
    }
}

/// A TCP packet between two of the addresses `10.0.0.0/24`.
func tcp(_ source: UInt8, _ target: UInt8, _ ports: (Int, Int), _ flags: UInt8, count: Int = 0) -> [UInt8] {
    PacketBytes.ipv4(source, target, 6, PacketBytes.tcp(ports.0, ports.1, flags, count: count))
}

func udp(_ source: UInt8, _ target: UInt8, _ ports: (Int, Int), count: Int = 0) -> [UInt8] {
    PacketBytes.ipv4(source, target, 17, PacketBytes.udp(ports.0, ports.1, count: count))
}

func ipv4(_ last: UInt8) -> UInt128 { 0xffff_0a00_0000 | UInt128(last) }
