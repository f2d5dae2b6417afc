import Capture
import Model
import Spools
import Testing

/// A loss that is not known yet, and what readings under traffic make of it.
@Suite struct PendingLossTests {
    private let account = Books.Account(Identifier(derivedFrom: "interface"), .out)

    /// A reading between two instants at which the kernel's counter stood at so many packets.
    private func line(_ before: UInt64, _ after: UInt64, recorded: UInt64) -> Books.Line {
        func traffic(_ packets: UInt64) -> Traffic { Traffic(packets: packets, bytes: packets * 100) }
        return Books.Line(
            account: account, kernelBefore: traffic(before), kernelAfter: traffic(after), recorded: traffic(recorded),
            open: .zero, lost: .zero)
    }

    @Test func `readings under traffic narrow it down, and one at rest says it`() throws {
        var books = Books()
        books.expectLoss(account, .notListening, since: 1)
        #expect(books.settle([line(10, 14, recorded: 7)], now: 2) == [])
        let statements = books.settle([line(20, 20, recorded: 16)], now: 3)
        #expect(statements.map(\.traffic.packets) == [4])
        #expect(books.entries[account]?.pending == nil)
    }

    @Test func `what is lost after a reading is not held to what that reading said`() throws {
        var books = Books()
        books.expectLoss(account, .notListening, since: 1)
        // Between 3 and 7 were lost up to here; then the counters began anew, and 30 are missing.
        #expect(books.settle([line(10, 14, recorded: 7)], now: 2) == [])
        books.expectLoss(account, .beforeBinding, since: 3)
        #expect(books.settle([line(50, 50, recorded: 20)], now: 4).map(\.traffic.packets) == [30])
        books.expectLoss(account, .notListening, since: 5)
        #expect(books.settle([line(60, 64, recorded: 59)], now: 6) == [])
        books.countersBeganAnew(now: 7)
        #expect(books.settle([line(5, 5, recorded: 0)], now: 8).map(\.traffic.packets) == [5])
        #expect(books.entries[account]?.pending == nil)
    }

    @Test func `what passed while there was no table explains itself, also where nothing was counted before`() {
        var books = Books()
        books.countersBeganAnew(of: [account], now: 1)
        #expect(books.settle([line(0, 0, recorded: 46)], now: 2) == [])
        #expect(books.kernel(account).packets == 46)
    }

    @Test func `a counter that is made again is not taken for one that goes on`() {
        let life = Traffic(packets: 12, bytes: 1756)
        var books = Books()
        books.observe(life, account)
        books.retire(life, account)
        books.observe(life, account)
        #expect(books.kernel(account) == life + life)
        // One of two goes, the other goes on.
        books.observe(life + life, account)
        books.retire(life, account)
        books.observe(life + Traffic(packets: 1, bytes: 100), account)
        #expect(books.kernel(account) == life + life + life + Traffic(packets: 1, bytes: 100))
    }
}
