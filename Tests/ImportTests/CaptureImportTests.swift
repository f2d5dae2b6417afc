import Archive
import FuzzEntries
import Gzip
import Host
import Model
import Query
import Records
import TestSupport
import Testing
import Zstd

@testable import Import

/// Captures: what becomes of them in an archive.
struct CaptureImportTests {
    private static let start = 1_767_225_600_000_000

    private static func capture(_ layout: CaptureBytes.Layout = .littleMicroseconds, count: Int = 4) -> [UInt8] {
        var capture = CaptureBytes(layout)
        for number in 0..<count {
            let (source, target) = number % 2 == 0 ? (UInt8(1), UInt8(2)) : (2, 1)
            let ports = number % 2 == 0 ? (1000 + number / 4, 53) : (53, 1000 + number / 4)
            let packet = PacketBytes.ipv4(source, target, 17, PacketBytes.udp(ports.0, ports.1, count: 10))
            capture.add(PacketBytes.ethernet(0x0800, packet), at: start + number * 1000)
        }
        return capture.bytes
    }

    private static func read(
        _ folder: String, _ files: [(name: String, bytes: [UInt8])], format: ImportFormat? = nil
    ) throws -> ImportResult {
        let archive = ArchiveFolder("\(folder)/archive")
        var importer = try Importer(
            archive, try ArchiveWriter(archive, try archive.claim()), format: format, fields: nil)
        for file in files {
            try write(file.bytes, to: "\(folder)/\(file.name)")
            try importer.read("\(folder)/\(file.name)")
        }
        try importer.finish()
        return importer.result
    }

    private static func rows(_ folder: String, _ columns: [FlowColumn]) throws -> [[AnswerValue]] {
        var question = FlowQuestion()
        question.columns = columns
        return try Answerer(ArchiveFolder("\(folder)/archive")).answer(question).rows
    }

