import Archive
import FuzzEntries
import Model
import Query
import Records
import TestSupport
import Testing

@testable import Import

/// Messages of NetFlow and IPFIX in a file.
struct ExportImportTests {
    private static func big16(_ values: Int...) -> [UInt8] { values.flatMap { PacketBytes.big16($0) } }
    private static func big32(_ values: Int...) -> [UInt8] { values.flatMap { PacketBytes.big32($0) } }

    /// A message of version 5 with flows of a UDP session each, the exporter being a minute old.
    private static func message(_ number: Int, flows: Int, interval: Int = 0) -> [UInt8] {
        var bytes = big16(5, flows) + big32(60_000, 1_767_225_600, 0, number) + big16(0, interval)
        for flow in 0..<flows {
            bytes += big32(0x0a00_0001, 0x0a00_0002, 0) + big16(1, 2) + big32(4, 400, 10_000, 20_000 + flow)
            bytes += big16(1000 + number + flow, 53) + [0, 0, 17, 0] + big16(0, 0) + [0, 0, 0, 0]
        }
        return bytes
    }

    private static func read(_ folder: String, _ files: [(name: String, bytes: [UInt8])]) throws -> ImportResult {
        let archive = ArchiveFolder("\(folder)/archive")
        var importer = try Importer(
            archive, try ArchiveWriter(archive, try archive.claim()), format: nil, fields: nil)
        for file in files {
            try write(file.bytes, to: "\(folder)/\(file.name)")
            try importer.read("\(folder)/\(file.name)")
        }
        try importer.finish()
        return importer.result
    }

    @Test func `messages in a file are read, and what is missing between them is a loss`() async throws {
        try await withScratchFolder { folder in
            let bytes = Self.message(0, flows: 2) + Self.message(9, flows: 1, interval: 0x4000 | 100)
            let result = try Self.read(folder, [("a", bytes)])
            #expect(result.summary == "imported 3 records, 0 lines not understood, 0 already there")
            #expect(result.losses == 1)
            var question = FlowQuestion()
            question.columns = [
                .start, .end, .initiatorPort, .targetPort, .transport, .packetsFromInitiator, .bytesFromInitiator,
                .packetsFromTarget, .sampling, .source, .sourceLine,
            ]
            let answer = try Answerer(ArchiveFolder("\(folder)/archive")).answer(question)
            let start: Int64 = 1_767_225_550_000_000
            let row = { (port: UInt128, end: Int64, sampling: AnswerValue, line: UInt128) -> [AnswerValue] in
                [
                    .instant(start), .instant(end), .number(port), .number(53), .text("udp"), .number(4), .number(400),
                    .absent, sampling, .text("netflow"), .number(line),
                ]
            }
            #expect(
                answer.rows.sorted { "\($0)" < "\($1)" }
                    == [
                        row(1000, start + 10_000_000, .absent, 1), row(1001, start + 10_001_000, .absent, 1),
                        row(1009, start + 10_000_000, .number(100), 2),
                    ].sorted { "\($0)" < "\($1)" })
            #expect(answer.completeness.loss.map(\.records) == [7])
            #expect(
                try Self.read(folder, [("b", bytes)]).summary
                    == "imported 0 records, 0 lines not understood, 3 already there")
        }
    }

    @Test func `a file that ends within a message keeps those before`() async throws {
        try await withScratchFolder { folder in
            let whole = Self.message(0, flows: 3)
            let result = try Self.read(folder, [("a", whole + Self.message(3, flows: 2).dropLast(5))])
            #expect(result.imported == 3)
            #expect(
                result.failures.map(\.reason) == ["message 2: a message is cut off, at byte \(2 * whole.count - 53)"])
        }
    }

    @Test func `flows without a template are not understood`() async throws {
        try await withScratchFolder { folder in
            let message = Self.big16(10, 24) + Self.big32(1_767_225_600, 0, 9) + Self.big16(400, 8) + Self.big32(5)
            let result = try Self.read(folder, [("a", message)])
            #expect(result.summary == "imported 0 records, 1 lines not understood, 0 already there")
            #expect(result.complaints == ["\(folder)/a:1: 4 bytes of domain 9 came before their template, 400"])
        }
    }
}
