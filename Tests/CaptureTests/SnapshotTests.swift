import Model
import Spools
import Testing

@testable import Capture

/// What a recorder goes on with comes back from its file, also from one of before.
@Suite struct SnapshotTests {
    private let account = Books.Account(Identifier(derivedFrom: "interface"), .into)
    private let session = RecordedSession(
        original: Traffic(packets: 3, bytes: 180), reply: Traffic(packets: 2, bytes: 120), isEnded: true)

    private func books() -> Books {
        var entry = Books.Entry()
        entry.recorded = Traffic(packets: 7, bytes: 700)
        entry.lost = Traffic(packets: 1, bytes: 60)
        entry.kernelSeen = Traffic(packets: 9, bytes: 820)
        entry.uncollected = Traffic(packets: 4, bytes: 240)
        entry.statedUncollected = Traffic(packets: 2, bytes: 120)
        (entry.unexplainedPackets, entry.unexplainedBytes) = (-1, -60)
        entry.pending = .init(reason: .noRoom, since: 5)
        var books = Books()
        books.restore(account, entry)
        return books
    }

    @Test func `what is unexplained, and that an end was told, come back`() throws {
        let bytes = Snapshot.encode(next: 9, bootID: "boot", books: books(), sessions: 2) {
            $0(1, session)
            $0(2, RecordedSession(original: session.original))
        }
        let snapshot = try #require(Snapshot(bytes))
        #expect(snapshot.next == 9 && snapshot.bootID == "boot")
        #expect(snapshot.books.entries == books().entries)
        #expect(snapshot.sessions == [1: session, 2: RecordedSession(original: session.original)])
    }

    @Test(arguments: [2, 3] as [UInt64]) func `a snapshot of an earlier format is read`(format: UInt64) throws {
        var bytes: [UInt8] = []
        let position: [UInt64] = format == 2 ? [] : [0, 0, 0]
        let unexplained: [UInt64] = format == 2 ? [] : [0, 0]
        let words: [UInt64] =
            [0x6768_736e_6170_0000 | format, 9] + position + [0, 1, account.interface.high, account.interface.low, 1]
            + [7, 700, 1, 60, 0, 0, 9, 820, 3, 5] + unexplained + [1, 1, 3, 180, 2, 120]
        for word in words { RecordCodec.append(word, &bytes) }
        RecordCodec.append(UInt64(Checksum.of(bytes[...])), &bytes)
        let snapshot = try #require(Snapshot(bytes))
        let entry = try #require(snapshot.books.entries[account])
        #expect(entry.recorded == Traffic(packets: 7, bytes: 700) && entry.kernelSeen.bytes == 820)
        #expect(entry.unexplainedPackets == 0 && entry.pending?.reason == .noRoom)
        #expect(snapshot.sessions[1]?.reply == session.reply && snapshot.sessions[1]?.isEnded == false)
    }

    @Test func `a loss that is stated leaves out what was unexplained before`() {
        var books = Books()
        books.observe(Traffic(packets: 5, bytes: 500), account)
        func line(_ kernel: UInt64) -> Books.Line {
            let traffic = Traffic(packets: kernel, bytes: kernel * 100)
            return .init(
                account: account, kernelBefore: traffic, kernelAfter: traffic,
                recorded: Traffic(packets: 4, bytes: 400),
                open: .zero, lost: .zero)
        }
        books.noteUnexplained([line(5)])
        books.expectLoss(account, .notListening, since: 1)
        let losses = books.settle([line(8)], now: 2)
        #expect(losses.map(\.traffic) == [Traffic(packets: 3, bytes: 300)])
        books.noteUnexplained([line(9)])
        #expect(books.entries[account]?.unexplainedPackets == 5)
    }
}
