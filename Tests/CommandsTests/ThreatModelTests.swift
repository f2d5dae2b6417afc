import Foundation
import Testing

/// The threat model names the suites that hold its promises: they are there.
@Suite struct ThreatModelTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    @Test func `every promise of the threat model is held by suites that there are`() throws {
        let page = try String(
            contentsOf: Self.tests.appending(path: "../docs/threat-model.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").drop { $0 != "| kind | promised | held by |" }.dropFirst(2)
        #expect(rows.count > 15)
        var sources = ""
        let files = try #require(FileManager.default.enumerator(at: Self.tests, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            sources += try String(contentsOf: file, encoding: .utf8)
        }
        for row in rows {
            let suites = try #require(row.split(separator: "|").last).split(separator: "`").filter {
                $0.hasSuffix("Tests")
            }
            #expect(!suites.isEmpty, "\(row)")
            for suite in suites { #expect(sources.contains("struct \(suite) {"), "\(suite)") }
        }
    }
}
