import Model
import Testing

@testable import Registry

@Suite struct RepeatedFailureTests {
    private static let second: Int64 = 1_000_000_000
    private let failures = RepeatedFailures()

    private func fail(_ name: String, _ source: String = "192.0.2.1", at now: Int64) -> [RepeatedFailures.Entry] {
        var actor = Actor.system("login", requestID: "req-1")
        (actor.userName, actor.source) = (name, source)
        return failures.note(AuditNote(action: "login", outcome: .failure, reason: "wrong"), by: actor, at: now)
    }

    @Test func `ten thousand failures are the first, and one entry with their count and span`() throws {
        var entries = fail("ada", at: 0)
        #expect(entries.count == 1)
        for number in 1..<10_000 { entries += fail("ada", at: Int64(number) * Self.second / 1000) }
        #expect(entries.count == 1)
        #expect(failures.take(overAt: 59 * Self.second).isEmpty)
        let told = failures.take(overAt: 60 * Self.second)
        #expect(told.map(\.note.reason) == ["wrong (9999 more times)"])
        let after = try #require(told.first?.note.after)
        #expect(
            after.contains(#""count":9999"#) && after.contains("1970-01-01T00:00:00")
                && after.contains("1970-01-01T00:00:09.999"))
        #expect(told.first?.actor.userName == "ada")
        // It begins anew.
        #expect(fail("ada", at: 61 * Self.second).count == 1)
    }

    @Test func `many names of a source share an entry, and so do many sources`() {
        var entries: [RepeatedFailures.Entry] = []
        for number in 0..<1000 { entries += fail("n\(number)", at: 0) }
        #expect(entries.map(\.actor.userName) == ["n0", "n1", "n2", "n3", "(several names)"])
        entries = []
        for number in 0..<1000 { entries += fail("eve", "s\(number)", at: 0) }
        // One source was there already; the last entry is everybody's.
        #expect(entries.count == Limit.toldSources.bound)
        #expect(entries.last?.actor.source == "(several sources)")
        let told = failures.take(begunBefore: .max)
        #expect(
            told.reduce(0) { $0 + (Int($1.note.reason.filter(\.isNumber)) ?? 0) } == 2000 - 5 - Limit.toldSources.bound)
        #expect(failures.take(begunBefore: .max).isEmpty)
    }
}
