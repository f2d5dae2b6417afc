import Foundation
import Model
import TestSupport
import Testing

@testable import Records

/// The examples on the pages of the formats are what the encoders write.
@Suite struct DocumentTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    /// A page with the line breaks undone that are for the page only.
    private func page(_ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let page = root.deletingLastPathComponent().appendingPathComponent("docs/formats/\(name)")
        return try String(contentsOf: page, encoding: .utf8).replacing("\n    ", with: "")
    }

    private func expect(_ page: String, holds line: ByteLine) {
        #expect(page.contains("\n\(line.text.trimmingCharacters(in: .newlines))\n```"))
    }

    @Test func `the page of the event log shows a JSON line`() throws {
        var encoder = EventJSON(host: "host-1", catalogue: shop.catalogue)
        var line = ByteLine()
        encoder.append(shop.event(), to: &line)
        expect(try page("event-log.md"), holds: line)
    }

    @Test func `the page of the event log shows a summary`() throws {
        let from = Timestamp(seconds: 1_793_700_900)
        var line = ByteLine()
        EventSummary(host: "host-1", lost: 3, suppressed: 12, from: from, to: from.advanced(by: .seconds(60)))
            .append(to: &line)
        expect(try page("event-log.md"), holds: line)
    }

    @Test func `the page of the event log shows Neutron's line`() throws {
        var encoder = NeutronLine(catalogue: shop.catalogue, options: .init(includesDecision: true))
        var line = ByteLine()
        encoder.append(shop.event(), logResources: ["4522efdf-8d44-4e19-b237-64cafc49469b"], to: &line)
        expect(try page("event-log.md"), holds: line)
    }

    @Test func `the page of flow objects shows a key with its content`() throws {
        try expectObject(.ibmPlus, .ingress, [shop.record()])
    }

    @Test func `the page of flow objects shows lines with their key`() throws {
        try expectObject(.jsonLines, .all, [])
    }

    @Test func `the page of flow objects shows AWS's lines with their key`() throws {
        var refusal = shop.record(state: .refused)
        (refusal.verdict, refusal.fromTarget) = (.drop, .zero)
        try expectObject(.aws(columns: AWSField.defaultNames), .all, [shop.record(), refusal])
    }

    private func expectObject(_ format: FlowLogFormat, _ part: FlowObjectFormat.Part, _ records: [FlowRecord]) throws {
        let start = Timestamp(seconds: 1_793_700_900)
        let end = start.advanced(by: .seconds(60))
        let collector = Collector(
            id: Identifier(derivedFrom: "collector", "c"), name: "c", target: .vpc("shop"), bucket: "file:logs",
            format: format)
        let objects = try #require(
            FlowObjectFormat(
                collector: collector, placement: shop.web, names: .init(shop.catalogue, host: "host-1", for: [format]),
                region: "local"))
        var line = ByteLine()
        _ = objects.append(records, start: start, end: end, hasLoss: false, to: &line)
        let page = try page("flow-objects.md")
        expect(page, holds: line)
        #expect(page.contains("\n\(objects.key(part, end: end, stream: end, counter: 0))\n```"))
    }

    @Test func `the page of flow objects shows a record`() throws {
        var line = ByteLine()
        FlowJSON(host: "host-1", catalogue: shop.catalogue).append(shop.record(), to: &line)
        expect(try page("flow-objects.md"), holds: line)
    }

    @Test(arguments: FlowColumn.allCases)
    func `the page of flow objects describes every column`(column: FlowColumn) throws {
        #expect(try page("flow-objects.md").contains("\n| `\(column.rawValue)` | \(column.meaning) |\n"))
    }
}
