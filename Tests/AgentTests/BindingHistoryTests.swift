import Host
import Link
import Model
import TestSupport
import Testing

@testable import Agent

/// Which interfaces had their device when, through restarts, cut lines and thousands of changes.
@Suite struct BindingHistoryTests {
    private static func interfaces(_ names: String...) -> Set<Identifier<Interface>> {
        Set(names.map { Identifier(derivedFrom: $0) })
    }

    @Test func `an instant is of the state that was there then, and a successor knows the same`() async throws {
        try await withScratchFolder { path in
            var history = try BindingHistory(DataFolder(path))
            #expect(history.index(at: 5) == nil && history.present.isEmpty)
            try history.note(Self.interfaces("a"), at: 10)
            try history.note(Self.interfaces("a"), at: 15)
            try history.note(Self.interfaces("a", "b"), at: 20)
            try history.note([], at: 30)
            for known in [history, try BindingHistory(DataFolder(path))] {
                #expect(known.problems.isEmpty)
                for (instant, wanted) in [
                    (0, Self.interfaces("a")), (10, Self.interfaces("a")), (19, Self.interfaces("a")),
                    (20, Self.interfaces("a", "b")), (29, Self.interfaces("a", "b")), (30, []), (99, []),
                ] as [(Int64, Set<Identifier<Interface>>)] {
                    let index = try #require(known.index(at: instant))
                    #expect(known.states[index].interfaces == wanted, "\(instant)")
                }
            }
        }
    }

    @Test func `a line that was cut off takes no other with it, and is said`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            var history = try BindingHistory(folder)
            try history.note(Self.interfaces("a"), at: 10)
            try history.note(Self.interfaces("a", "b"), at: 20)
            let whole = try bytes(folder.bindings)
            try write(Array(whole.dropLast(5)), to: folder.bindings)
            var successor = try BindingHistory(folder)
            #expect(successor.problems.count == 1 && successor.problems[0].contains(folder.bindings))
            #expect(successor.present == Self.interfaces("a"))
            try successor.note(Self.interfaces("a", "c"), at: 30)
            let third = try BindingHistory(folder)
            #expect(third.present == Self.interfaces("a", "c"))
        }
    }

    @Test func `a device that flaps for days makes no file that grows for ever`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            var history = try BindingHistory(folder)
            let hour: Int64 = 3600 * 1_000_000_000
            for round in 0..<1500 as Range<Int64> {
                try history.note(round % 2 == 0 ? Self.interfaces("a") : [], at: round * hour / 10)
            }
            // Of the last 26 hours everything is known.
            #expect(history.states.count <= 1001)
            let known = try BindingHistory(folder)
            let last = 1499 * hour / 10
            for instant in stride(from: last - 26 * hour, through: last, by: Int(hour / 10)) {
                let index = try #require(known.index(at: instant))
                #expect(known.states[index].interfaces == (instant / (hour / 10) % 2 == 0 ? Self.interfaces("a") : []))
            }
        }
    }
}
