import FuzzEntries
import TestSupport
import Testing

@testable import FlowExports

struct ExportDecoderTests {
    private struct Decoded {
        var flows: [ExportedFlow] = []
        var notes: [ExportNote] = []
        var others = 0
        var fault: ExportFault?

        init(_ bytes: [UInt8]) {
            var decoder = ExportDecoder()
            do throws(ExportFault) {
                var place = 0
                while place < bytes.count,
                    let end = try ExportDecoder.end(ofMessageIn: bytes, at: place, isWhole: true)
                {
                    try decoder.read(bytes, place..<end, from: "a")
                    place = end
                }
            } catch {
                fault = error
            }
            (flows, notes, others) = (decoder.takeFlows(), decoder.takeNotes(), decoder.otherRecords)
        }
    }

    private static func big16(_ values: Int...) -> [UInt8] { values.flatMap { PacketBytes.big16($0) } }
    private static func big32(_ values: Int...) -> [UInt8] { values.flatMap { PacketBytes.big32($0) } }

    private static func set(_ id: Int, _ body: [UInt8]) -> [UInt8] { big16(id, body.count + 4) + body }

    private static func ipfix(_ number: Int, _ sets: [UInt8]..., domain: Int = 7) -> [UInt8] {
        let body = sets.flatMap { $0 }
        return big16(10, 16 + body.count) + big32(1_767_225_600, number, domain) + body
    }

    private static func version9(_ number: Int, _ sets: [UInt8]...) -> [UInt8] {
        big16(9, sets.count) + big32(100_000, 1_767_225_600, number, 3) + sets.flatMap { $0 }
    }

    /// Source, target, packets and bytes of both ways, a text of any length, milliseconds.
    private static let template = set(
        2,
        big16(256, 8) + big16(8, 4, 12, 4, 2, 2, 1, 4) + big16(0x8002, 2) + big32(29_305) + big16(0x8001, 2)
            + big32(29_305) + big16(82, 65_535, 152, 8))

    private static func record(_ last: Int, text: [UInt8] = [4, 1, 2, 3, 4]) -> [UInt8] {
        big32(0x0a00_0001, 0x0a00_0000 + last) + big16(3) + big32(300) + big16(2, 200) + text
            + big32(411, 1_994_041_344 + last)
    }

    @Test func `version 5 of a real sender is read`() throws {
        let flows = Decoded(RecordedExports.version5).flows
        #expect(flows.count == 6)
        let first = try #require(flows.first)
        #expect(first.source == 0xffff_0a09_0002)
        #expect(first.icmp == 0x0800)
        #expect(first.targetPort == nil)
        #expect((first.packets, first.bytes) == (1, 1028))
        #expect(first.start == 1_796_066_081_483_000)
        let session = flows[4]
        #expect((session.sourcePort, session.targetPort, session.flags, session.transport) == (4321, 58_258, 20, 6))
    }

    @Test func `version 9 of a real sender is read`() throws {
        let decoded = Decoded(RecordedExports.version9)
        #expect(decoded.fault == nil)
        #expect(decoded.notes == [])
        #expect(decoded.flows.map(\.transport) == [1, 1, 1, 1, 58, 6, 6, 44, 44])
        #expect(decoded.flows.map(\.start?.description.count) == [16, 16, 16, 16, 16, 16, 16, 16, 16])
        #expect(decoded.flows[0].start == 1_796_066_081_483_000)
        #expect(decoded.flows[4].source == 0xfe80_0000_0000_0000_8407_d2ff_feae_cf91)
        #expect(decoded.flows[4].icmp == 0x8500)
        #expect(decoded.flows[5].flags == 20)
        #expect(decoded.flows[7].packets == 6)
        #expect(decoded.flows[7].bytes == 6304)
        // The same packets, by both versions.
        #expect(Decoded(RecordedExports.version5).flows[0].start == decoded.flows[0].start)
    }

    @Test func `IPFIX with fields of any length and of both ways is read`() {
        let long: [UInt8] = [255, 1, 0] + [UInt8](repeating: 1, count: 256)
        let decoded = Decoded(
            Self.ipfix(0, Self.template, Self.set(256, Self.record(2) + Self.record(3, text: long) + [0, 0, 0])))
        #expect(decoded.flows.map(\.target) == [0xffff_0a00_0002, 0xffff_0a00_0003])
        #expect(decoded.flows.map(\.packets) == [3, 3])
        #expect(decoded.flows.map(\.bytes) == [300, 300])
        #expect(decoded.flows.map(\.packetsBack) == [2, 2])
        #expect(decoded.flows.map(\.bytesBack) == [200, 200])
        #expect(decoded.flows.map(\.start) == [1_767_225_600_002_000, 1_767_225_600_003_000])
    }