    @Test func `a session of a capture is one record`() async throws {
        try await withScratchFolder { folder in
            var capture = CaptureBytes(.littleBlocks)
            capture.add(PacketBytes.ethernet(0x0806, [0, 1]), at: Self.start)
            for (source, flags, at) in [(9, 2, 0), (1, 18, 10), (9, 16, 20)] as [(UInt8, UInt8, Int)] {
                let ports = source == 9 ? (40_000, 443) : (443, 40_000)
                let packet = PacketBytes.ipv4(
                    source, source == 9 ? 1 : 9, 6, PacketBytes.tcp(ports.0, ports.1, flags, count: 5))
                capture.add(PacketBytes.ethernet(0x0800, packet), at: Self.start + at)
            }
            capture.add(PacketBytes.ethernet(0x0800, [0x45]), at: Self.start)
            capture.addStatistics(drops: 7, at: Self.start)
            let result = try Self.read(folder, [("a.pcapng", capture.bytes)])
            #expect(result.summary == "imported 1 records, 1 lines not understood, 0 already there")
            #expect(result.complaints == ["\(folder)/a.pcapng:5: the packet ends within its IP header"])
            #expect(result.otherEvents == 1)
            let columns: [FlowColumn] = [
                .start, .end, .initiatorIP, .targetIP, .initiatorPort, .targetPort, .transport, .transportNumber,
                .packetsFromInitiator, .bytesFromInitiator, .packetsFromTarget, .bytesFromTarget, .flags, .endReason,
                .source, .sourceFile, .sourceLine, .verdict,
            ]
            let start = Int64(Self.start)
            #expect(
                try Self.rows(folder, columns) == [
                    [
                        .instant(start), .instant(start + 20), .address(IPAddress(ipv4: 0x0a00_0009)),
                        .address(IPAddress(ipv4: 0x0a00_0001)), .number(40_000), .number(443), .text("tcp"), .number(6),
                        .number(2), .number(90), .number(1), .number(45), .number(18), .text("forced"), .text("pcap"),
                        .text("\(folder)/a.pcapng"), .number(2), .absent,
                    ]
                ])
            let loss = try Answerer(ArchiveFolder("\(folder)/archive")).answer(FlowQuestion()).completeness.loss
            #expect(loss.map(\.packets) == [7])
        }
    }

    @Test func `the same packets in another file add nothing`() async throws {
        try await withScratchFolder { folder in
            let bytes = Self.capture(count: 4000)
            var zipped: [UInt8] = []
            try Compressor(level: 3).append(bytes, to: &zipped)
            let files = [
                ("a.pcap", bytes), ("b.pcap.gz", try compress(bytes)), ("c.zst", zipped),
                ("d.pcapng", Self.capture(.bigBlocks, count: 4000)),
            ]
            #expect(
                try Self.read(folder, files).summary
                    == "imported 1000 records, 0 lines not understood, 3000 already there")
            #expect(
                try Self.read(folder, [files[0]]).summary
                    == "imported 0 records, 0 lines not understood, 1000 already there")
        }
    }

    @Test func `a capture that is cut off keeps what came before`() async throws {
        try await withScratchFolder { folder in
            let bytes = Self.capture(count: 20_000)
            let zipped = try compress(bytes)
            let result = try Self.read(
                folder,
                [
                    ("cut.pcap", Array(bytes.prefix(bytes.count - 3))),
                    ("good.pcap", Self.capture(.littleBlocks, count: 3)),
                    ("cut.gz", Array(zipped.prefix(zipped.count / 2))),
                ])
            #expect(result.failures.map(\.file) == ["\(folder)/cut.pcap", "\(folder)/cut.gz"])
            #expect(
                result.failures.first?.reason
                    == "the file ends within what follows packet 19999: 65 bytes are there, at byte \(bytes.count - 68)"
            )
            let packets = try Self.rows(folder, [.sourceFile, .packetsFromInitiator, .packetsFromTarget])
            #expect(packets.count > 5000)
            #expect(packets.contains { $0[0] == .text("\(folder)/good.pcap") })
        }
    }

    @Test func `what is named a capture and is none is refused`() async throws {
        try await withScratchFolder { folder in
            let result = try Self.read(
                folder, [("a.log", Array("2 1 eni-1".utf8)), ("empty", [])], format: .pcap)
            #expect(result.imported == 0)
            #expect(result.failures.map(\.file) == ["\(folder)/a.log", "\(folder)/empty"])
        }
    }

    /// What tcpdump writes of real packets: a ping of both families and a session of TCP.
    @Test(.kernel) func `tcpdump's file of real packets is read`() async throws {
        try await withScratchFolder { folder in
            let host = try TestHost("cap")
            defer { host.remove() }
            let guest = try host.addGuest("a", device: "veth0", addresses: ["10.9.0.2/24", "fd09::2/64"])
            try TestHost.run("ip", "-n", host.name, "addr", "add", "10.9.0.1/24", "dev", "veth0")
            try TestHost.run("ip", "-n", host.name, "addr", "add", "fd09::1/64", "dev", "veth0", "nodad")
            let file = "\(folder)/real.pcap"
            // Two echo requests of each family and their answers, and a session of TCP that is refused by RST; neighbours besides.
            let script = """
                tcpdump --immediate-mode -i veth0 -U -w \(file) -s 96 2>\(folder)/talk & dump=$!
                until grep -q listening \(folder)/talk; do sleep 0.05; done
                ip netns exec \(guest) ping -q -c 2 -i 0.2 -s 1000 10.9.0.1 >/dev/null
                ip netns exec \(guest) ping -q -c 2 -i 0.2 -s 3000 fd09::1 >/dev/null
                ip netns exec \(guest) bash -c 'exec 3<>/dev/tcp/10.9.0.1/4321' 2>/dev/null || true
                sleep 0.3; kill -INT $dump; wait $dump
                """
            try TestHost.run("bash", "-c", script, in: host.name)
            let result = try Self.read(folder, [("copy.pcap", try #require(try DurableFile.read(file)))])
            #expect(result.failures.isEmpty)
            #expect(result.badLines == 0, "\(result.complaints)")
            // ARP.
            #expect(result.otherEvents >= 2)
            let rows = try Self.rows(
                folder,
                [
                    .transport, .icmpType, .initiatorIP, .packetsFromInitiator, .bytesFromInitiator, .packetsFromTarget,
                    .bytesFromTarget, .targetPort, .flags, .endReason,
                ])
            let guest4 = AnswerValue.address(try #require(IPAddress("10.9.0.2")))
            let guest6 = AnswerValue.address(try #require(IPAddress("fd09::2")))
            #expect(
                rows.contains([
                    .text("icmp"), .number(8), guest4, .number(2), .number(2056), .number(2), .number(2056), .absent,
                    .absent, .text("forced"),
                ]))
            // 3008 bytes of ICMPv6 in three fragments of 1448, 1448 and 112, with 48 bytes of headers each.
            #expect(
                rows.contains([
                    .text("icmpv6"), .number(128), guest6, .number(6), .number(6304), .number(6), .number(6304),
                    .absent, .absent, .text("forced"),
                ]), "\(rows)")
            let session = try #require(rows.first { $0[7] == .number(4321) })
            #expect(session[2] == guest4)
            #expect(session[3] == .number(1))
            #expect(session[5] == .number(1))
            #expect(session[6] == .number(40))
            #expect(session[8] == .number(2 | 4 | 16))
            #expect(session[9] == .text("rst"))
        }
    }
}
