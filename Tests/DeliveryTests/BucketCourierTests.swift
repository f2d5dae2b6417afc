import Buckets
import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import Delivery

@Suite struct BucketCourierTests {
    /// A host with a clock made by hand.
    private final class Host: Sendable {
        let spooled: SpooledHost
        let now = Mutex(Timestamp(seconds: 0))
        let lines = Mutex<[String]>([])

        /// So many windows are closed under the revision.
        init(_ folder: String, windows: Int, _ revision: Revision) throws {
            spooled = try SpooledHost(folder)
            for index in 0..<windows { try spooled.close(index, revision) }
            now.withLock { $0 = Estate.end(windows - 1) }
        }

        func pass(_ duration: Duration) { now.withLock { $0 = $0.advanced(by: duration) } }
        func takeLines() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }; return lines
            }
        }

        var surroundings: BucketCourier.Surroundings {
            .init(
                source: spooled.source, now: { self.now.withLock { $0 } },
                log: { line in self.lines.withLock { $0.append(line) } })
        }
    }

    private func states(_ folder: String, _ interface: Identifier<Interface>) throws -> [String] {
        try files(below: folder).filter { $0.contains("vnic-id=\(interface)/record-type=ingress") }.map {
            try #require(try DeliveredBucket.object(at: "\(folder)/\($0)")["state"] as? String)
        }
    }

    private let web = Estate.interface("web-1", "eth0")

    @Test func `a bucket that refuses does not hold another's windows back`() async throws {
        try await withScratchFolder { folder in
            let gone = Estate.collector(.instance(vpc: "shop", instance: "db-1"), "db", bucket: "file:\(folder)/mount")
            let revision = Estate.revision([Estate.collector(.vpc("shop")), gone])
            let host = try Host(folder, windows: 3, revision)
            let delivery = host.spooled.delivery
            try await delivery.adopt(Ownership(revision.policy).buckets, asOf: Estate.minute)
            let refusing = BucketCourier(bucket: gone.bucket, delivery: delivery)
            let willing = BucketCourier(bucket: "file:logs", delivery: delivery)
            #expect(await refusing.run(host.surroundings, catalogue: Catalogue()) != nil)
            #expect(await willing.run(host.surroundings, catalogue: Catalogue()) == nil)
            #expect(files(below: "\(folder)/logs").count == 12)
            #expect(delivery.state.buckets["file:logs"]?.deliveredUntil == Estate.end(2))
            #expect(delivery.state.buckets[gone.bucket]?.deliveredUntil == nil)
            #expect(delivery.state.deliveredSequence == 0)
            #expect(await refusing.problem?.contains("\(folder)/mount is not there") == true)
            // It catches up in order when it is back.
            try FileManager.default.createDirectory(atPath: "\(folder)/mount", withIntermediateDirectories: false)
            host.pass(.seconds(1))
            #expect(await refusing.run(host.surroundings, catalogue: Catalogue()) == nil)
            #expect(files(below: "\(folder)/mount").count == 6)
            #expect(await refusing.problem == nil)
        }
    }

    @Test func `a refusal is logged once an hour, under its code`() async throws {
        try await withScratchFolder { folder in
            let collector = Estate.collector(.vpc("shop"), bucket: "file:\(folder)/mount")
            let host = try Host(folder, windows: 1, Estate.revision([collector]))
            let courier = BucketCourier(bucket: collector.bucket, delivery: host.spooled.delivery)
            for _ in 0..<8 {
                _ = await courier.run(host.surroundings, catalogue: Catalogue())
                host.pass(.seconds(600))
            }
            let lines = host.takeLines()
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("is.flow-log-collector.00003E bucket \"file:\(folder)/mount\": "))
        }
    }

    @Test func `credentials that are not there are not authorized`() async throws {
        try await withScratchFolder { folder in
            let collector = Estate.collector(
                .vpc("shop"), bucket: "s3://flows?credentials=lab&endpoint=http://127.0.0.1:9")
            let host = try Host(folder, windows: 1, Estate.revision([collector]))
            let courier = BucketCourier(bucket: collector.bucket, delivery: host.spooled.delivery)
            _ = await courier.run(host.surroundings, catalogue: Catalogue())
            #expect(host.takeLines().first?.hasPrefix("is.flow-log-collector.00002E") == true)
        }
    }

    @Test func `what was refused for a day is dropped, and the next object says so`() async throws {
        try await withScratchFolder { folder in
            let collector = Estate.collector(.vpc("shop"), bucket: "file:\(folder)/mount")
            let revision = Estate.revision([collector])
            let host = try Host(folder, windows: 3, revision)
            let delivery = host.spooled.delivery
            let courier = BucketCourier(bucket: collector.bucket, delivery: delivery)
            // The first window is a day old, the second is not.
            host.pass(.seconds(24 * 3600 - 120))
            #expect(await courier.run(host.surroundings, catalogue: Catalogue()) != nil)
            #expect(delivery.state.buckets[collector.bucket]?.deliveredUntil == Estate.end(0))
            let dropped = host.takeLines().filter { $0.hasPrefix("is.flow-log-collector.00001E") }
            #expect(dropped.map { $0.split(separator: " ")[2] } == ["db-1:", "web-1:"])
            try FileManager.default.createDirectory(atPath: "\(folder)/mount", withIntermediateDirectories: false)
            host.pass(.seconds(10))
            #expect(await courier.run(host.surroundings, catalogue: Catalogue()) == nil)
            #expect(try states("\(folder)/mount", web) == ["skip data", "ok"])
        }
    }

    @Test func `a window that was dropped half delivered leaves objects that are proven, and new streams after it`()
        async throws
    {
        try await withScratchFolder { folder in
            let revision = Estate.revision([Estate.collector(.vpc("shop"))])
            let host = try SpooledHost(folder)
            try await host.pass(0, revision)
            // One interface's folder of the hour cannot be written into.
            let first = try #require(files(below: "\(folder)/logs").first { $0.contains("\(web)/record-type=ingress") })
            let hour = "\(folder)/logs/" + first.split(separator: "/").dropLast(2).joined(separator: "/")
            try FileManager.default.moveItem(atPath: hour, toPath: "\(folder)/aside")
            try write([], to: hour)
            await #expect(throws: DeliveryError.self) { try await host.pass(1, revision) }
            _ = try await host.delivery.drop(try #require(try host.next()), from: "file:logs")
            try FileManager.default.removeItem(atPath: hour)
            try FileManager.default.moveItem(atPath: "\(folder)/aside", toPath: hour)
            for index in [2, 60] { try await host.pass(index, revision) }
            let report = try await DeliveredBucket(path: "\(folder)/logs", host: folder).verify()
            #expect(report.findings.isEmpty)
            // Of the dropped window five of six.
            #expect(report.proven == 6 + 5 + 6)
            #expect(try states("\(folder)/logs", web).filter { $0 == "skip data" }.count == 1)
        }
    }

    @Test func `pauses double with jitter, and honour what the service asks`() {
        var backoff = Backoff()
        let now = Timestamp(seconds: 1000)
        let pauses = (0..<11).map { _ in
            backoff.fail(at: now, retryAfter: nil, jitter: 1)
            return (backoff.dueAt?.seconds ?? 0) - now.seconds
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        backoff.fail(at: now, retryAfter: .seconds(900), jitter: 0)
        #expect(backoff.dueAt == Timestamp(seconds: 1900))
        backoff.succeed()
        #expect(backoff.dueAt == nil)
        backoff.fail(at: now, retryAfter: nil, jitter: 0)
        #expect(backoff.dueAt == now.advanced(by: .milliseconds(500)))
    }

    @Test func `a bucket named anew takes what was pending`() async throws {
        try await withScratchFolder { folder in
            let wrong = Estate.collector(.vpc("shop"), bucket: "file:\(folder)/mount")
            let revision = Estate.revision([wrong])
            let host = try SpooledHost(folder)
            try await host.delivery.adopt([wrong.id: wrong.bucket], asOf: Estate.minute)
            try host.close(0, revision)
            await #expect(throws: DeliveryError.self) { try await host.deliver() }
            try host.close(1, revision)
            let mended = Estate.revision([Estate.collector(.vpc("shop"))], number: 2)
            host.adopt(mended)
            try await host.delivery.adopt(Ownership(mended.policy).buckets, asOf: Estate.end(1))
            #expect(try await host.deliver().written == 12)
            #expect(Set(host.delivery.state.buckets.keys) == ["file:logs"])
            // A courier that began before does not bring the wrong one back.
            try await host.delivery.adopt([wrong.id: wrong.bucket], asOf: Estate.end(0))
            #expect(Set(host.delivery.state.buckets.keys) == ["file:logs"])
        }
    }

    @Test func `a new bucket begins where the others stand`() async throws {
        try await withScratchFolder { folder in
            let first = Estate.collector(.vpc("shop"))
            let host = try SpooledHost(folder)
            try await host.delivery.adopt([first.id: first.bucket], asOf: Estate.minute)
            try await host.pass(0, Estate.revision([first]))
            let second = Estate.collector(.instance(vpc: "shop", instance: "db-1"), "db", bucket: "file:db")
            try await host.delivery.adopt([first.id: first.bucket, second.id: second.bucket], asOf: Estate.end(0))
            #expect(host.delivery.state["file:db"].deliveredUntil == Estate.end(0))
        }
    }

    @Test func `records of a collector that is gone are dropped with it`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try host.close(0, Estate.revision([Estate.collector(.vpc("shop"))]))
            host.adopt(Estate.revision([], number: 2))
            #expect(try host.next() == nil)
        }
    }
}
