import Foundation
import Glibc
import Netlink
import Testing

/// The journal reads any socket of datagrams; here a pair of UNIX sockets plays the kernel.
@Suite struct ReceiveJournalTests {
    private let path = FileManager.default.temporaryDirectory.path + "/journal-\(UUID().uuidString)"
    private let kernel: Int32
    private let socket: NetfilterSocket

    init() {
        var pair: [Int32] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &pair)
        kernel = pair[0]
        socket = NetfilterSocket(adopting: pair[1])
    }

    private func journal(committed: UInt64 = 0) throws -> ReceiveJournal {
        try ReceiveJournal(path: path, slots: 64, slotSize: 256, committed: committed)
    }

    private func send(_ numbers: some Sequence<UInt8>) {
        for number in numbers { _ = Glibc.send(kernel, [number], 1, 0) }
    }

    private func held(_ journal: ReceiveJournal) -> [UInt8] {
        (journal.released..<journal.next).map { journal.withDatagram($0) { $0.load(0) } }
    }

    /// Receives, checks and releases so many datagrams one after the other.
    private func pass(_ count: Int, through journal: ReceiveJournal) throws {
        for number in 0..<count {
            send([UInt8(number % 251)])
            #expect(try journal.receive(from: socket) == 1)
            #expect(held(journal) == [UInt8(number % 251)])
            journal.release(before: journal.next)
        }
    }

    @Test func `what was received and not released is there for a successor`() throws {
        defer { unlink(path) }
        let first = try journal()
        try pass(100, through: first)
        send(1...5)
        #expect(try first.receive(from: socket, limit: 3) == 3)
        #expect(try first.receive(from: socket) == 2)
        first.release(before: first.released + 2)
        let second = try journal(committed: first.released)
        #expect(held(second) == [3, 4, 5])
        #expect(second.next == first.next)
    }

    @Test func `a successor that knows of no commit finds nothing that was overwritten`() throws {
        defer { unlink(path) }
        let first = try journal()
        try pass(100, through: first)
        send(1...2)
        #expect(try first.receive(from: socket) == 2)
        #expect(held(try journal()) == [1, 2])
    }

    @Test func `a full ring holds all and takes on when half of it is released`() throws {
        defer { unlink(path) }
        let journal = try journal()
        try pass(10, through: journal)
        var sent: UInt8 = 0
        while journal.free > 0 {
            send(sent..<(sent + 4))
            sent += 4
            while try journal.receive(from: socket) > 0 {}
        }
        #expect(held(journal) == Array(0..<64))
        journal.release(before: journal.released + 32)
        send(64..<96)
        while try journal.receive(from: socket) > 0 {}
        #expect(held(journal) == Array(32..<96))
        #expect(held(try self.journal(committed: journal.released)) == Array(32..<96))
    }
}
