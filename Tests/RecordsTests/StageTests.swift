import Foundation
import Model
import Testing

@testable import Records

/// Every stage and every reason of a refusal goes through every text format as itself.
@Suite struct StageTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    /// A refusal by each stage; by the guard for each of its reasons.
    private static let refusals: [(stage: Stage, rule: Identifier<Rule>, reason: String)] = Stage.allCases.flatMap {
        stage -> [(Stage, Identifier<Rule>, String)] in
        switch stage {
        case .guard: GuardRule.refusals.map { (.guard, $0.id, $0.rawValue) }
        case .enterprise: [(.enterprise, Identifier(derivedFrom: "enterprise-rule"), "enterprise")]
        case .acl: [(.acl, Identifier(derivedFrom: "acl-rule"), "acl")]
        case .group: [(.group, Identifier(derivedFrom: "refusal"), "no-rule")]
        }
    }

    @Test func `an event keeps its stage and reason, written and read`() throws {
        for refusal in Self.refusals {
            var event = shop.event()
            (event.verdict, event.stage, event.rule) = (.drop, refusal.stage, refusal.rule)
            var encoder = EventJSON(host: "host-1", catalogue: shop.catalogue)
            var line = ByteLine()
            encoder.append(event, to: &line)
            guard case .event(let entry) = try EventLogLine(reading: line.text) else {
                Issue.record("\(line.text) is no event")
                continue
            }
            #expect(entry.stage == refusal.stage)
            #expect(entry.verdict == .drop)
            #expect(entry.reason?.rawValue == refusal.reason)
        }
    }

    @Test func `a record keeps its stage and reason in JSON and CSV`() throws {
        for refusal in Self.refusals {
            var record = shop.record(state: .refused)
            (record.verdict, record.stage, record.rule) = (.drop, refusal.stage, refusal.rule)
            let row = FlowRow(record, host: "h", catalogue: shop.catalogue, peers: PeerIndex(shop.catalogue))
            #expect(row.cell(.stage) == .text(refusal.stage.rawValue))
            #expect(row.cell(.reason) == .text(refusal.reason))
            var line = ByteLine()
            FlowJSON(host: "h", catalogue: shop.catalogue).append(record, to: &line)
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(line.text.utf8)) as? [String: Any])
            #expect(json["stage"] as? String == refusal.stage.rawValue)
            #expect(json["reason"] as? String == refusal.reason)
        }
    }

    @Test func `an object of format ibm+ names the stage and the reason`() throws {
        for refusal in Self.refusals {
            var record = shop.record(state: .refused)
            (record.verdict, record.stage, record.rule) = (.drop, refusal.stage, refusal.rule)
            let collector = Collector(
                id: Identifier(derivedFrom: "c"), name: "c", target: .vpc("shop"), bucket: "file:b")
            var line = ByteLine()
            IBMFlowLog(
                collector: collector, placement: shop.web, catalogue: shop.catalogue, region: "r", isPlus: true
            ).append(
                [record], windowStart: record.windowStart, windowEnd: record.windowEnd, hasLoss: false, to: &line)
            #expect(line.text.contains("\"stage\":\"\(refusal.stage.rawValue)\""))
            #expect(line.text.contains("\"reason\":\"\(refusal.reason)\""))
        }
    }

    @Test func `reasons are words that are read back`() {
        for reason in DropReason.allCases { #expect(DropReason(rawValue: reason.rawValue) == reason) }
        #expect(Set(DropReason.allCases.map(\.rawValue)).count == DropReason.allCases.count)
    }

    @Test func `the pages name every stage and reason`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/formats/event-log.md"), encoding: .utf8)
        for word in Stage.allCases.map(\.rawValue) + DropReason.allCases.map(\.rawValue) {
            #expect(page.contains("`\(word)`"), "docs/formats/event-log.md does not name \(word)")
        }
    }
}
