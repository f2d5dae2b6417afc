import Archive
import Gzip
import Model
import Query
import Records
import TestSupport
import Testing
import Zstd

@testable import Import

struct AWSImportTests {
    private static let heading =
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
    private static func line(_ number: Int) -> String {
        "2 210987654321 eni-\(number % 3) 10.8.\(number / 250).\(number % 250) 10.8.7.5 \(1000 + number) 443 6 \(number) \(number * 60) \(1_767_225_600 + number * 7) \(1_767_225_610 + number * 7) ACCEPT OK"
    }

    private static func read(
        _ folder: String, _ files: [(name: String, bytes: [UInt8])], format: ImportFormat? = nil,
        fields: [String]? = nil
    ) throws -> ImportResult {
        let archive = ArchiveFolder("\(folder)/archive")
        var importer = try Importer(
            archive, try ArchiveWriter(archive, try archive.claim()), format: format, fields: fields)
        for file in files {
            try write(file.bytes, to: "\(folder)/\(file.name)")
            try importer.read("\(folder)/\(file.name)")
        }
        try importer.finish()
        return importer.result
    }

    private static func read(_ folder: String, _ text: String, fields: [String]? = nil) throws -> ImportResult {
        try read(folder, [("a.log", Array(text.utf8))], fields: fields)
    }

    private static func rows(_ folder: String, _ columns: [FlowColumn]) throws -> [[AnswerValue]] {
        var question = FlowQuestion()
        question.columns = columns
        return try Answerer(ArchiveFolder("\(folder)/archive")).answer(question).rows
    }

