import Foundation
import Model
import Testing

@testable import Documents
@testable import PolicyFiles

/// The examples of `docs/formats/policy-file.md`, read from the page itself.
@Suite struct PolicyPageTests {
    private let page: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        self.page = try String(contentsOf: root.appending(path: "docs/formats/policy-file.md"), encoding: .utf8)
    }

    /// The content of the first fenced block that begins with this line.
    private func block(_ fence: String) throws -> String {
        let opening = try #require(page.range(of: fence + "\n"))
        let closing = try #require(page.range(of: "\n```", range: opening.upperBound..<page.endIndex))
        return String(page[opening.upperBound..<closing.lowerBound])
    }

    /// The code in the first column of the table under this heading.
    private func firstColumn(of heading: String) throws -> [String] {
        let start = try #require(page.range(of: heading)).upperBound
        let section = page[start...].prefix(while: { $0 != "#" })
        return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { line in
            line.split(separator: "|").first.map { String($0) }
        }
    }

    @Test func `the page's example loads`() throws {
        let policy = try PolicyFile.load(try block("```yaml"), name: "policy-file.md")
        #expect(policy.vpcs.flatMap(\.instances).map(\.name) == ["web-1", "app-1", "db-1"])
        #expect(policy.vpcs.flatMap(\.groups).map(\.name) == ["web", "app", "db", "allow_ssh"])
        #expect(policy.collectors.map(\.target.description) == ["vpc/shop", "instance/shop/db-1"])
    }

    @Test func `the page lists the ready-made groups as they are`() throws {
        let rows = ReadyMadeGroup.allCases.map { group in
            "| `\(group.rawValue)` | `\(group.group(project: "p", vpc: "v").rules.map(\.text).joined())` |"
        }
        for row in rows { #expect(page.contains(row)) }
        #expect(try firstColumn(of: "## Ready-made groups").count == rows.count)
    }

    @Test func `the page's error is what the reader says`() throws {
        let text = """
            project: shop
            vpcs:
              - name: shop
                cidrs: [10.1.0.0/16]
                groups:
                  - name: web
                  - name: app
                    rules:
                      - ingress tcp/90-80 from any
            """
        let error = #expect(throws: DocumentError.self) { try PolicyFile.load(text, name: "shop.yaml") }
        #expect(page.contains("\n\(error?.description ?? "")\n"))
    }

    @Test func `every service and remote of the page's tables is read`() throws {
        let cells = try firstColumn(of: "## Rules").flatMap { $0.split(separator: "`") }.map(String.init)
        let words = cells.filter { !$0.contains(" ") && !$0.isEmpty && !$0.contains("NAME") }
        #expect(words.count > 15)
        for word in words {
            let isRemote = word.contains(".") || word.contains(":")
            let text = isRemote ? "ingress any from \(word)" : "egress \(word) to any"
            #expect(throws: Never.self, "\(text)") { try RuleText(parsing: text) }
        }
    }
}
