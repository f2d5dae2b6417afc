import Foundation

/// The names that the page of operations lists.
enum MetricsPage {
    /// The names of the table below a heading.
    static func names(below heading: String) throws -> Set<String> {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../docs/operations.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        let rows = lines.drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("#") }
        return Set(
            rows.filter { $0.hasPrefix("| `") }.map { row in
                String(row.dropFirst(3).prefix { $0 != "`" && $0 != "{" })
            })
    }
}
