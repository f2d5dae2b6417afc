import Foundation
import TestSupport
import Testing

@testable import Archive

struct StatementLogTests {
    private func statement(_ id: String) -> Statement {
        var statement = Statement(id: id, kind: .loss, host: "aws", start: 1, end: 2, reason: "SKIPDATA")
        (statement.interface, statement.records) = ("eni-1", .max)
        return statement
    }

    @Test func `statements are read as they were written`() async throws {
        try await withScratchFolder { path in
            let log = StatementLog(ArchiveFolder(path))
            try log.append([statement("a")])
            try log.append([statement("b"), statement("c")])
            #expect(try log.read().statements == ["a", "b", "c"].map(statement))
        }
    }

    @Test func `a line that a crash cut off is gone, and the next one is whole`() async throws {
        try await withScratchFolder { path in
            let log = StatementLog(ArchiveFolder(path))
            try log.append([statement("a"), statement("b")])
            let all = try bytes("\(path)/statements.jsonl")
            for length in 0..<all.count {
                try write(Array(all.prefix(length)), to: "\(path)/statements.jsonl")
                try log.append([statement("c")])
                let (read, badLines) = try log.read()
                #expect(badLines == 0)
                #expect(read.last == statement("c"))
                #expect(read.dropLast().allSatisfy { ["a", "b"].contains($0.id) })
            }
        }
    }

    @Test func `a damaged line is counted`() async throws {
        try await withScratchFolder { path in
            let log = StatementLog(ArchiveFolder(path))
            try log.append([statement("a")])
            try write(Array("{}\n".utf8) + (try bytes("\(path)/statements.jsonl")), to: "\(path)/statements.jsonl")
            #expect(try log.read().badLines == 1)
            #expect(try log.read().statements.count == 1)
        }
    }
}
