import Foundation
import Testing

/// A page of docs/guides, as what a reader copies from it.
struct GuidePage {
    private let blocks: [(word: String, text: String)]

    init(_ name: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/guides/\(name).md"), encoding: .utf8)
        // What stands between two fences, with the word after the first.
        blocks = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map { _, block in
            let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(lines[0]), lines.count > 1 ? String(lines[1]) : "")
        }
    }

    /// The first block with the word after its fence.
    func block(_ word: String) throws -> String { try #require(blocks.first { $0.word == word }?.text) }

    var policy: String { get throws { try block("yaml") } }

    /// The commands of a program, without its name.
    func commands(_ program: String) -> [[String]] {
        blocks.filter { $0.word == "sh" }.flatMap { $0.text.split(separator: "\n") }.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            return words.first == program ? Array(words.dropFirst()) : nil
        }
    }
}
