import Foundation
import Model
import TestSupport
import Testing

@testable import Delivery

@Suite struct StateFormatTests {
    private let revision = Estate.revision([Estate.collector(.vpc("shop"), interval: 300)])
    private let web = Estate.interface("web-1", "eth0")

    @Test func `a state of the first format goes on`() async throws {
        try await withScratchFolder { folder in
            let content = """
                {"deliveredSequence":5,"deliveredUntil":1793700000000000000,"format":1,"streams":{"a":{"hour":498250,"next":1,\
                "owner":"b","start":1793700000000000000}}}
                """
            try write(Array(content.utf8), to: "\(folder)/state.json")
            let state = try DeliveryState(readingFrom: "\(folder)/state.json")
            #expect(state["file:logs"].deliveredSequence == 5)
            #expect(state["file:logs"].streams["a"]?.counters["egress"] == .init(hour: 498_250, next: 1))
            #expect(state["file:logs"].streams["a"]?.until == Timestamp(nanoseconds: 1_793_700_000_000_000_000))
        }
    }

    /// What the release before wrote after a window, and while it was on its way with the next.
    private func secondFormat(attempted: Bool, owner: String) -> String {
        let end = Estate.end(0).nanoseconds
        let stream = """
            {"hour":\(end / 3_600_000_000_000),"next":1,"owner":"\(owner)","start":\(end)}
            """
        let attempt = """
            "attempt":{"end":\(Estate.end(1).nanoseconds),"revision":1,"start":\(end)},
            """
        return """
            {"buckets":{"file:logs":{\(attempted ? attempt : "")"collectors":["c"],"deliveredSequence":0,
            "deliveredUntil":\(end),"gaps":[],"manifests":{},"streams":{"\(web)":\(stream)}}},"format":2,
            "newcomers":{"collectors":[],"deliveredSequence":0,"gaps":[],"manifests":{},"streams":{}}}
            """
    }

    @Test func `streams of the second format go on`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            for index in 0..<6 { try host.close(index, revision) }
            let owner = try #require(
                try await { () async throws -> String? in
                    try await host.deliver()
                    return host.delivery.state["file:logs"].streams[web.description]?.owner
                }())
            try write(Array(secondFormat(attempted: false, owner: owner).utf8), to: "\(folder)/state/delivery.json")
            try host.restart()
            let round = try #require(try host.next())
            #expect(round.spans.allSatisfy { $0.start == Estate.end(0) && $0.end == Estate.end(5) })
            let plan = try RoundObjects(
                round, catalogue: Catalogue(), progress: host.delivery.state["file:logs"], region: "local")
            let keys = plan.objects.filter { $0.span.interface == web }.map(\.key)
            #expect(keys.allSatisfy { $0.hasSuffix("stream-id=20261103T100000Z/00000001.gz") })
        }
    }

    @Test func `a window that the second format was on its way with is delivered as it was begun`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            for index in 0..<4 { try host.close(index, revision) }
            try FileManager.default.createDirectory(atPath: "\(folder)/state", withIntermediateDirectories: true)
            try write(Array(secondFormat(attempted: true, owner: "x").utf8), to: "\(folder)/state/delivery.json")
            try host.restart()
            let round = try #require(try host.next())
            #expect(round.end == Estate.end(1))
            #expect(round.spans.count == 3)
            #expect(round.spans.allSatisfy { $0.start == Estate.end(0) })
            try await host.deliver()
            #expect(host.delivery.state["file:logs"].attempt == nil)
            #expect(files(below: "\(folder)/logs").count == 6)
        }
    }
}
