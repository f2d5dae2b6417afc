import Foundation
import Model
import TestSupport
import Testing

@testable import Records

@Suite struct JSONFlowLogTests {
    private let shop: Shop
    private let start = Timestamp(seconds: 1_793_700_900)

    init() throws { shop = try Shop() }

    private func lines(_ records: [FlowRecord], hasLoss: Bool = false) throws -> [[String: Any]] {
        let collector = Collector(
            id: Identifier(derivedFrom: "collector", "c"), name: "c", target: .vpc("shop"), bucket: "file:logs",
            format: .jsonLines)
        var line = ByteLine()
        JSONFlowLog(
            collector: collector, placement: shop.web, json: FlowJSON(host: "host-1", catalogue: shop.catalogue)
        )
        .append(records, start: start, end: start.advanced(by: .seconds(60)), hasLoss: hasLoss, to: &line)
        #expect(line.bytes.last == UInt8(ascii: "\n"))
        return try line.text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private func heading(_ lines: [[String: Any]]) throws -> [String: Any] {
        try #require(lines.first?["gatehouse_flow_log"] as? [String: Any])
    }

    @Test func `silence is the first line alone`() throws {
        let lines = try lines([])
        let heading = try heading(lines)
        #expect(lines.count == 1)
        #expect(heading["records"] as? Int == 0)
        #expect(heading["state"] as? String == "ok")
        #expect(heading["window_start"] as? String == "2026-11-03T10:15:00.000000Z")
        #expect(heading["interface_id"] as? String == shop.web.interface.description)
        #expect(heading["collector"] as? String == "c")
    }

    @Test func `loss is said in the first line`() throws {
        #expect(try heading(try lines([], hasLoss: true))["state"] as? String == "skip data")
    }

    @Test func `a flood without addresses is written`() throws {
        var record = shop.record(state: .refused)
        record.detail = .total
        let lines = try lines([record])
        #expect(lines[1]["detail"] as? String == "total")
        #expect(lines[1]["initiator_ip"] == nil)
        #expect(lines[1]["packets_from_initiator"] as? Int == 14)
        #expect(try heading(lines)["state"] as? String == "ok")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `every line is JSON, and sums are the records'`(seed: UInt64) throws {
        var random = RandomRecords(seed: seed, at: shop.web)
        let records = random.records(Int(seed) * 3, from: start)
        let lines = try lines(records)
        #expect(try heading(lines)["records"] as? Int == records.count)
        #expect(lines.count == records.count + 1)
        func sum(_ key: String) -> UInt64 { lines.reduce(0) { $0 + (($1[key] as? NSNumber)?.uint64Value ?? 0) } }
        let all = records.reduce((Traffic.zero, Traffic.zero)) { ($0.0 + $1.fromInitiator, $0.1 + $1.fromTarget) }
        #expect(sum("packets_from_initiator") == all.0.packets)
        #expect(sum("bytes_from_initiator") == all.0.bytes)
        #expect(sum("packets_from_target") == all.1.packets)
        #expect(sum("bytes_from_target") == all.1.bytes)
    }
}
