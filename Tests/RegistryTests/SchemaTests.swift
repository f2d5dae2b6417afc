import Foundation
import GRDB
import Registry
import Testing

@Suite struct SchemaTests {
    private static let fixture = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Fixtures/schema-1.sql")

    /// A released schema never changes: a new version is a new migration. `GATEHOUSE_RECORD=1` writes the sample anew.
    @Test func `the tables are those of the committed sample`() async throws {
        let test = try RegistryUnderTest()
        let made = try await test.registry.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
        }.map { $0 + ";\n" }.joined()
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try made.write(to: Self.fixture, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.fixture, encoding: .utf8) == made)
    }
}
