import ArgumentParser
import Foundation
import Model
import PolicyFiles
import Server
import TestSupport
import Testing

@testable import Commands

/// What README and the pages say that can be run, is.
@Suite struct PageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ page: String) throws -> String {
        try String(contentsOf: root.appending(path: page), encoding: .utf8)
    }

    private static let pages: [String] = {
        let folder = root.appending(path: "docs").path
        return ["README.md", "CHANGELOG.md"] + files(below: folder).filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
    }()

    /// The fenced blocks of a page, with the word after the fence.
    private static func blocks(_ page: String) throws -> [(word: String, lines: [String])] {
        var blocks: [(word: String, lines: [String])] = []
        var open: (word: String, lines: [String])?
        for line in try text(page).split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open = open == nil ? (String(line.dropFirst(3)), []) : nil
            } else {
                open?.lines.append(line)
            }
        }
        return blocks
    }

    /// The commands of a page, as a shell would split them: without comments, redirections and what a pipe leads to.
    private static func commands(_ page: String) throws -> [[String]] {
        try blocks(page).flatMap(\.lines).compactMap { line in
            let bare = line.hasPrefix("$ ") ? String(line.dropFirst(2)) : line
            guard bare.hasPrefix("gatehouse ") else { return nil }
            var words = bare.split(separator: " ").map(String.init)
            if let end = words.firstIndex(where: { $0.hasPrefix("#") || $0 == ">" || $0 == "|" }) {
                words.removeSubrange(end...)
            }
            return words.dropFirst().map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "'\"")) }
        }
    }

    @Test(arguments: pages) func `every command of a page is one`(page: String) throws {
        for words in try Self.commands(page) {
            #expect(throws: Never.self, "\(page): gatehouse \(words.joined(separator: " "))") {
                _ = try Gatehouse.parseAsRoot(words)
            }
        }
    }

    @Test func `README has commands, and its policy is one`() throws {
        #expect(try Self.commands("README.md").count > 5)
        let yaml = try #require(try Self.blocks("README.md").first { $0.word == "yaml" })
        let policy = try PolicyFile.load(yaml.lines.joined(separator: "\n"), name: "README.md")
        #expect(policy.vpcs.first?.groups.count == 3)
    }

    @Test(arguments: files(below: root.appending(path: "docs/guides").path).filter { $0 != "README.md" })
    func `every policy of a guide is one`(page: String) throws {
        let yaml = try Self.blocks("docs/guides/\(page)").filter { $0.word == "yaml" }
        #expect(!yaml.isEmpty)
        for block in yaml {
            let policy = try PolicyFile.load(block.lines.joined(separator: "\n"), name: page)
            #expect(policy.bridges?.isEmpty == false)
        }
    }

    @Test func `the bootstrap file of the operators' page is one`() async throws {
        let yaml = try #require(try Self.blocks("docs/operations.md").first { $0.word == "yaml" })
        try await withScratchFolder { folder in
            try write(Array(yaml.lines.joined(separator: "\n").utf8), to: folder + "/first.yaml")
            for name in ["admin.pw", "ci.token"] {
                try write(Array("0123456789abcdef".utf8), to: "\(folder)/\(name)")
            }
            _ = try Bootstrap(path: folder + "/first.yaml")
        }
    }

    /// Rooms by their floor, as `scripts/check-arrows` holds them; benches and what only tests link are no rooms.
    private static func floors() throws -> [Int: Set<String>] {
        let script = try text("scripts/check-arrows")
        let list = try #require(script.firstMatch(of: #/FLOORS = \[\n(?<floors>(?s).*?)\n\]/#)).output.floors
        let rows = list.split(separator: "\n").map { row in
            Set(row.matches(of: #/"(?<name>[\w-]+)"/#).map { String($0.output.name) })
        }
        return Dictionary(
            rows.enumerated().map { ($0, $1.filter { !$0.hasSuffix("-bench") && !$0.hasPrefix("CBench") }) }
        ) { first, _ in first }
    }

    @Test func `the overview's table is the law of the arrows`() throws {
        var table: [Int: Set<String>] = [:]
        for row in try Self.text("docs/design/overview.md").matches(of: #/\n\| (?<floor>\d) \| (?<rooms>[^|]+) \|/#) {
            let rooms = row.output.rooms.matches(of: #/`(?<name>[\w-]+)`/#).map { String($0.output.name) }
            table[Int(row.output.floor) ?? -1, default: []].formUnion(rooms)
        }
        #expect(table == (try Self.floors()))
    }

    @Test func `every list that the overview names is there`() throws {
        let sources = Self.root.appending(path: "Sources").path
        let all = try files(below: sources).filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOfFile: "\(sources)/\($0)", encoding: .utf8)
        }.joined(separator: "\n")
        let page = try Self.text("docs/design/overview.md")
        let paragraph = try #require(page.firstMatch(of: #/What is one list:(?<words>(?s).*?)\n\n/#)).output.words
        let names = paragraph.matches(of: #/`(?:\w+\.)?(?<name>\w+)`/#).map { String($0.output.name) }
        #expect(names.count > 5)
        for name in names {
            #expect(all.firstMatch(of: try Regex("\\b(enum|struct|let|protocol) \(name)\\b")) != nil, "\(name)")
        }
    }
}
