import Foundation
import Gzip
import Model
import TestSupport
import Testing

@testable import Delivery

/// What is due when, and what each object holds.
@Suite struct SpanTests {
    private let web = Estate.interface("web-1", "eth0")
    private let database = Estate.interface("db-1", "eth0")

    private func collector(
        _ name: String = "all", bucket: String = "file:logs", isActive: Bool = true, interval: Int = 300
    ) -> Collector {
        Estate.collector(.vpc("shop"), name, bucket: bucket, isActive: isActive, interval: interval)
    }

    private func finer(_ bucket: String, isActive: Bool = true) -> Collector {
        Estate.collector(
            .interface(vpc: "shop", instance: "web-1", interface: "eth0"), "finer", bucket: bucket, isActive: isActive,
            interval: 300)
    }

    /// Record numbers by the span's minutes after 10:00, of an interface's objects in a bucket.
    private func objects(
        _ folder: String, _ interface: Identifier<Interface>, _ part: String = "egress"
    ) throws -> [String] {
        try files(below: folder).filter { $0.contains("vnic-id=\(interface)/record-type=\(part)/") }.map { path in
            let object = try DeliveredBucket.object(at: "\(folder)/\(path)")
            let start = try #require(object["capture_start_time"] as? String).suffix(9).prefix(8)
            let end = try #require(object["capture_end_time"] as? String).suffix(9).prefix(8)
            return "\(start)-\(end) \(object["number_of_flow_logs"] as? Int ?? -1)"
        }
    }

