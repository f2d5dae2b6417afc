import Buckets
import Foundation
import Model
import TestSupport
import Testing

@testable import Delivery

/// Streams are named by seconds: two that begin in the same must not be taken for each other.
@Suite struct StreamNameTests {
    private let web = Estate.interface("web-1", "eth0")

    /// Numbers of the initiators' ports in all of an interface's own objects.
    private func delivered(_ folder: String) throws -> [Int] {
        let paths = files(below: folder).filter { $0.contains("\(web)/record-type=egress") && $0.hasSuffix(".gz") }
        return try paths.flatMap { path in
            let object = try DeliveredBucket.object(at: "\(folder)/\(path)")
            return try #require(object["flow_logs"] as? [[String: Any]]).compactMap { $0["initiator_port"] as? Int }
        }.sorted()
    }

    @Test func `a bucket that is named again in the same second gets another stream`() async throws {
        try await withScratchFolder { folder in
            let all = Estate.collector(.vpc("shop"))
            let other = Estate.collector(.vpc("shop"), "other", bucket: "file:other")
            let host = try SpooledHost(folder)
            for (index, collector) in [all, other, all].enumerated() {
                let end = Estate.end(0).advanced(by: .milliseconds(100 * index))
                host.adopt(Estate.revision([collector]))
                try await host.delivery.adopt([collector.id: collector.bucket], asOf: end)
                let record = Estate.record(
                    1, web, .egress, sequence: UInt64(index + 1), at: end.advanced(by: .milliseconds(-50)))
                try host.close(at: end, records: [record])
                host.flush()
                try await host.deliver()
            }
            #expect(try delivered("\(folder)/logs") == [1, 3])
            #expect(try delivered("\(folder)/other") == [2])
        }
    }

    @Test func `another host's object under the same key stays, and its own get another stream`() async throws {
        try await withScratchFolder { folder in
            let revision = Estate.revision([Estate.collector(.vpc("shop"), bucket: "file:\(folder)/logs")])
            try FileManager.default.createDirectory(atPath: "\(folder)/logs", withIntermediateDirectories: false)
            let hosts = try ["first", "second"].map { try SpooledHost("\(folder)/\($0)") }
            for (index, host) in hosts.enumerated() {
                try host.close(0, revision, records: [Estate.record(0, web, .egress, sequence: UInt64(index + 1))])
            }
            #expect(try await hosts[0].deliver() == .init(written: 6))
            await #expect(throws: DeliveryError.self) { try await hosts[1].deliver() }
            try hosts[1].restart()
            // What is alike, of interfaces without traffic, is found; web's own two objects are written.
            #expect(try await hosts[1].deliver() == .init(written: 2, alreadyThere: 4))
            #expect(try delivered("\(folder)/logs") == [1, 2])
            try await hosts[1].pass(1, revision, records: [Estate.record(1, web, .egress, sequence: 3)])
            #expect(try delivered("\(folder)/logs") == [1, 2, 3])
        }
    }
}
