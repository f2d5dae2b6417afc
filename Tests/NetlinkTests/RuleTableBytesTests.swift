import FuzzEntries
import Model
import Testing

@testable import Netlink

@Suite struct RuleTableBytesTests {
    /// The elements in the answer of a fixture, which begins with the request.
    private func elements(_ name: String) throws -> [RuleTable.Element] {
        var found: [RuleTable.Element] = []
        var reader = AnswerReader("dump", wanted: [1])
        for datagram in try RecordedBytes(name).datagrams.dropFirst() {
            ByteView.with(datagram) { view in
                reader.read(view) { message in
                    RuleTable.readElements(message) { found.append(.init(key: $0.array, traffic: $2, end: $1?.array)) }
                }
            }
        }
        #expect(reader.isComplete)
        #expect(reader.failure == nil)
        return found
    }

    @Test func `a set's elements have their keys and counters`() throws {
        let near = KernelTakesTests.name("near0")
        #expect(
            try elements("nft-counted") == [
                .init(
                    key: near + [10, 2, 0, 2] + [17, 0, 0, 0] + [0, 53, 0, 0],
                    traffic: Traffic(packets: 1, bytes: 92))
            ])
    }

    @Test func `an element that matches everything else has no key`() throws {
        // A hash set has no order.
        let elements = Dictionary(
            try elements("nft-catchall").map { ($0.key, $0.traffic) }, uniquingKeysWith: { first, _ in first })
        #expect(Set(elements.keys) == [KernelTakesTests.name("far0"), KernelTakesTests.name("near0"), []])
        #expect(elements[KernelTakesTests.name("near0")] == Traffic(packets: 2, bytes: 204))
        #expect(elements[[]] == .zero)
    }

    @Test func `a map's elements have their keys`() throws {
        #expect(try elements("nft-map") == [.init(key: KernelTakesTests.name("near0"), traffic: .zero)])
    }

    @Test(arguments: ["nft-counted", "nft-catchall", "nft-map"])
    func `a dump is asked for with the recorded request`(_ name: String) throws {
        let sets = ["nft-counted": "counted", "nft-catchall": "anything", "nft-map": "ways"]
        let bytes = MessageBuilder.request(type: RuleTable.type(13), flags: Flags.dump, sequence: 1, family: 1) {
            RuleTable.encodeDump(of: sets[name] ?? "", table: "t", &$0)
        }
        expect(bytes, equals: try RecordedBytes(name).datagrams[0], .nftables)
    }

    @Test func `a step of each kind is written as recorded`() throws {
        expect(KernelTakesTests.batch.bytes, equals: try RecordedBytes("nft-batch").datagrams[0], .nftables)
    }

    @Test func `a written element is read again`() throws {
        for step in KernelTakesTests.steps {
            guard case .add(_, let key) = step else { continue }
            let bytes = MessageBuilder.batch([{ step.encode(&$0, table: TableName(.inet, "t"), $1) }], after: 0).bytes
            ByteView.with(bytes) { view in
                var cursor = MessageCursor(view)
                var keys: [[UInt8]] = []
                while let message = cursor.next() {
                    // The marks of the transaction are no elements.
                    let isRead = RuleTable.readElements(message) { key, _, _ in keys.append(key.array) }
                    #expect(isRead == (message.type == RuleTable.elementsType))
                }
                #expect(keys == [key])
            }
        }
    }

    @Test func `the ruleset's number is told`() throws {
        let datagrams = try RecordedBytes("nft-generation").datagrams
        expect(
            MessageBuilder.request(type: RuleTable.type(16), flags: Flags.acknowledged, sequence: 7) { _ in },
            equals: datagrams[0], .nftables)
        var number: UInt32?
        var reader = AnswerReader("generation", wanted: [7])
        for datagram in datagrams.dropFirst() {
            ByteView.with(datagram) { view in
                reader.read(view) {
                    number = RuleTable.readGeneration($0)
                    return number != nil
                }
            }
        }
        #expect(reader.isComplete)
        #expect(reader.failure == nil)
        #expect(number == 2)
    }
}
