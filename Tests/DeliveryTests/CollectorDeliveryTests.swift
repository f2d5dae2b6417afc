import Foundation
import Gzip
import Model
import TestSupport
import Testing

@testable import Delivery

@Suite struct CollectorDeliveryTests {
    private let revision = Estate.revision([Estate.collector(.vpc("shop"))])
    private let web = Estate.interface("web-1", "eth0")

    private func objects(_ folder: String, of interface: Identifier<Interface>, _ type: String) -> [String] {
        files(below: folder).filter { $0.contains("vnic-id=\(interface)/record-type=\(type)/") }
    }

    private func object(_ folder: String, _ path: String) throws -> [String: Any] {
        try DeliveredBucket.object(at: "\(folder)/\(path)")
    }

    @Test func `each interface gets both objects in each window, also when nothing happened`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            let receipt = try await host.pass(0, revision, records: [Estate.record(0, web, .ingress)])
            #expect(receipt == .init(written: 6))
            #expect(files(below: "\(folder)/logs").count == 6)
            let ingress = try object(folder, try #require(objects(folder, of: web, "ingress").first))
            let egress = try object(folder, try #require(objects(folder, of: web, "egress").first))
            #expect(ingress["number_of_flow_logs"] as? Int == 1)
            #expect(egress["number_of_flow_logs"] as? Int == 0)
            #expect(host.delivery.state.buckets["file:logs"]?.deliveredSequence == 1)
        }
    }

    @Test func `counters rise without holes and begin again in each hour`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            // The first window ends at 10:00:00, the last at 11:00:00.
            for index in 0...60 { try await host.pass(index, revision) }
            let keys = objects(folder, of: web, "egress").map {
                $0.split(separator: "/").suffix(3).joined(separator: "/")
            }
            let stream = "stream-id=20261103T100000Z"
            let first = (0..<60).map { "hour=10/\(stream)/000000\($0 < 10 ? "0" : "")\($0).gz" }
            #expect(keys == first + ["hour=11/\(stream)/00000000.gz"])
        }
    }

    @Test func `a window that was delivered is not delivered again`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try await host.pass(0, revision)
            try host.restart()
            #expect(try host.next() == nil)
            #expect(try await host.deliver() == .init())
        }
    }

    @Test(arguments: 0...6)
    func `a crash after any object repeats nothing and loses nothing`(written: Int) async throws {
        try await withScratchFolder { folder in
            let state = "\(folder)/state/delivery.json"
            let records = (1...4).map { Estate.record(1, web, .egress, sequence: $0) }
            let host = try SpooledHost(folder)
            try await host.pass(0, revision)
            let before = try bytes(state)
            let known = Set(files(below: "\(folder)/logs"))
            try await host.pass(1, revision, records: records)
            let after = host.delivery.state
            let expected = try contents("\(folder)/logs")
            // As after a crash: the state is the old one, and only some of the objects came to disk.
            try write(before, to: state)
            for path in expected.keys.filter({ !known.contains($0) }).sorted().dropFirst(written) {
                try FileManager.default.removeItem(atPath: "\(folder)/logs/\(path)")
            }
            try host.restart()
            let receipt = try await host.deliver()
            #expect(receipt == .init(written: 6 - written, alreadyThere: written))
            #expect(try contents("\(folder)/logs") == expected)
            #expect(host.delivery.state == after)
        }
    }

    private func contents(_ folder: String) throws -> [String: [UInt8]] {
        try Dictionary(uniqueKeysWithValues: files(below: folder).map { ($0, try bytes("\(folder)/\($0)")) })
    }

    @Test func `an attempt is made again as it was begun, though the policy is another now`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try await host.pass(0, revision)
            let before = try bytes("\(folder)/state/delivery.json")
            try host.close(1, revision, records: [Estate.record(1, web, .egress)])
            let round = try #require(try host.next())
            try await host.deliver()
            let expected = try contents("\(folder)/logs")
            // As after a crash before the state was written: it says what is attempted.
            var state = try #require(try? JSONDecoder().decode(DeliveryState.self, from: Data(before)))
            state["file:logs"].attempt = round.attempt
            try state.write(to: "\(folder)/state/delivery.json")
            try host.restart()
            let gone = Estate.collector(.vpc("shop"), "other", interval: 3600)
            host.adopt(Estate.revision([gone], number: 2))
            #expect(try await host.deliver() == .init(alreadyThere: 6))
            #expect(try contents("\(folder)/logs") == expected)
        }
    }

    @Test func `another object under the key is an error, not overwritten`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try await host.pass(0, revision)
            try FileManager.default.removeItem(atPath: "\(folder)/state/delivery.json")
            try FileManager.default.removeItem(atPath: "\(folder)/spool")
            let amnesiac = try SpooledHost(folder)
            await #expect(throws: DeliveryError.self) {
                try await amnesiac.pass(0, revision, records: [Estate.record(0, web, .egress)])
            }
            #expect(amnesiac.delivery.state.buckets["file:logs"]?.deliveredUntil == nil)
        }
    }

    @Test func `the same content in other bytes is the same object`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try await host.pass(0, revision)
            for path in files(below: "\(folder)/logs").map({ "\(folder)/logs/\($0)" }) {
                try write(try Gzip.compress(try Gzip.decompress(try bytes(path), limit: 9999), level: 9), to: path)
            }
            try FileManager.default.removeItem(atPath: "\(folder)/state/delivery.json")
            try host.restart()
            #expect(try await host.deliver().alreadyThere == 6)
        }
    }

    @Test func `loss is written into every object of its interface`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try await host.pass(0, revision, lossy: [web])
            for path in files(below: "\(folder)/logs") {
                let state = try object("\(folder)/logs", path)["state"] as? String
                #expect(state == (path.contains("\(web)") ? "skip data" : "ok"))
            }
        }
    }

    @Test func `interfaces of other hosts are not ours to tell of`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            host.adopt(revision, interfaces: [web])
            try host.close(at: Estate.end(0))
            #expect(try await host.deliver().written == 2)
        }
    }
}
