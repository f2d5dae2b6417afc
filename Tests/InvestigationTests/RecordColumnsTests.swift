import Archive
import Model
import Records
import Testing

@testable import Investigation

/// Records of sources that tell less than Gatehouse's.
@Suite struct RecordColumnsTests {
    /// The one observation that a row of values makes.
    private static func flow(_ values: [FlowColumn: Int64], verdict: Verdict? = nil, state: String? = nil) throws
        -> Observation
    {
        var batch = FlowBatch()
        batch.set(FlowColumn.id.ordinal, text: "host:1")
        batch.set(FlowColumn.start.ordinal, integer: 1_780_000_000_000_000)
        batch.set(FlowColumn.end.ordinal, integer: 1_780_000_001_000_000)
        batch.set(FlowColumn.initiatorIP.ordinal, address: Scene.address("198.18.0.1"))
        batch.set(FlowColumn.targetIP.ordinal, address: Scene.address("10.0.0.1"))
        batch.set(FlowColumn.transportNumber.ordinal, integer: 6)
        for (column, value) in values { batch.set(column.ordinal, integer: value) }
        if let verdict { batch.set(FlowColumn.verdict.ordinal, text: verdict.rawValue) }
        if let state { batch.set(FlowColumn.state.ordinal, text: state) }
        batch.endRow()
        var names = Names()
        return try #require(Observations.of(batch, &names).first)
    }

    private static func both(_ packets: Int64, _ bytes: Int64, _ answers: Int64, _ answered: Int64) -> [FlowColumn:
        Int64]
    {
        [
            .packetsFromInitiator: packets, .bytesFromInitiator: bytes, .packetsFromTarget: answers,
            .bytesFromTarget: answered, .initiatorPort: 40_000, .targetPort: 443,
        ]
    }

    @Test(arguments: [
        (both(1, 60, 0, 0), Outcome.unanswered), (both(1, 60, 1, 40), .reset), (both(1, 44, 1, 44), .halfOpen),
        (both(8, 900, 9, 4000), .answered), (both(3, 180, 3, 120), .reset),
    ]) func `counts of both ways tell the outcome`(values: [FlowColumn: Int64], outcome: Outcome) throws {
        #expect(try Self.flow(values).outcome == outcome)
        #expect(try Self.flow(values, verdict: .drop).outcome == .refused)
    }

    private static func one(_ from: Int64, _ to: Int64, packets: Int64, bytes: Int64, flags: Int64? = nil)
        -> [FlowColumn: Int64]
    {
        var values: [FlowColumn: Int64] = [
            .packetsFromInitiator: packets, .bytesFromInitiator: bytes, .initiatorPort: from, .targetPort: to,
        ]
        values[.flags] = flags
        return values
    }

    @Test func `an answer's record of its own is turned round`() throws {
        let flow = try Self.flow(Self.one(443, 40_000, packets: 9, bytes: 4000))
        #expect(flow.isReply)
        #expect(flow.outcome == .answered)
        #expect(flow.initiator == Scene.address("10.0.0.1"))
        #expect((flow.initiatorPort, flow.targetPort) == (40_000, 443))
        #expect((flow.bytes, flow.answered) == (0, 4000))
    }

    @Test func `flags say who asked, whatever the ports are`() throws {
        #expect(try Self.flow(Self.one(443, 40_000, packets: 1, bytes: 44, flags: 2)).isReply == false)
        #expect(try Self.flow(Self.one(40_000, 50_000, packets: 1, bytes: 44, flags: 18)).isReply)
    }

    @Test(arguments: [(1, 44, Outcome.unanswered), (9, 4000, .passed)] as [(Int64, Int64, Outcome)])
    func `one way that carried nothing was not answered`(packets: Int64, bytes: Int64, outcome: Outcome) throws {
        #expect(try Self.flow(Self.one(40_000, 443, packets: packets, bytes: bytes)).outcome == outcome)
    }

    @Test func `a session that ends began where it says`() throws {
        var values = Self.both(8, 900, 9, 4000)
        values[.windowStart] = 1_780_000_000_000_000
        values[.connectionStart] = 1_779_999_900_000_000
        #expect(try Self.flow(values, state: "ended").isContinuing)
        values[.connectionStart] = 1_780_000_000_000_000
        #expect(try Self.flow(values, state: "ended").isContinuing == false)
    }
}
