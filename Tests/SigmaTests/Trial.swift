import Documents
import Model
import Parquet
import Records
import TestSupport

@testable import Sigma

/// Rules as texts, asked of a few records.
struct Trial {
    struct Row {
        var second = 0.0
        var from: String? = "203.0.113.5"
        var to: String? = "10.0.0.1"
        var port: UInt64? = 22
        var verdict: String? = "drop"
        var rule: String?
        var bytes: UInt64? = 100
    }

    static let start: Int64 = 1_780_000_000_000_000

    static func bits(_ text: String?) -> UInt128? { text.flatMap { IPAddress($0) }.map { AddressBits.of($0) } }

    static func batch(_ rows: [Row]) -> SigmaBatch {
        SigmaBatch([
            .id: ColumnVector(texts: rows.indices.map { "r\($0)" }),
            .start: ColumnVector(integers: rows.map { start + Int64($0.second * 1e6) }),
            .initiatorIP: ColumnVector(fixed16: rows.map { bits($0.from) }),
            .targetIP: ColumnVector(fixed16: rows.map { bits($0.to) }),
            .targetPort: ColumnVector(integers: rows.map { $0.port.map { Int64($0) } }),
            .verdict: ColumnVector(texts: rows.map(\.verdict)), .rule: ColumnVector(texts: rows.map(\.rule)),
            .bytesFromInitiator: ColumnVector(integers: rows.map { $0.bytes.map { Int64($0) } }),
        ])
    }

    /// What rules find in records, by rule and record.
    static func run(_ text: String, _ rows: [Row]) async throws -> [SigmaMatch] {
        try await withScratchFolder { folder in
            try write(Array(text.utf8), to: "\(folder)/rules.yml")
            var run = RuleRun(try SigmaRules(path: folder))
            run.take(batch(rows), from: .min, until: .max)
            var matches: [SigmaMatch] = []
            run.settle { matches.append($0) }
            return matches
        }
    }

    /// The numbers of the records for which one search holds.
    static func found(_ search: String, _ rows: [Row], condition: String = "s") async throws -> [Int] {
        let text =
            "title: t\nlogsource: {category: firewall}\ndetection:\n  s: {\(search)}\n  condition: \(condition)\n"
        return try await run(text, rows).compactMap { Int($0.record.dropFirst()) }
    }

    /// What is said of rules that are none.
    static func refusal(_ text: String) async throws -> String {
        do {
            _ = try await run(text, [])
            return ""
        } catch let error as DocumentError {
            return error.problems.map(\.withinFile).joined(separator: "\n")
        }
    }
}
