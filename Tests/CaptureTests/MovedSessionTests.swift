import Testing

@testable import Capture

@Suite struct MovedSessionTests {
    private func moved() -> MovedSessions {
        var moved = MovedSessions()
        moved.note(7, .init(mark: 0x1_0002, revision: 2, since: 100))
        moved.note(7, .init(mark: 0x1_0003, revision: 3, since: 200))
        moved.note(8, .init(mark: 5, revision: 3, since: 200))
        return moved
    }

    @Test func `a mark is of the revision that wrote it, also of the one before the last`() {
        var moved = moved()
        #expect(moved.move(7, mark: 0x1_0003)?.revision == 3)
        #expect(moved.move(7, mark: 0x1_0002)?.revision == 2)
        #expect(moved.move(7, mark: 0x1_0001) == nil)
        #expect(moved.move(9, mark: 5) == nil)
        moved.forget(7)
        #expect(moved.move(7, mark: 0x1_0003) == nil)
    }

    @Test func `what is read is what was written, and a damaged file is nothing`() {
        let bytes = moved().encoded
        #expect(MovedSessions(bytes) == moved())
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1
            #expect(MovedSessions(damaged) == nil)
            #expect(MovedSessions(Array(bytes.prefix(place))) == nil)
        }
    }
}
