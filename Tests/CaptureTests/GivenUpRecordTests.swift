import Model
import Spools
import Testing

@testable import Capture

/// Records that found no room: the books hold what was in them as a loss.
@Suite struct GivenUpRecordTests {
    private let one = Traffic(packets: 1, bytes: 60)

    @Test func `a record that is given up moves from recorded to lost`() {
        let start = Timestamp(seconds: 1_793_699_940)
        let record = FlowRecord(
            windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: start, end: start,
            connectionStart: start, connection: 1, interface: Identifier(derivedFrom: "interface"), direction: .egress,
            verdict: .accept, stage: .group, rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 3,
                targetPort: 4), state: .ended, fromInitiator: one, fromTarget: one, cumulativeFromInitiator: one,
            cumulativeFromTarget: one)
        var books = Books()
        books.record(record)
        for loss in record.asLoss(.noRoom, until: Timestamp(seconds: 1_793_700_000)) { books.lose(loss) }
        for way in Way.allCases {
            let entry = books.entries[.init(record.interface, way)]
            #expect(entry?.recorded == .zero)
            #expect(entry?.lost == one)
        }
    }
}
