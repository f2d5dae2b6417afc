import Foundation
import Model
import Service
import Testing

/// The page of limits shows the lists in the code.
@Suite struct LimitsPageTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/design/limits.md")

    private static var bounds: [String] {
        Limit.allCases.map { "| \($0.meaning) | \($0.text) | \($0.consequence) |" }
    }

    private static var logins: [String] {
        LoginMethod.allCases.map { method in
            let limit = method.limit
            let account = method.account ?? "—"
            let numbers = [limit.ofAccountFromSource, limit.ofSource, limit.ofAccount].map {
                $0.map { "\($0)" } ?? "—"
            }
            return "| \(method.rawValue) | \(account) | \(numbers.joined(separator: " | ")) |"
        }
    }

    /// `GATEHOUSE_RECORD=1` writes the tables anew.
    @Test func `every limit stands in the page as it is in the code`() throws {
        var lines = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "\n")
        for (head, rows) in [("| what |", Self.bounds), ("| method |", Self.logins)] {
            let begin = try #require(lines.firstIndex { $0.hasPrefix(head) }) + 2
            let end = lines[begin...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
            if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
                lines.replaceSubrange(begin..<end, with: rows)
            } else {
                #expect(Array(lines[begin..<end]) == rows)
            }
        }
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try lines.joined(separator: "\n").write(to: Self.page, atomically: true, encoding: .utf8)
        }
    }

    @Test func `every limit has a number and words`() {
        for limit in Limit.allCases {
            #expect(limit.bound > 0 && !limit.meaning.isEmpty && !limit.consequence.isEmpty, "\(limit)")
        }
    }

    @Test func `a text is cut to so many bytes, between characters`() {
        let limit = Limit.textOfEntry
        #expect(limit.cut("ada") == "ada")
        let cut = limit.cut(String(repeating: "ä", count: 1000))
        #expect(cut.utf8.count <= limit.bound && cut.hasSuffix("ä…"))
    }
}
