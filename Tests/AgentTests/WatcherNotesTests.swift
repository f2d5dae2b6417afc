import Link
import Testing

@testable import Agent

/// What status says of watchers of engines.
@Suite struct WatcherNotesTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `what a watcher says stands until it says something else or ends`() {
        var notes = WatcherNotes()
        notes.take(.init(watcher: "docker", problems: ["container a: NOT ENFORCED"]), now: 0)
        #expect(notes.lines(now: Self.second) == ["docker: container a: NOT ENFORCED"])
        notes.take(.init(watcher: "docker", problems: []), now: Self.second)
        #expect(notes.lines(now: 2 * Self.second) == [])
        notes.take(.init(watcher: "docker", problems: nil), now: Self.second)
        #expect(notes.lines(now: 1000 * Self.second) == [])
    }

    @Test func `a watcher that is silent is told of`() {
        var notes = WatcherNotes()
        notes.take(.init(watcher: "docker", problems: []), now: 0)
        #expect(notes.lines(now: 119 * Self.second) == [])
        #expect(notes.lines(now: 130 * Self.second).first?.contains("silent for 130 seconds") == true)
    }

    @Test func `whatever is said, what is kept is bounded`() {
        var notes = WatcherNotes()
        for number in 0..<20 {
            notes.take(
                .init(
                    watcher: "w\(number)", problems: (0..<1000).map { _ in String(repeating: "x\u{1b}", count: 400) }),
                now: Int64(number))
        }
        let lines = notes.lines(now: 100)
        #expect(lines.count == 16 * 21)
        #expect(lines.allSatisfy { $0.utf8.count < 600 && !$0.contains("\u{1b}") })
        #expect(lines.contains("w19: and 980 more like these"))
    }
}
