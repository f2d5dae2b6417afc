import FuzzEntries
import Model
import TestSupport
import Testing

@testable import Netlink

/// What is left of a datagram when it is cut off at each of its bytes is read up to the cut and not further.
@Suite struct CutTests {
    private func whole(_ view: ByteView) -> [String] {
        var found: [String] = []
        var packets = LoggedPacketCursor(view)
        var batch: [LoggedPacket] = []
        while packets.next(into: &batch) { found += batch.map { "\($0)" } }
        var entry = ConnectionEntry()
        var ended = EndedConnectionCursor(view)
        while ended.next(into: &entry) { found.append("\(entry)") }
        var events = RouteEventCursor(view)
        while let event = events.next() { found.append("\(event)") }
        var messages = MessageCursor(view)
        while let message = messages.next() {
            _ = ConnectionTracking.read(message, into: &entry) { found.append("\($0)") }
            _ = RuleTable.readElements(message) { key, _, traffic in found.append("\(key.array) \(traffic)") }
            if let number = RuleTable.readGeneration(message) { found.append("\(number)") }
        }
        return found
    }

    private func datagrams() throws -> [(name: String, bytes: [UInt8])] {
        try RecordedBytes.names().flatMap { name in try RecordedBytes(name).datagrams.map { (name, $0) } }
    }

    @Test func `a cut datagram gives its first messages as they are`() throws {
        for (name, bytes) in try datagrams() {
            let memory = GuardedBytes(room: bytes.count)
            let all = memory.view(bytes, whole)
            for length in 0..<bytes.count {
                let part = memory.view(bytes.prefix(length), whole)
                #expect(part == Array(all.prefix(part.count)), "\(name), \(length) of \(bytes.count) bytes")
            }
        }
    }

    /// A message that ends within itself: its own length says so, those of its attributes do not know.
    @Test func `a message that is too short for its attributes gives nothing`() throws {
        for (name, bytes) in try datagrams() where name != "nft-generation" {
            let length = Int(bytes[0]) | Int(bytes[1]) << 8
            let message = Array(bytes.prefix(length))
            let memory = GuardedBytes(room: length)
            let all = memory.view(message, whole)
            let ends = attributeEnds(message, isRoute: name == "route-events")
            for cut in 16..<length where !ends.contains(cut) {
                var short = Array(message.prefix(cut))
                (short[0], short[1]) = (UInt8(cut & 0xff), UInt8(cut >> 8))
                #expect(memory.view(short, whole) == [], "\(name), \(cut) of \(length) bytes, not \(all)")
            }
        }
    }

    /// Where attributes of the first level end, with their padding or without.
    private func attributeEnds(_ message: [UInt8], isRoute: Bool) -> Set<Int> {
        let kind = isRoute ? MessageKind.route : .conntrack
        let type = Int(message[4]) | Int(message[5]) << 8
        var offset = 16 + kind.head(ofType: type).reduce(0) { $0 + $1.count }
        // A netfilter message without an attribute holds nothing either.
        var ends = Set(isRoute ? offset...offset : 16...offset)
        while offset + 4 <= message.count {
            let length = Int(message[offset]) | Int(message[offset + 1]) << 8
            guard length >= 4 else { break }
            let padded = (length + 3) & ~3
            ends.formUnion((offset + length)...(offset + padded))
            offset += padded
        }
        return ends
    }

    @Test func `random changes are read within their bytes`() throws {
        var mutation = Mutation(of: try datagrams().map(\.bytes), SplitMix64(seed: 4711))
        let memory = GuardedBytes(room: 1 << 16)
        for _ in 0..<20_000 {
            let bytes = mutation.next()
            guard bytes.count <= 1 << 16 else { continue }
            _ = memory.view(bytes, whole)
            _ = memory.view(bytes) { view in
                var reader = AnswerReader("request", wanted: [1, 2, 3])
                reader.read(view) { _ in true }
                return reader.isComplete
            }
        }
    }
}
