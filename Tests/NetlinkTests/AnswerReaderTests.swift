import FuzzEntries
import Testing

@testable import Netlink

@Suite struct AnswerReaderTests {
    private func read(_ datagrams: [[UInt8]], wanted: Set<UInt32>) -> AnswerReader {
        var reader = AnswerReader("request", wanted: wanted)
        for datagram in datagrams { ByteView.with(datagram) { view in reader.read(view) { _ in true } } }
        return reader
    }

    /// A message of some type, with a body.
    private func message(_ type: UInt8, flags: UInt8 = 0, sequence: UInt8 = 1, _ body: [UInt8]) -> [UInt8] {
        [UInt8(16 + body.count), 0, 0, 0, type, 0, flags, 0, sequence, 0, 0, 0, 0, 0, 0, 0] + body
    }

    @Test func `a transaction is done when each of its steps is acknowledged`() throws {
        let answers = Array(try RecordedBytes("nft-batch").datagrams.dropFirst())
        let wanted = KernelTakesTests.batch.wanted
        #expect(answers.reduce(0) { $0 + $1.count } >= 36 * wanted.count)
        let whole = read(answers, wanted: wanted)
        #expect(whole.isComplete)
        #expect(whole.failure == nil)
    }

    @Test func `a refused step names the error`() throws {
        let reader = read(try RecordedBytes("nft-refused").datagrams, wanted: KernelTakesTests.batch.wanted)
        #expect(reader.failure == .refused(request: "request", code: 17))  // EEXIST
    }

    @Test func `a refusal of the whole batch ends the wait`() {
        let reader = read([message(2, sequence: 9, [0xff, 0xff, 0xff, 0xff])], wanted: [10, 11])
        #expect(reader.isComplete)
        #expect(reader.failure == .refused(request: "request", code: 1))
    }

    @Test func `an acknowledgement of something else changes nothing`() {
        let reader = read([message(2, sequence: 9, [0, 0, 0, 0])], wanted: [10])
        #expect(!reader.isComplete)
        #expect(reader.failure == nil)
    }

    @Test func `an error number that is cut off is no acknowledgement`() {
        for length in 0..<4 {
            let reader = read([message(2, [UInt8](repeating: 0, count: length))], wanted: [1])
            #expect(reader.isComplete)
            #expect(reader.failure == .malformed(request: "request"), "\(length) bytes")
        }
    }

    @Test func `the smallest number is an error like any other`() {
        let reader = read([message(2, [0, 0, 0, 0x80])], wanted: [1])
        #expect(reader.failure == .refused(request: "request", code: .min))
    }

    @Test func `a dump that a change interrupted is told`() {
        let reader = read([message(3, flags: 0x10, [0, 0, 0, 0])], wanted: [1])
        #expect(reader.isComplete)
        #expect(reader.failure == .interrupted(request: "request"))
    }

    @Test func `a dump that ended in an error is told`() {
        #expect(
            read([message(3, [0xf4, 0xff, 0xff, 0xff])], wanted: [1]).failure == .refused(request: "request", code: 12))
    }

    @Test func `a message that cannot be read fails the request`() {
        var reader = AnswerReader("request", wanted: [1])
        ByteView.with(message(40, [1, 2, 3, 4]) + message(3, [0, 0, 0, 0])) { view in reader.read(view) { _ in false } }
        #expect(reader.isComplete)
        #expect(reader.failure == .malformed(request: "request"))
    }

    @Test func `a cut datagram ends the wait with an error`() throws {
        let datagram = try RecordedBytes("conntrack-dump").datagrams[0]
        var ends: Set<Int> = []
        var end = 0
        while end < datagram.count {
            end += Int(datagram[end]) | Int(datagram[end + 1]) << 8
            ends.insert(end)
        }
        for length in 1..<datagram.count {
            let reader = read([Array(datagram.prefix(length))], wanted: [1])
            // At the end of a message nothing shows that others are missing; the dump's end is still awaited.
            guard reader.isComplete else {
                #expect(ends.contains(length), "\(length) bytes")
                continue
            }
            #expect(reader.failure == .malformed(request: "request"), "\(length) bytes")
        }
    }
}
