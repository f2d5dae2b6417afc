import Foundation
import Host
import Link
import Parquet
import TestSupport
import Testing

@testable import Commands

/// Archives as a person uses them: the program itself, also killed.
@Suite struct ArchiveCommandTests {
    private let shop: ShopFolder

    init() throws { shop = try ShopFolder() }

    private static let heading =
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"

    private static func line(_ number: Int) -> String {
        let start = 1_767_225_600 + number % 20_000
        return
            "2 210987654321 eni-\(number % 3) 10.8.\(number / 250 % 250).\(number % 250) 10.8.7.5 \(number % 60_000) 443 6 1 "
            + "\(number) \(start) \(start + 10) \(number % 4 == 0 ? "REJECT" : "ACCEPT") OK"
    }

    private func log(_ count: Int) throws -> String {
        try shop.file("aws.log", ([Self.heading] + (0..<count).map(Self.line)).joined(separator: "\n") + "\n")
    }

    private var archive: String { shop.folder.path + "/archive" }

    @Test func `what is imported is found`() throws {
        let log = try log(1000)
        let run = try shop.gatehouse("import", "--archive", archive, log)
        #expect(run.exit == .code(0))
        #expect(run.output.hasSuffix("imported 1000 records, 0 lines not understood, 0 already there\n"))
        let answer = try shop.gatehouse(
            "flows", "--archive", archive, "action=drop", "--by", "proto", "--sum", "bytes", "-o", "jsonl")
        #expect(
            answer.output.hasPrefix("{\"protocol\":\"tcp\",\"count\":250,\"sum_bytes\":124500}\n{\"completeness\":{"))
        #expect(answer.output.hasSuffix("\"complete\":true}}\n"))
    }

    @Test func `an answer is a Parquet file`() throws {
        _ = try shop.gatehouse("import", "--archive", archive, try log(100))
        let path = shop.folder.path + "/answer.parquet"
        let run = try shop.gatehouse(
            "flows", "--archive", archive, "--by", "src,action", "--sum", "bytes", "-o", "parquet", "--to", path)
        #expect(run.exit == .code(0), "\(run.errors)")
        let file = try ParquetFile(path: path)
        #expect(file.columns.map(\.name) == ["initiator_ip", "verdict", "count", "sum_bytes"])
        #expect(file.rowCount == 100)
        #expect(file.metadata["completeness"]?.contains("\"complete\":true") == true)
        guard case .integers(let sums) = try file.read(3, group: 0).values else { return }
        #expect(sums.reduce(0, +) == 4950)
        // This host's own records are one, too.
        #expect(
            try shop.gatehouse("flows", "-o", "parquet", "--to", shop.folder.path + "/own.parquet").exit == .code(0))
    }

    @Test func `a filter that is none is shown with its mark, and nothing is answered`() throws {
        let run = try shop.gatehouse("flows", "--archive", archive, "scr=10.0.0.1")
        #expect(run.exit == .code(2))
        #expect(run.output.isEmpty)
        #expect(run.errors == "scr=10.0.0.1\n^\nthere is no field \"scr\"; did you mean src?\n")
    }

    @Test func `an archive that is not there is named`() throws {
        let run = try shop.gatehouse("flows", "--archive", archive)
        #expect(run.exit == .code(1))
        #expect(run.errors.contains("archive \(archive): there is none"))
    }

    @Test func `the language also asks this host's records`() throws {
        let some = try shop.gatehouse("flows", "-o", "jsonl", "dport in (443, 22) and not action = drop").output
        #expect(some.split(separator: "\n").count == 2)
        #expect(
            try shop.gatehouse("flows", "-o", "jsonl", "bytes_from_target exists and dport > 443").output.contains(
                "5432"))
    }

    @Test func `this host's records come into the archive once`() throws {
        for (number, count) in [3, 0].enumerated() {
            let run = try shop.gatehouse("archive", "--archive", archive)
            #expect(run.output == "archived \(count) records\n", "pass \(number)")
        }
        let answer = try shop.gatehouse(
            "flows", "--archive", archive, "-o", "jsonl", "--columns", "id,project,vpc,dport")
        let rows = answer.output.split(separator: "\n").dropLast()
        #expect(rows.count == 3)
        #expect(
            rows.first == "{\"id\":\"\(Machine.hostName):1\",\"project\":\"demo\",\"vpc\":\"shop\",\"target_port\":443}"
        )
    }

    /// Killed at random instants, then run to its end: each record is there once, and what was there was told as there.
    @Test func `an import that is killed leaves each record once`() throws {
        let count = 30_000
        let log = try log(count)
        var random = SplitMix64(seed: 20)
        for _ in 0..<6 {
            try? FileManager.default.removeItem(atPath: archive)
            for _ in 0..<2 {
                let process = try shop.start("import", "--archive", archive, log)
                Thread.sleep(forTimeInterval: Double(random.next() % 1500) / 1000)
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                if DurableFile.exists(archive) {
                    let ids = try ids()
                    #expect(Set(ids).count == ids.count)
                }
            }
            let last = try shop.gatehouse("import", "--archive", archive, log).output.split(separator: "\n").last ?? ""
            let numbers = last.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
            #expect(numbers.count == 3)
            #expect((numbers.first ?? 0) + (numbers.last ?? 0) == count, "\(last)")
            let ids = try ids()
            #expect(ids.count == count)
            #expect(Set(ids).count == count)
        }
    }

    private func ids() throws -> [Substring] {
        let run = try shop.gatehouse("flows", "--archive", archive, "--columns", "id", "-o", "csv")
        #expect(run.exit == .code(0), "\(run.errors)")
        return run.output.split(separator: "\r\n").dropFirst().map { $0 }
    }
}
