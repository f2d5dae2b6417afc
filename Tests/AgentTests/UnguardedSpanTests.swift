import Host
import Link
import Model
import TestSupport
import Testing

@testable import Agent

/// Since when packets passed unjudged, and until when: never said to be shorter than it was.
@Suite struct UnguardedSpanTests {
    @Test func `a span begins when all was known to be well, and the next where it ended`() {
        var spans = UnguardedSpans([])
        let well = SystemClock.realtime - 5_000_000_000
        spans.wasWell(at: well)
        let first = spans.note("the table is gone", devices: [], since: nil)
        #expect(first.since.nanoseconds == well && first.until != nil)
        let second = spans.note("the table is gone", devices: [], since: nil)
        #expect(second.since == first.until)
        // Somebody who knows of an earlier instant says so; a clock that was set back makes no span that ends before it begins.
        #expect(spans.note("late", devices: ["gh-a"], since: well).since.nanoseconds == well)
        let future = spans.note("future", devices: [], since: .max)
        #expect(future.until.map { $0 >= future.since } == true)
        #expect(spans.count == 4 && spans.spans.count == 4)
    }

    @Test func `what goes on is one span until it ends, also in a successor`() {
        var spans = UnguardedSpans([])
        #expect(spans.noteOpen(["gh-a": "part of br0"], since: 100).isEmpty)
        #expect(spans.noteOpen(["gh-a": "part of br0"], since: 200).isEmpty)
        #expect(spans.spans.map(\.since.nanoseconds) == [100] && spans.spans[0].until == nil)
        var successor = UnguardedSpans(spans.spans)
        // For another reason it is another span.
        #expect(successor.noteOpen(["gh-a": "part of bond0"], since: 300).map(\.cause) == ["part of br0"])
        #expect(successor.noteOpen([:], since: 400).map(\.cause) == ["part of bond0"])
        #expect(successor.spans.allSatisfy { $0.until != nil } && successor.spans.count == 2)
        #expect(successor.noteOpen([:], since: 500).isEmpty)
    }

    @Test func `the oldest that are over go, and none that goes on`() {
        var spans = UnguardedSpans([])
        _ = spans.noteOpen(["gh-a": "part of br0"], since: 1)
        for _ in 0..<500 { _ = spans.note("again", devices: [], since: nil) }
        #expect(spans.spans.count == 100 && spans.count == 501)
        #expect(spans.spans.contains { $0.until == nil && $0.devices == ["gh-a"] })
    }

    @Test func `a note is left to a successor until it is said, whatever becomes of its bytes`() async throws {
        try await withScratchFolder { folder in
            let note = GapNote(folder)
            #expect(note.left(else: 7) == nil)
            note.write(since: 100)
            // The first is the longest.
            note.write(since: 200)
            #expect(GapNote(folder).left(else: 7) == 100)
            try write(Array("10".utf8) + [0xff], to: folder + "/unguarded-since")
            #expect(note.left(else: 7) == 7)
            try write([], to: folder + "/unguarded-since")
            #expect(note.left(else: 7) == 7)
            note.remove()
            #expect(note.left(else: 7) == nil)
        }
    }
}
