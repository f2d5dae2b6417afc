import GRDB
import Model
import Registry
import Testing

/// A chain that was broken can be sealed, and shows what is done to it afterwards.
@Suite struct SealTests {
    private func vandalise(_ test: RegistryUnderTest, _ statement: String) async throws {
        let vandal = try DatabaseQueue(path: test.path)
        try await vandal.write { database in
            for table in ["audit_act", "audit_target", "audit_entry"] {
                try database.execute(
                    sql: """
                        DROP TRIGGER IF EXISTS \(table)_is_not_edited; DROP TRIGGER IF EXISTS \(table)_is_not_deleted
                        """)
            }
            try database.execute(sql: statement)
        }
    }

    private func broken() async throws -> RegistryUnderTest {
        let test = try RegistryUnderTest()
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] { _ = try await test.group(name) }
        try await vandalise(
            test,
            """
            UPDATE audit_entry SET targetName = 'x' WHERE sequence IN (2, 3, 8);
            DELETE FROM audit_entry WHERE sequence = 5
            """)
        return test
    }

    private func check(_ test: RegistryUnderTest) async throws -> TrailReport {
        try await test.registry.read { try AuditTrail.verify($0) }
    }

    private func seal(_ test: RegistryUnderTest, _ reason: String = "a bad disk") async throws {
        let report = try await check(test)
        _ = try await test.change { try $0.sealTrail(report, reason: reason) }
    }

    @Test func `a check goes on past a fault and tells each`() async throws {
        let report = try await check(try await broken())
        #expect(
            report.open.map(\.reason) == [
                "entries 2 to 3 do not bear their own hashes", "entry 5 is missing",
                "entry 6 follows from one that is missing", "entry 8 does not bear its own hash",
            ])
        #expect(report.entries == 8)
    }

    @Test func `a seal says from where to where, by whom and why, and what it covers is no fault any more`()
        async throws
    {
        let test = try await broken()
        try await seal(test)
        let report = try await check(test)
        #expect(report.isSound && report.faults.count == 4)
        #expect(report.seals.map(\.entries) == [2...3, 5...6, 8...8])
        #expect(
            report.seals.allSatisfy { $0.isIntact && $0.actorName == "ada" && $0.reason == "a bad disk" && $0.at > 0 })
        #expect(report.faults.map(\.seal) == [10, 11, 11, 12])
        // What is whole has nothing to seal.
        await #expect(throws: RegistryError(.notPossibleHere, "")) { try await seal(test) }
    }

    @Test(arguments: [
        (
            "UPDATE audit_entry SET targetName = 'y' WHERE sequence = 3",
            "entries 2 to 3 changed after entry 10 had sealed them"
        ),
        ("DELETE FROM audit_entry WHERE sequence = 8", "entry 8 changed after entry 12 had sealed it"),
        ("UPDATE audit_act SET reason = 'y' WHERE number = 6", "entries 5 to 6 changed after entry 11 had sealed them"),
        ("UPDATE audit_entry SET targetName = 'y' WHERE sequence = 4", "entry 4 does not bear its own hash"),
        ("UPDATE audit_entry SET targetName = 'y' WHERE sequence = 9", "entry 9 does not bear its own hash"),
        (
            "UPDATE audit_entry SET targetName = 'entries 2 to 9' WHERE sequence = 10",
            "entry 10 does not bear its own hash"
        ),
        ("DELETE FROM audit_entry WHERE sequence = 12", "entry 12 is missing"),
        ("DELETE FROM audit_entry WHERE sequence = 1", "entry 1 is missing"),
    ])
    func `what is done to a sealed chain shows, also within the seal`(statement: String, words: String) async throws {
        let test = try await broken()
        try await seal(test)
        try await vandalise(test, statement)
        let report = try await check(test)
        #expect(!report.isSound)
        #expect(report.open.map(\.reason).contains(words), "\(report.open.map(\.reason))")
        // It can be sealed in its turn, and then it is known.
        try await seal(test, "again")
        #expect(try await check(test).isSound)
    }

    @Test func `what is stored is what is hashed, whatever text is noted`() async throws {
        let test = try RegistryUnderTest()
        let long = String(repeating: "ä", count: 5000)
        for text in ["a\u{0}b", "\u{0}", "e\u{301}", "\u{feff}x", "\u{10ffff}", "\u{fffd}", long] {
            var actor = test.actor(text)
            actor.requestID = text
            try await test.registry.note(
                AuditNote(
                    action: "test", reason: text, targetID: text, targetName: text, before: text, after: text),
                by: actor)
        }
        let report = try await check(test)
        #expect(report.faults.isEmpty, "\(report.faults.map(\.reason))")
        let entries = try await test.registry.read { try AuditQuery().entries(in: $0) }
        #expect(entries.first?.actorName == "a\u{2400}b")
        #expect(entries.allSatisfy { $0.actorName.utf8.count <= 258 && $0.reason.utf8.count <= 1027 })
    }
}
