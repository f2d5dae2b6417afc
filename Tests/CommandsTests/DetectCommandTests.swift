import Foundation
import Host
import Link
import Testing

@testable import Commands

/// Detections as a person runs them: the program itself, over what was imported.
@Suite struct DetectCommandTests {
    private let shop: ShopFolder
    private var archive: String { shop.folder.path + "/archive" }

    init() throws { shop = try ShopFolder() }

    /// A source that knocks at twenty ports, and visitors of a web server.
    private func importLog() throws {
        var lines = ["version srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"]
        for number in 0..<20 {
            let start = 1_767_225_600 + number
            lines.append("2 203.0.113.5 10.8.7.5 40000 \(20 + number) 6 1 44 \(start) \(start) REJECT OK")
            lines.append(
                "2 198.18.0.\(number) 10.8.7.5 \(41_000 + number) 443 6 9 4000 \(start) \(start + 2) ACCEPT OK")
        }
        let log = try shop.file("aws.log", lines.joined(separator: "\n") + "\n")
        #expect(try shop.gatehouse("import", "--archive", archive, log).exit == .code(0))
    }

    private func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func `a finding a line, with what shows it`() throws {
        try importLog()
        let run = try shop.gatehouse("detect", "--archive", archive, "--output", "jsonl")
        #expect(run.exit == .code(0), "\(run.errors)")
        let findings = try objects(run.output)
        #expect(findings.count == 1)
        let finding = try #require(findings.first)
        #expect(finding["kind"] as? String == "vertical_scan")
        #expect(finding["entity"] as? String == "203.0.113.5")
        #expect(finding["targets"] as? [String] == ["10.8.7.5"])
        #expect((finding["ports"] as? [Int])?.count == 20)
        #expect(finding["protocol"] as? String == "tcp")
        #expect(finding["first_seen"] as? String == "2026-01-01T00:00:00.000000Z")
        #expect(finding["severity"] as? String == "low")
        #expect(finding["contacts"] as? Int == 5)
        #expect((finding["evidence"] as? [String])?.count == 20)
        #expect(finding["score"] is Double)
        #expect(run.errors.contains("went through 40 records"))
    }

    @Test func `its replay shows its records`() throws {
        try importLog()
        let finding = try #require(
            try objects(try shop.gatehouse("detect", "--archive", archive, "--output", "jsonl").output).first)
        let words = try #require(finding["replay"] as? String).split(separator: " ", omittingEmptySubsequences: false)
        // The filter is the last word of the shell's.
        let filter = words.drop { $0 != "'src" }.joined(separator: " ").trimmingCharacters(in: ["'"])
        let range = words.drop { $0 != "--since" }.prefix(4).map(String.init)
        let run = try shop.run(["flows", "--archive", archive] + range + [filter, "--count", "-o", "jsonl"])
        #expect(run.output.hasPrefix("{\"count\":20}"), "\(run.output)\(run.errors)")
    }

    @Test func `the same archive gives the same bytes`() throws {
        try importLog()
        let one = try shop.gatehouse("detect", "--archive", archive, "--output", "jsonl").output
        let again = try shop.gatehouse("detect", "--archive", archive, "--output", "jsonl").output
        #expect(one == again)
    }

    @Test func `this host's own records are gone through`() throws {
        #expect(try shop.gatehouse("archive", "--archive", archive).exit == .code(0))
        let run = try shop.gatehouse("detect", "--archive", archive)
        #expect(run.exit == .code(0), "\(run.errors)")
        #expect(run.errors.contains("went through ") && !run.errors.contains("went through 0 "), "\(run.errors)")
    }

    private static let rule =
        "title: t\nid: knock\nlogsource: {category: firewall}\ndetection: {s: {action: DROP, dst_port: 22}, condition: s}\n"

    @Test func `a rule's match has its id and the record's`() throws {
        try importLog()
        let rules = try shop.file("rules.yml", Self.rule)
        let run = try shop.gatehouse("detect", "--rules", rules, "--archive", archive, "--output", "jsonl")
        let match = try #require(try objects(run.output).first)
        #expect(match["rule_id"] as? String == "knock")
        #expect((match["id"] as? String)?.count == 24)
        #expect(match["evidence"] as? [String] == [match["id"] as? String ?? ""])
    }

    @Test func `a rule that cannot be asked is refused, and nothing is told`() throws {
        try importLog()
        let rules = try shop.file("rules.yml", Self.rule.replacing("dst_port", with: "dst_prot"))
        let run = try shop.gatehouse("detect", "--rules", rules, "--archive", archive)
        #expect(run.exit == .code(1))
        #expect(run.output.isEmpty)
        #expect(
            run.errors.contains(
                "rules.yml:4: detection.s.dst_prot: flow records have no field \"dst_prot\"; write \"dst_port\""))
    }

    @Test(arguments: [
        (["--local", "10.0.0.1/8"], "write 10.0.0.0/8"), (["--since", "soon"], "--since"),
        (["--rules", "a", "--listed", "b"], "give one of them"),
    ]) func `wrong usage is told`(options: [String], words: String) throws {
        let run = try shop.run(["detect", "--archive", archive] + options)
        #expect(run.exit == .code(2))
        #expect(run.errors.contains(words), "\(run.errors)")
    }

    @Test func `an archive that is not there is named`() throws {
        let run = try shop.gatehouse("detect", "--archive", archive)
        #expect(run.exit == .code(1))
        #expect(run.errors.contains("archive \(archive): there is none"))
    }
}