    @Test func `a line is one record`() async throws {
        try await withScratchFolder { folder in
            let result = try Self.read(
                folder,
                """
                version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags pkt-srcaddr pkt-dstaddr az-id flow-direction reject-reason new-field
                10 210987654321 eni-1 10.8.3.20 10.8.7.5 49812 5432 6 18446744073709551615 2210 1767225601 1767225655 REJECT OK vpc-1 subnet-1 i-1 18 192.0.2.9 - euw1-az2 ingress BPA whatever
                """)
            #expect(result.summary == "imported 1 records, 0 lines not understood, 0 already there")
            #expect(result.others.hasPrefix("1 headings, 0 comments"))
            let columns: [FlowColumn] = [
                .project, .interfaceID, .initiatorIP, .targetIP, .sourceAddress, .targetAddress, .initiatorPort,
                .targetPort,
                .transport, .packetsFromInitiator, .packetsFromTarget, .start, .end, .verdict, .vpc, .vpcID, .subnetID,
                .instanceID, .flags, .zone, .direction, .reason, .source, .sourceLine,
            ]
            let start = AnswerValue.instant(1_767_225_601_000_000)
            #expect(
                try Self.rows(folder, columns) == [
                    [
                        .text("210987654321"), .text("eni-1"), .address(IPAddress(ipv4: 0xc000_0209)),
                        .address(IPAddress(ipv4: 0x0a08_0705)), .address(IPAddress(ipv4: 0x0a08_0314)),
                        .address(IPAddress(ipv4: 0x0a08_0705)), .number(49_812), .number(5432), .text("tcp"),
                        .number(UInt128(UInt64.max)), .absent, start, .instant(1_767_225_655_000_000), .text("drop"),
                        .text("vpc-1"), .text("vpc-1"), .text("subnet-1"), .text("i-1"), .number(18), .text("euw1-az2"),
                        .text("ingress"), .text("BPA"), .text("aws"), .number(2),
                    ]
                ])
        }
    }

    @Test(arguments: [
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225601 1767225655 ACCEPT", "13 values, where 14 columns"),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225601 1767225655 ACCEPT OK x", "15 values"),
        ("2 1 e 10.0.0.1 10.0.0.2 65536 2 6 1 1 1767225601 1767225655 ACCEPT OK", "srcport: 65536 is over 65535"),
        ("2 1 e 10.0.0.1 10.0.0.2 -1 2 6 1 1 1767225601 1767225655 ACCEPT OK", "srcport: \"-1\" is no number"),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 256 1 1 1767225601 1767225655 ACCEPT OK", "protocol: 256"),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 18446744073709551616 1 1767225601 1767225655 ACCEPT OK", "packets"),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 0x10 1767225601 1767225655 ACCEPT OK", "bytes"),
        (
            "2 1 e 10.0.0.300 10.0.0.2 1 2 6 1 1 1767225601 1767225655 ACCEPT OK",
            "srcaddr: \"10.0.0.300\" is no address"
        ),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225601 1767225600 ACCEPT OK", "the end is before the start"),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225601 1767225655 MAYBE OK", "action: \"MAYBE\""),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225601 1767225655 ACCEPT GOOD", "log-status: \"GOOD\""),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 - 1767225655 ACCEPT OK", "start: there is none"),
        ("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225601 99999999999999999999 ACCEPT OK", "end"),
    ]) func `a bad line is told and nothing of it is kept`(line: String, words: String) async throws {
        try await withScratchFolder { folder in
            let result = try Self.read(
                folder, [Self.heading, Self.line(1), line, Self.line(2)].joined(separator: "\n"))
            #expect(result.imported == 2)
            #expect(result.badLines == 1)
            #expect(result.complaints.first?.hasPrefix("\(folder)/a.log:3: ") == true)
            #expect(result.complaints.first?.contains(words) == true, "\(result.complaints)")
            let packets = try Self.rows(folder, [.packetsFromInitiator, .targetPort])
            #expect(packets == [[.number(1), .number(443)], [.number(2), .number(443)]])
        }
    }

    @Test func `lines that are not UTF-8 or too long are bad ones`() async throws {
        try await withScratchFolder { folder in
            var content = Array((Self.heading + "\n").utf8) + [0xff, 0xfe, 10]
            content += [UInt8](repeating: 0x61, count: 65_537) + [10]
            content += [UInt8](repeating: 0x61, count: 65_536) + [10]
            content += Array(Self.line(4).utf8)
            let result = try Self.read(folder, [("a.log", content)])
            #expect(result.summary == "imported 1 records, 3 lines not understood, 0 already there")
            #expect(result.complaints[0].hasSuffix(":2: the line is not UTF-8"))
            #expect(result.complaints[1].hasSuffix(":3: the line has more than 64 KiB"))
            #expect(result.complaints[2].contains(":4: 1 values"))
        }
    }

    @Test func `silence and loss are stated once, and count as no line`() async throws {
        try await withScratchFolder { folder in
            let text = [
                Self.heading, "2 1 eni-1 - - - - - - - 1767225601 1767225655 - NODATA",
                "2 1 eni-1 - - - - - - - 1767225701 1767225755 - SKIPDATA", "", "# comment", Self.line(1),
            ].joined(separator: "\r\n")
            for _ in 0..<2 {
                let result = try Self.read(folder, text)
                #expect(result.badLines == 0)
                #expect(
                    result.others
                        == "1 headings, 1 comments, 1 blank lines, 1 statements of silence, 1 statements of loss, 0 other events"
                )
            }
            let answer = try Answerer(ArchiveFolder("\(folder)/archive")).answer(FlowQuestion())
            #expect(answer.completeness.loss.map(\.reason) == ["SKIPDATA"])
            #expect(answer.completeness.loss.map(\.interface) == ["eni-1"])
            #expect(answer.completeness.records == 1)
        }
    }

    @Test func `a copy under any name adds nothing, a grown file what is new`() async throws {
        try await withScratchFolder { folder in
            let lines = [Self.heading] + (0..<500).map { Self.line($0 / 2) }
            let all = Array((lines.joined(separator: "\n") + "\n").utf8)
            let part = Array((lines[..<300].joined(separator: "\n") + "\n").utf8)
            var zipped: [UInt8] = []
            try Compressor(level: 3).append(all, to: &zipped)
            // Equal lines within a file all stay.
            #expect(
                try Self.read(folder, [("a.log", part)]).summary
                    == "imported 299 records, 0 lines not understood, 0 already there")
            #expect(
                try Self.read(folder, [("b.log", part)]).summary
                    == "imported 0 records, 0 lines not understood, 299 already there")
            #expect(
                try Self.read(folder, [("c.gz", try compress(all)), ("d.zst", zipped)]).summary
                    == "imported 201 records, 0 lines not understood, 799 already there")
            #expect(try Self.rows(folder, [.id]).count == 500)
        }
    }

    @Test func `headings in the middle begin new columns`() async throws {
        try await withScratchFolder { folder in
            let result = try Self.read(
                folder,
                """
                start srcaddr dstaddr action
                1767225601 10.0.0.1 10.0.0.2 ACCEPT
                action dstaddr srcaddr start end
                REJECT 10.0.0.3 10.0.0.4 1767225602 1767225603
                """)
            #expect(result.imported == 2)
            #expect(result.headings == 2)
            let rows = try Self.rows(folder, [.initiatorIP, .verdict, .end])
            #expect(
                rows[1] == [.address(IPAddress(ipv4: 0x0a00_0004)), .text("drop"), .instant(1_767_225_603_000_000)])
        }
    }

    @Test func `lines without heading have the columns that are given`() async throws {
        try await withScratchFolder { folder in
            let result = try Self.read(folder, "10.0.0.1 1767225601 9", fields: ["srcaddr", "start", "bytes"])
            #expect(result.imported == 1)
            #expect(try Self.rows(folder, [.bytesFromInitiator]) == [[.number(9)]])
        }
    }

    @Test func `a file that is cut off keeps what came before, and the others are read`() async throws {
        try await withScratchFolder { folder in
            let lines = ([Self.heading] + (0..<20_000).map { Self.line($0) }).joined(separator: "\n")
            let whole = try compress(Array(lines.utf8))
            let result = try Self.read(
                folder,
                [
                    ("cut.gz", Array(whole.prefix(whole.count / 2))),
                    ("good.log", Array((Self.heading + "\n" + Self.line(30_000)).utf8)),
                    ("odd.txt", Array("what is this\n".utf8)),
                ])
            #expect(result.failures.map(\.file) == ["\(folder)/cut.gz", "\(folder)/odd.txt"])
            #expect(result.imported > 1000)
            #expect(result.imported < 20_000)
            #expect(try Self.rows(folder, [.sourceFile]).contains([.text("\(folder)/good.log")]))
        }
    }
}
