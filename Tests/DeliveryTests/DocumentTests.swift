import Foundation
import Model
import TestSupport
import Testing

@testable import Delivery

@Suite struct DocumentTests {
    @Test func `the design page shows a state that can be read`() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = root.deletingLastPathComponent().appendingPathComponent("docs/design/delivery.md")
        let page = try String(contentsOf: path, encoding: .utf8)
        let example = try #require(page.split(separator: "```json\n").last?.split(separator: "```").first)
        try await withScratchFolder { folder in
            try write(Array(example.utf8), to: "\(folder)/state.json")
            let state = try DeliveryState(readingFrom: "\(folder)/state.json")
            #expect(state.deliveredSequence == 5)
            let progress = try #require(state.buckets["file:flowlogs"])
            let stream = try #require(progress.streams.values.first)
            #expect(stream.until > (try #require(progress.deliveredUntil)))
            #expect(Set(stream.counters.keys) == ["ingress", "egress"])
            #expect(stream.counters.values.allSatisfy { $0.hour == stream.until.seconds / 3600 })
        }
    }
}
