import Model
import Testing

@testable import Spools

/// Every case of every list goes through the spool's form of a record, and what no list has does not come out of it.
@Suite struct RecordCodecTests {
    private func record() -> FlowRecord {
        let start = Timestamp(seconds: 1_793_699_940)
        let one = Traffic(packets: 1, bytes: 60)
        return FlowRecord(
            windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: start, end: start,
            connectionStart: start, connection: 1, interface: Identifier(derivedFrom: "interface"), direction: .egress,
            verdict: .accept, stage: .group, rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 3,
                targetPort: 4), state: .ended, fromInitiator: one, fromTarget: one, cumulativeFromInitiator: one,
            cumulativeFromTarget: one)
    }

    private func roundTrip(_ record: FlowRecord) -> FlowRecord? {
        var bytes: [UInt8] = []
        RecordCodec.encode(record, into: &bytes)
        #expect(bytes.count == RecordCodec.size)
        return RecordCodec.decode(bytes, at: 0)
    }

    @Test func `every stage, verdict, direction, state, detail and family comes back`() {
        for stage in Stage.allCases {
            for verdict in Verdict.allCases {
                for direction in Direction.allCases {
                    for state in [FlowRecord.State.new, .continuing, .ended, .refused] {
                        for detail in [FlowRecord.Detail.full, .coarse, .total] {
                            var record = record()
                            (record.stage, record.verdict, record.direction) = (stage, verdict, direction)
                            (record.state, record.detail) = (state, detail)
                            #expect(roundTrip(record) == record)
                        }
                    }
                }
            }
        }
    }

    @Test func `codes are given once, and for ever`() {
        #expect(Set(Stage.allCases.map(\.code)).count == Stage.allCases.count)
        #expect(Stage.allCases.map { [$0.rawValue: $0.code] } == [["guard": 0], ["acl": 2], ["group": 1]])
        #expect(Verdict.allCases.map(\.code) == [0, 1])
        #expect(Direction.allCases.map(\.code) == [0, 1])
    }

    @Test(arguments: [92, 93, 94, 95, 96, 97]) func `a code that nobody gave is no record`(offset: Int) {
        var bytes: [UInt8] = []
        RecordCodec.encode(record(), into: &bytes)
        bytes[offset] = 200
        #expect(RecordCodec.decode(bytes, at: 0) == nil)
    }
}
