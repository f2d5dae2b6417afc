import Foundation
import GRDB
import Model
import Registry
import TestSupport
import Testing

@Suite struct SchemaTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    private static let newest = fixtures.appending(path: "schema-5.sql")

    /// A released schema never changes: a new version is a new migration. `GATEHOUSE_RECORD=1` writes the sample anew.
    @Test func `the tables are those of the committed sample`() async throws {
        let test = try RegistryUnderTest()
        let made = try await test.registry.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
        }.map { $0 + ";\n" }.joined()
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try made.write(to: Self.newest, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.newest, encoding: .utf8) == made)
    }

    /// A registry as a version left it: its sample's tables, some objects and their history.
    private func open(
        version: Int, doing more: String = "", _ body: (PastState, PastState, Registry) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/gatehouse-old-\(UUID().uuidString).sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let old = try DatabaseQueue(path: path)
        let tables = try String(contentsOf: Self.fixtures.appending(path: "schema-\(version).sql"), encoding: .utf8)
        let objects = try String(contentsOf: Self.fixtures.appending(path: "objects-\(version).sql"), encoding: .utf8)
        try await old.write { database in
            // Indexes and triggers come before their tables in the sample's order of names.
            let statements = tables.components(separatedBy: ";\nCREATE ").map {
                $0.hasPrefix("CREATE ") ? $0 : "CREATE " + $0
            }
            let ordered = statements.sorted { $0.hasPrefix("CREATE TABLE") && !$1.hasPrefix("CREATE TABLE") }
            for statement in ordered { try database.execute(sql: statement) }
            try database.execute(sql: objects + more)
        }
        try old.close()
        let registry = try Registry(path: path)
        let (present, past) = try await registry.read { (try PastState(present: $0), try PastState(at: 1, in: $0)) }
        #expect(present == past)
        try await body(present, past, registry)
    }

    @Test func `a registry of the first version opens with its present and its past`() async throws {
        try await open(version: 1) { present, _, _ in
            #expect(present.vpcs.map(\.name) == ["old"])
            #expect(present.groups.map(\.vpcID) == [nil])
            #expect(present.rules.map(\.edition) == [nil])
            #expect(present.subnets.map(\.cidr) == ["10.9.0.0/24"])
            #expect(present.interfaces.map(\.virtual) == [nil])
        }
    }

    @Test func `a registry of the second version opens with its collectors' formats`() async throws {
        try await open(version: 2) { present, _, _ in
            #expect(present.collectors.map(\.name) == ["plain", "wide"])
            #expect(present.collectors.map(\.flowLogFormat) == [.ibm, .ibmPlus])
            #expect(present.collectors.map(\.interval) == [300, 300])
            #expect(present.buckets.map(\.projects) == [[]])
        }
    }

    @Test
    func
        `a registry of the third version opens with its trail whole, and acts that were stored with each entry are shared`()
        async throws
    {
        try await open(version: 3) { _, _, registry in
            let (entries, soundness, acts) = try await registry.read { database in
                (
                    try AuditQuery().entries(in: database), try AuditTrail.verify(database),
                    try Int.fetchOne(database, sql: "SELECT count(*) FROM audit_act")
                )
            }
            #expect(
                entries.map(\.action) == ["network.create"] + Array(repeating: "security_group.rule.add", count: 2) + [
                    "login"
                ])
            #expect(entries.map(\.targetName) == ["old", "g", "nic", ""])
            #expect(entries[2].after == #"{"portMin":22}"#)
            #expect(entries[3].reason == "the credentials are not right")
            #expect(acts == 3)
            #expect(
                soundness
                    == .whole(entries: 4, last: "1102c44f7a140088e716c9b0f4195959585ee33d5e554a635617677b32f0b8d3"))
            try await registry.note(AuditNote(action: "login"), by: .system("login", requestID: "req-4"))
            guard case .whole(entries: 5, _) = try await registry.read({ try AuditTrail.verify($0) }) else {
                Issue.record("the trail does not go on")
                return
            }
        }
    }

    @Test func `a trail that was cut before its registry was brought up to date still shows it`() async throws {
        let cut = "DROP TRIGGER audit_is_not_deleted; DELETE FROM audit WHERE sequence = 4;"
        try await open(version: 3, doing: cut) { _, _, registry in
            let soundness = try await registry.read { try AuditTrail.verify($0) }
            #expect(soundness == .broken(sequence: 4, "the last 1 entries are missing"))
        }
    }

    @Test func `a registry of the fourth version opens with stateful groups, which may become stateless`() async throws
    {
        try await open(version: 4) { present, _, registry in
            #expect(present.groups.map(\.isStateless) == [false])
            try await registry.change(by: .system("security_group.update", requestID: "req-2")) { change in
                let former: StoredGroup = try change.find("33333333-3333-4333-8333-333333333333")
                _ = try change.updateGroup(former, name: nil, description: nil, isStateless: true)
            }
            let states = try await registry.read {
                [try PastState(at: 1, in: $0), try PastState(present: $0), try PastState(at: 2, in: $0)]
            }
            #expect(states.map { $0.groups.map(\.isStateless) } == [[false], [true], [true]])
        }
    }
}
