import ArgumentParser
import Foundation
import PolicyFiles
import Testing

@testable import Commands

/// The examples of the documents and of each command's help are commands, and their policy files are policies.
@Suite struct DocumentTests {
    private static let pages = [
        "README.md", "docs/operations.md", "docs/design/command-line.md", "docs/formats/policy-file.md",
    ]

    private static func page(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }

    private static func examples() throws -> [String] {
        let helps = Gatehouse.configuration.subcommands.flatMap { [$0] + $0.configuration.subcommands }.map {
            $0.configuration.discussion
        }
        let texts = try pages.map(page) + [helps.joined(separator: "\n").replacing("Example: ", with: "\n")]
        return texts.joined(separator: "\n").replacing("sudo ", with: "").split(separator: "\n").filter {
            $0.hasPrefix("gatehouse ")
        }.map { line in
            // Without comments and redirections.
            String(line.split(separator: " #")[0].split(separator: " > ")[0])
        }
    }

    @Test func `each policy file of the readme is a policy`() throws {
        let blocks = try Self.page("README.md").split(separator: "```yaml\n").dropFirst().map {
            String($0.split(separator: "```")[0])
        }
        #expect(!blocks.isEmpty)
        for block in blocks { _ = try PolicyFile.load(block, name: "README.md") }
    }

    @Test func `each example is understood`() throws {
        let examples = try Self.examples()
        #expect(examples.count >= 10 + Gatehouse.configuration.subcommands.count)
        for example in examples {
            do {
                _ = try Gatehouse.parseAsRoot(example.split(separator: " ").dropFirst().map(String.init))
            } catch {
                Issue.record("\(example): \(Gatehouse.message(for: error))")
            }
        }
    }
}
