import ArgumentParser
import Foundation
import Testing

@testable import gatehouse

/// The examples of `docs/design/command-line.md` and of each command's help are commands.
@Suite struct DocumentTests {
    private static func examples() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/design/command-line.md"), encoding: .utf8)
        let helps = Gatehouse.configuration.subcommands.map { $0.configuration.discussion }
        return
            (page + "\n" + helps.joined(separator: "\n").replacing("Example: ", with: "\n").replacing("sudo ", with: ""))
            .split(separator: "\n").filter { $0.hasPrefix("gatehouse ") }.map(String.init)
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