    @Test func `one object tells of all windows of its interval, by the clock`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let revision = Estate.revision([collector()])
            // The first window begins at 09:59.
            for index in 0...11 {
                try await host.pass(index, revision, records: [Estate.record(index, web, .egress)])
            }
            #expect(
                try objects("\(folder)/logs", web) == [
                    "09:59:00-10:00:00 1", "10:00:00-10:05:00 5", "10:05:00-10:10:00 5",
                ])
            #expect(try objects("\(folder)/logs", web, "ingress").map { $0.suffix(2) } == [" 0", " 0", " 0"])
            // The spool may forget what is delivered; the window after is waited for.
            #expect(host.delivery.state["file:logs"].deliveredUntil == Estate.end(10))
            #expect(host.delivery.state.deliveredSequence == 11)
        }
    }

    @Test func `an interval that windows do not meet is over with the first window that passes it`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let revision = Estate.revision([collector(interval: 90)])
            for index in 0..<5 { try await host.pass(index, revision) }
            #expect(
                try objects("\(folder)/logs", web) == [
                    "09:59:00-10:00:00 0", "10:00:00-10:02:00 0", "10:02:00-10:03:00 0",
                ])
        }
    }

    @Test func `a busy interface is delivered early, a quiet one is not`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let revision = Estate.revision([collector()])
            try await host.pass(0, revision)
            let busy = (0..<200).map { _ in Estate.record(1, web, .egress) }
            try await host.pass(1, revision, records: busy)
            try await host.pass(2, revision, records: [Estate.record(2, web, .egress)])
            #expect(try objects("\(folder)/logs", web).last == "10:00:00-10:01:00 200")
            #expect(try objects("\(folder)/logs", database).last == "09:59:00-10:00:00 0")
            for index in 3...5 { try await host.pass(index, revision) }
            #expect(try objects("\(folder)/logs", web).last == "10:01:00-10:05:00 1")
            #expect(try objects("\(folder)/logs", database).last == "10:00:00-10:05:00 0")
        }
    }

    @Test func `what was recorded before a finer collector is the coarser one's`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let coarse = Estate.revision([collector()])
            let both = Estate.revision([collector(), finer("file:finer")], number: 2)
            try await host.pass(0, coarse)
            // In one window: the finer one is made after 20 seconds, and goes after 40.
            let start = Estate.end(0)
            let (made, gone) = (start.advanced(by: .seconds(20)), start.advanced(by: .seconds(40)))
            try host.close(at: made, records: [Estate.record(1, web, .egress)])
            host.adopt(both)
            #expect(try host.next()?.spans.map(\.interface) == [web])
            try await host.deliver()
            try host.close(at: gone, records: [Estate.record(1, web, .egress, at: made)])
            let deleted = Estate.revision([collector(), finer("file:finer", isActive: false)], number: 3)
            host.adopt(deleted)
            try await host.deliver()
            try host.close(at: Estate.end(1), records: [Estate.record(1, web, .egress, at: gone)])
            host.adopt(coarse)
            for index in 2...5 { try await host.pass(index, coarse) }
            #expect(
                try objects("\(folder)/logs", web) == [
                    "09:59:00-10:00:00 0", "10:00:00-10:00:20 1", "10:01:00-10:05:00 0",
                ])
            #expect(try objects("\(folder)/finer", web) == ["10:00:20-10:00:40 1"])
            // The other interfaces do not notice.
            #expect(try objects("\(folder)/logs", database) == ["09:59:00-10:00:00 0", "10:00:00-10:05:00 0"])
        }
    }

    @Test func `suspending sends what is pending at once, and resuming begins a new stream`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let active = Estate.revision([collector()])
            let suspended = Estate.revision([collector(isActive: false)], number: 2)
            try await host.pass(0, active)
            try host.close(at: Estate.end(0).advanced(by: .seconds(10)), records: [Estate.record(1, web, .egress)])
            host.adopt(suspended)
            try await host.deliver()
            #expect(try objects("\(folder)/logs", web).last == "10:00:00-10:00:10 1")
            try host.close(
                at: Estate.end(0).advanced(by: .seconds(30)),
                records: [Estate.record(1, web, .egress, at: Estate.end(0).advanced(by: .seconds(10)))])
            host.adopt(active)
            try await host.deliver()
            for index in 1...5 { try await host.pass(index, active) }
            let keys = files(below: "\(folder)/logs").filter { $0.contains("\(web)/record-type=egress") }
            #expect(try objects("\(folder)/logs", web).map { $0.suffix(2) } == [" 0", " 1", " 0"])
            #expect(keys.last?.hasSuffix("stream-id=20261103T100500Z/00000000.gz") == true)
        }
    }

    @Test func `streams that begin in one second have different names`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let active = Estate.revision([collector()])
            for index in 0..<6 {
                host.adopt(index % 2 == 0 ? active : Estate.revision([collector(isActive: false)], number: 2))
                try host.close(at: Estate.minute.advanced(by: .milliseconds(100 * (index + 1))))
                try await host.deliver()
            }
            host.adopt(Estate.revision([collector(isActive: false)], number: 2))
            try await host.deliver()
            let streams = files(below: "\(folder)/logs").filter { $0.contains("\(web)/record-type=egress") }.map {
                $0.suffix(28)
            }
            #expect(streams == ["00", "01", "02"].map { "20261103T0959\($0)Z/00000000.gz"[...] })
        }
    }

    @Test func `an interface that leaves the host gets its last object`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let revision = Estate.revision([collector()])
            host.adopt(revision, interfaces: [web, database])
            try host.close(at: Estate.end(0))
            try await host.deliver()
            try host.close(at: Estate.end(0).advanced(by: .seconds(5)), records: [Estate.record(1, web, .egress)])
            host.adopt(revision, interfaces: [database])
            try await host.deliver()
            #expect(try objects("\(folder)/logs", web).last == "10:00:00-10:00:05 1")
            #expect(try objects("\(folder)/logs", database).count == 1)
        }
    }

    @Test func `another interval or format is another span`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try await host.pass(0, Estate.revision([collector()]))
            try await host.pass(1, Estate.revision([collector()]))
            host.adopt(Estate.revision([collector(interval: 120)], number: 2))
            #expect(try await host.deliver().written == 6)
            let other = Estate.collector(.vpc("shop"), format: .ibmPlus, interval: 120)
            try host.close(at: Estate.end(1).advanced(by: .seconds(1)))
            host.adopt(Estate.revision([other], number: 3))
            #expect(try await host.deliver().written == 6)
            try await host.pass(2, Estate.revision([other], number: 3))
            let streams = files(below: "\(folder)/logs").filter { $0.contains("\(web)/record-type=egress") }.map {
                String($0.split(separator: "/").suffix(2).joined(separator: "/").dropFirst(10))
            }
            // The stream goes on with another interval, not with another format.
            #expect(
                streams == [
                    "20261103T100000Z/00000000.gz", "20261103T100000Z/00000001.gz", "20261103T100000Z/00000002.gz",
                    "20261103T100200Z/00000000.gz",
                ])
        }
    }

    @Test func `who asks for it gets what there is now`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let revision = Estate.revision([collector(interval: 3600)])
            try await host.pass(0, revision)
            try host.close(at: Estate.end(0).advanced(by: .seconds(7)), records: [Estate.record(1, web, .egress)])
            #expect(try host.next() == nil)
            host.flush()
            #expect(try await host.deliver().written == 6)
            #expect(try objects("\(folder)/logs", web).last == "10:00:00-10:00:07 1")
        }
    }

    @Test func `more than an object holds is several, numbered for each part alone`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let revision = Estate.revision([collector()])
            let many = (0..<(2 * RoundObjects.recordLimit + 5)).map { _ in Estate.record(0, web, .egress) }
            try await host.pass(0, revision, records: many + [Estate.record(0, web, .ingress)])
            #expect(
                try objects("\(folder)/logs", web) == ["10000", "10000", "5"].map { "09:59:00-10:00:00 \($0)" })
            #expect(try objects("\(folder)/logs", web, "ingress") == ["09:59:00-10:00:00 1"])
            for index in 1...6 { try await host.pass(index, revision) }
            let keys = files(below: "\(folder)/logs").filter { $0.contains("\(web)/") }.map { $0.suffix(11) }
            #expect(keys.sorted() == [0, 0, 1, 1, 2, 3].map { "0000000\($0).gz" })
        }
    }

    @Test func `records that the spool has lost are said of those that wait for them`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let revision = Estate.revision([collector()])
            try await host.pass(0, revision, records: [Estate.record(0, web, .egress)])
            let busy = (0..<200).map { _ in Estate.record(1, web, .egress) }
            try await host.pass(1, revision, records: busy)
            // The database waits for what is in the first segment, which goes; what the busy one had is delivered.
            try host.forget()
            for index in 2...5 { try await host.pass(index, revision, records: [Estate.record(index, web, .egress)]) }
            func states(_ interface: Identifier<Interface>) throws -> [Bool] {
                try files(below: "\(folder)/logs").filter { $0.contains("\(interface)/record-type=egress") }.map {
                    String(
                        decoding: try Gzip.decompress(try bytes("\(folder)/logs/\($0)"), limit: 1 << 20), as: UTF8.self
                    )
                    .contains("\"skip data\"")
                }
            }
            #expect(try states(database) == [false, true])
            #expect(try states(web).dropFirst().first == false)
        }
    }
}
