import Foundation
import Testing

/// Each row of the page's table names tests that there are, and each test of the two suites has its row.
@Suite struct IdentityPageTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let page = tests.deletingLastPathComponent().appending(path: "docs/design/identity.md")
    private static let suites = [
        "CredentialTests": "ServerTests", "TokenChainTests": "ServerTests", "SchemaTests": "RegistryTests",
    ]

    private static func names(of suite: String) throws -> [String] {
        let folder = try #require(suites[suite])
        let text = try String(contentsOf: tests.appending(path: "\(folder)/\(suite).swift"), encoding: .utf8)
        // Long names stand on a line of their own: `func` and the name, apart.
        return text.components(separatedBy: "func").dropFirst().compactMap { part in
            let part = part.trimmingPrefix(while: \.isWhitespace)
            return part.hasPrefix("`") ? part.dropFirst().prefix { $0 != "`" }.description : nil
        }
    }

    @Test func `rows and tests belong to each other`() throws {
        let lines = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "\n")
        let begin = try #require(lines.firstIndex { $0.hasPrefix("| behaviour |") }) + 2
        let rows = lines[begin...].prefix { $0.hasPrefix("|") }
        var named: [String: Set<String>] = [:]
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let parts = (cells.last ?? "").split(separator: ":", maxSplits: 1)
            let suite = (parts.first ?? "").filter { $0 != "`" }
            let known = try Self.names(of: suite)
            for name in parts.last?.components(separatedBy: ";").map({ $0.trimmingCharacters(in: .whitespaces) }) ?? []
            {
                #expect(known.contains(name), "\(suite): \(name)")
                named[suite, default: []].insert(name)
            }
        }
        for suite in ["CredentialTests", "TokenChainTests"] {
            #expect(named[suite] == Set(try Self.names(of: suite)), "\(suite)")
        }
    }
}