    @Test func `what options say of sampling holds for the flows behind`() {
        let options = Self.set(3, Self.big16(300, 3, 1, 149, 4, 305, 4, 306, 4))
        let told = Self.set(300, Self.big32(7, 1, 99))
        let flows = Self.set(256, Self.record(2))
        let decoded = Decoded(Self.ipfix(0, Self.template, flows, options, told, flows))
        #expect(decoded.flows.map(\.sampling) == [nil, 100])
        #expect(decoded.others == 1)
        // Version 9: a scope of four bytes, an interval.
        let nine = Self.version9(
            0, Self.set(1, Self.big16(300, 4, 4, 1, 4, 34, 4)), Self.set(300, Self.big32(1, 50)),
            Self.set(0, Self.big16(256, 2, 8, 4, 22, 4)), Self.set(256, Self.big32(0x0a00_0001, 99_000)))
        #expect(Decoded(nine).flows.map(\.sampling) == [50])
        #expect(Decoded(nine).flows.map(\.start) == [1_767_225_599_000_000])
    }

    @Test func `what is missing is told by the exporter's numbers`() {
        let flows = Self.set(256, Self.record(2) + Self.record(3))
        let first = Self.ipfix(10, Self.template, flows)
        #expect(Decoded(first + Self.ipfix(12, flows)).notes == [])
        let sent: Int64 = 1_767_225_600_000_000
        #expect(
            Decoded(first + Self.ipfix(17, flows)).notes == [.gap(domain: 7, records: 5, messages: nil, at: sent)])
        // Another domain counts by itself; a number that goes back is a restart.
        #expect(Decoded(first + Self.ipfix(500, domain: 8) + Self.ipfix(0, flows)).notes == [])
        #expect(
            Decoded(Self.version9(4) + Self.version9(7)).notes == [
                .gap(domain: 3, records: nil, messages: 2, at: sent)
            ])
    }

    @Test func `flows before their template are told, and of another domain`() {
        let flows = Self.set(256, Self.record(2))
        let count = Self.record(2).count
        let decoded = Decoded(Self.ipfix(0, flows) + Self.ipfix(1, Self.template) + Self.ipfix(1, flows, domain: 8))
        #expect(
            decoded.notes == [
                .withoutTemplate(domain: 7, template: 256, bytes: count),
                .withoutTemplate(domain: 8, template: 256, bytes: count),
            ])
        // A withdrawal of one, and of all.
        for id in [256, 2] {
            let withdrawn = Self.ipfix(0, Self.template, Self.set(2, Self.big16(id, 0)), flows)
            #expect(Decoded(withdrawn).notes.count == 1)
        }
    }

    @Test func `templates are bounded`() {
        var bytes: [UInt8] = []
        for domain in 0..<5 {
            let templates = (0..<1000).flatMap { Self.big16(256 + $0, 1, 8, 4) }
            bytes += Self.ipfix(0, Self.set(2, templates), domain: domain)
        }
        let notes = Decoded(bytes).notes
        #expect(notes.count == 5000 - ExportDecoder.mostTemplates)
        #expect(notes.allSatisfy { $0 == .tooManyTemplates(domain: 4) })
    }

    @Test(arguments: [
        (Self.big16(7) + [UInt8](repeating: 0, count: 40), "version 7 is none that is read; 5, 9 and 10 (IPFIX) are"),
        (Self.big16(9, 1), "a message ends within its heading"),
        (Self.big16(5, 9) + [UInt8](repeating: 0, count: 40), "a message is cut off"),
        (Self.ipfix(0, Self.set(2, Self.big16(255, 1, 8, 4))), "a template has the number 255"),
        (Self.ipfix(0, Self.set(2, Self.big16(256, 9, 8, 4))), "template 256 is cut off"),
        (Self.ipfix(0, Self.set(2, Self.big16(256, 600, 8, 4))), "template 256 has 600 fields"),
        (Self.ipfix(0, Self.set(2, Self.big16(256, 1, 8, 0))), "template 256 has records without bytes"),
        (Self.ipfix(0, Self.big16(256, 90)), "a set claims 90 bytes"),
    ]) func `a message that cannot be is told`(bytes: [UInt8], reason: String) {
        #expect(Decoded(bytes).fault?.reason == reason)
    }

    @Test(arguments: [1 as UInt64, 2, 3]) func `no bytes trap the decoder`(seed: UInt64) {
        let seeds = [
            RecordedExports.version5, RecordedExports.version9,
            Self.ipfix(0, Self.template, Self.set(256, Self.record(2))) + Self.ipfix(5, Self.set(256, Self.record(3))),
        ]
        for bytes in seeds {
            for length in 0..<bytes.count { _ = Decoded(Array(bytes.prefix(length))) }
        }
        var mutation = Mutation(of: seeds, SplitMix64(seed: seed))
        for _ in 0..<3000 {
            let decoded = Decoded(mutation.next())
            #expect(decoded.flows.allSatisfy { $0.start != nil && $0.end != nil })
        }
    }
}
