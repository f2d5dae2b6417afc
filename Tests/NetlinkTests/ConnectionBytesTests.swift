import FuzzEntries
import Model
import Testing

@testable import Netlink

@Suite struct ConnectionBytesTests {
    private func live(_ datagrams: [[UInt8]]) -> [ConnectionEntry] {
        var entries: [ConnectionEntry] = []
        var reader = AnswerReader("dump", wanted: [1])
        for datagram in datagrams {
            var entry = ConnectionEntry()
            ByteView.with(datagram) { view in
                reader.read(view) { ConnectionTracking.read($0, into: &entry) { entries.append($0) } }
            }
        }
        #expect(reader.isComplete)
        #expect(reader.failure == nil)
        return entries
    }

    private func ended(_ datagrams: [[UInt8]]) -> [ConnectionEntry] {
        datagrams.flatMap { datagram in
            ByteView.with(datagram) { view in
                var cursor = EndedConnectionCursor(view)
                var entry = ConnectionEntry()
                var entries: [ConnectionEntry] = []
                while cursor.next(into: &entry) { entries.append(entry) }
                #expect(cursor.skipped == 0)
                #expect(!cursor.isMalformed)
                return entries
            }
        }
    }

    /// Of each protocol there is one.
    private func byTransport(_ entries: [ConnectionEntry]) throws -> [UInt8: ConnectionEntry] {
        let found = Dictionary(entries.map { ($0.original.transport, $0) }) { first, _ in first }
        try #require(Set(found.keys) == [1, 6, 17, 58])
        return found
    }

    @Test func `a dump tells each session's addresses, ports and state`() throws {
        let entries = try byTransport(live(RecordedBytes("conntrack-dump").datagrams))
        let tcp = try #require(entries[6])
        #expect(tcp.original.source == IPAddress("10.1.0.2"))
        #expect(tcp.original.target == IPAddress("10.2.0.2"))
        #expect(tcp.original.targetPort == 80)
        #expect(tcp.reply.source == IPAddress("10.2.0.2"))
        #expect(tcp.reply.targetPort == tcp.original.sourcePort)
        #expect(tcp.tcpState == 7, "TIME_WAIT")
        #expect(tcp.isClosed)
        let udp = try #require(entries[17])
        #expect(udp.original.source == IPAddress("fd01::2"))
        #expect(udp.original.target == IPAddress("fd02::2"))
        #expect(udp.original.targetPort == 53)
        #expect(udp.tcpState == 0)
        #expect(udp.keyAtTarget == udp.original.key)
    }

    @Test func `a dump tells what each session sent`() throws {
        let entries = try byTransport(live(RecordedBytes("conntrack-dump").datagrams))
        for entry in entries.values {
            #expect(entry.hasCounters)
            #expect(entry.mark == 0x1234_5678)
            #expect(entry.id != 0)
            #expect(entry.start > 1_700_000_000_000_000_000)
            #expect(entry.stop == 0)
        }
        #expect(entries[58]?.fromOriginal == Traffic(packets: 1, bytes: 64))
        #expect(entries[58]?.fromReply == Traffic(packets: 1, bytes: 64))
        #expect(entries[1]?.fromOriginal == Traffic(packets: 1, bytes: 44))
        #expect(entries[17]?.fromReply == Traffic(packets: 1, bytes: 112))
        #expect(try #require(entries[6]).fromOriginal.packets >= 4)
        #expect(try #require(entries[6]).fromReply.bytes > 1000)
    }

    @Test func `an echo session has its type, code and identifier`() throws {
        let entries = try byTransport(live(RecordedBytes("conntrack-dump").datagrams))
        #expect(entries[1]?.original.sourcePort == 8)
        #expect(entries[1]?.reply.sourcePort == 0)
        #expect(entries[58]?.original.sourcePort == 128)
        #expect(entries[58]?.reply.sourcePort == 129)
        for number in [1, 58] as [UInt8] {
            let entry = try #require(entries[number])
            #expect(entry.original.icmpID != 0)
            #expect(entry.original.icmpID == entry.reply.icmpID)
            #expect(entry.keyAtTarget == entry.original.key)
        }
    }

    @Test func `an end tells the session that the dump told, and when it was`() throws {
        let before = try byTransport(live(RecordedBytes("conntrack-dump").datagrams))
        let after = try byTransport(ended(RecordedBytes("conntrack-destroy").datagrams))
        for (transport, entry) in after {
            let former = try #require(before[transport])
            #expect(entry.original == former.original)
            #expect(entry.reply == former.reply)
            #expect(entry.id == former.id)
            #expect(entry.mark == former.mark)
            #expect(entry.fromOriginal == former.fromOriginal)
            #expect(entry.fromReply == former.fromReply)
            #expect(entry.start == former.start)
            #expect(entry.stop > entry.start)
        }
    }

    @Test func `sessions are ended with the recorded requests`() throws {
        let recorded = try RecordedBytes("conntrack-delete").datagrams
        let entries = live(try RecordedBytes("conntrack-dump").datagrams)
        for (index, entry) in entries.enumerated() {
            let bytes = MessageBuilder.request(
                type: ConnectionTracking.deleteType, flags: Flags.acknowledged, sequence: UInt32(index + 1),
                family: entry.original.isIPv6 ? 10 : 2
            ) { ConnectionTracking.encodeDeletion(of: entry, &$0) }
            expect(bytes, equals: recorded[index], .conntrack)
        }
    }

    @Test func `a tuple that was written is read again`() throws {
        for entry in live(try RecordedBytes("conntrack-dump").datagrams) {
            let bytes = MessageBuilder.request(type: ConnectionTracking.deleteType, flags: 0, sequence: 1) {
                ConnectionTracking.encodeDeletion(of: entry, &$0)
            }
            ByteView.with(bytes) { view in
                var attributes = AttributeCursor(view.slice(20, bytes.count))
                var tuple = ConnectionTuple()
                tuple.isIPv6 = entry.original.isIPv6
                let isRead = attributes.next().map { ConnectionTracking.readTuple($0.payload, &tuple) }
                #expect(isRead == true)
                #expect(tuple == entry.original)
            }
        }
    }

    @Test func `deleting what is gone is answered as gone`() throws {
        let datagrams = try RecordedBytes("conntrack-delete").datagrams
        let answers = datagrams.dropFirst(5).map { datagram in
            var reader = AnswerReader("delete", wanted: [1, 2, 3, 4])
            ByteView.with(datagram) { view in reader.read(view) { _ in true } }
            return reader.failure
        }
        #expect(answers == [nil, nil, nil, nil, .refused(request: "delete", code: 2)])
    }
}
