import Model
import TestSupport
import Testing

@testable import Records

/// Packets are the guest's: no bytes may trap an encoder, forge a line or reach a terminal.
@Suite struct PacketFuzzTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    private func expectOneHarmlessLine(_ packet: [UInt8]) throws {
        var event = shop.event(packet: packet)
        event.direction = packet.count % 2 == 0 ? .ingress : .egress
        var neutron = NeutronLine(catalogue: shop.catalogue, options: .init(includesDecision: true))
        var json = EventJSON(host: "host-1", catalogue: shop.catalogue)
        var lines = (neutron: ByteLine(), json: ByteLine())
        neutron.append(event, to: &lines.neutron)
        json.append(event, to: &lines.json)
        for bytes in [lines.neutron.bytes, lines.json.bytes] {
            let isHarmless = bytes.last == 0x0a && bytes.dropLast().allSatisfy { (0x20..<0x7f).contains($0) }
            #expect(isHarmless, "packet \(packet)")
        }
        _ = try EventLogLine(reading: lines.json.text)
    }

    @Test func `every prefix of a valid packet gives one harmless line`() throws {
        for packet in SamplePacket.all {
            for length in 0...packet.count { try expectOneHarmlessLine(Array(packet.prefix(length))) }
        }
    }

    @Test func `every changed byte of a valid packet gives one harmless line`() throws {
        for packet in SamplePacket.all {
            for index in packet.indices {
                for value: UInt8 in [0, 1, 0x0a, 0x27, 0x4f, 0x60, 0x7f, 0x80, 0xff] {
                    var changed = packet
                    changed[index] = value
                    try expectOneHarmlessLine(changed)
                }
            }
        }
    }

    @Test func `random bytes give one harmless line`() throws {
        var random = SplitMix64(seed: 2026)
        for _ in 0..<3000 {
            var packet = (0..<Int.random(in: 0...128, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // Half of them claim to be IP, so that the layers above are reached.
            if let first = packet.first, Bool.random(using: &random) {
                packet[0] = Bool.random(using: &random) ? 0x60 : 0x40 | first & 0xf
                if packet.count > 9 { packet[9] = [1, 6, 17, 58, 132].randomElement(using: &random) ?? 6 }
                if packet.count > 6, packet[0] == 0x60 {
                    packet[6] = [0, 6, 17, 43, 44, 51, 58, 60].randomElement(using: &random) ?? 6
                }
            }
            try expectOneHarmlessLine(packet)
        }
    }
}
