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

    @Test func `both sides of a translation come back, of either family, and among records without`() {
        var records: [FlowRecord] = []
        for (family, direction) in [(AddressFamily.ipv4, Direction.egress), (.ipv6, .ingress)] {
            func address(_ number: UInt64) -> IPAddress {
                family == .ipv4 ? IPAddress(ipv4: UInt32(number)) : IPAddress(ipv6High: 0xfd00 << 48, low: number)
            }
            var record = record()
            record.direction = direction
            record.key = FlowKey(
                initiator: address(1), target: address(2), transport: .udp, initiatorPort: 3, targetPort: 4)
            records.append(record)
            record.otherSide = FlowKey(
                initiator: address(5), target: address(6), transport: .udp, initiatorPort: 7, targetPort: 8)
            records.append(record)
            records.append(records[0])
        }
        var bytes: [UInt8] = []
        for record in records { RecordCodec.encode(record, into: &bytes) }
        #expect(bytes.count == 4 * RecordCodec.size + 2 * RecordCodec.translatedSize)
        #expect(RecordCodec.decodeAll(bytes) == records)
        // Cut off, it is none.
        var last: [UInt8] = []
        RecordCodec.encode(records[4], into: &last)
        for length in 0..<last.count { #expect(RecordCodec.decode(Array(last[..<length]), at: 0) == nil) }
        #expect(records[1].translation?.before == records[1].key)
        #expect(records[4].translation?.after == records[4].key)
    }

    @Test(arguments: [(nil, nil), (nil, 80), (3, nil), (0, 0)] as [(UInt16?, UInt16?)])
    func `a port that is not known comes back as none`(initiator: UInt16?, target: UInt16?) {
        for transport in [TransportProtocol.udp, .icmp] {
            var record = record()
            record.key = FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: transport,
                initiatorPort: initiator, targetPort: target)
            #expect(roundTrip(record) == record)
        }
    }

    @Test func `a record of before has the ports that its detail says`() {
        for (detail, port) in [(FlowRecord.Detail.full, 3), (.coarse, nil)] as [(FlowRecord.Detail, UInt16?)] {
            var record = record()
            record.detail = detail
            var bytes: [UInt8] = []
            RecordCodec.encode(record, into: &bytes)
            bytes[99] = 0
            #expect(RecordCodec.decode(bytes, at: 0)?.key.initiatorPort == port)
            #expect(RecordCodec.decode(bytes, at: 0)?.key.targetPort == 4)
        }
    }

    @Test func `codes are given once, and for ever`() {
        #expect(Set(Stage.allCases.map(\.code)).count == Stage.allCases.count)
        #expect(
            Stage.allCases.map { [$0.rawValue: $0.code] } == [
                ["guard": 0], ["acl": 2], ["enterprise": 3], ["group": 1],
            ])
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
