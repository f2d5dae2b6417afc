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
        let content = try Gzip.decompress(try bytes("\(folder)/\(path)"), limit: 1 << 20)
        return try #require(try JSONSerialization.jsonObject(with: Data(content)) as? [String: Any])
    }

    @Test func `each interface gets both objects in each window, also when nothing happened`() async throws {
        try await withScratchFolder { folder in
            let delivery = try Estate.delivery(in: folder)
            let record = Estate.record(0, web, .ingress, sequence: 5)
            let receipt = try await delivery.deliver(
                Estate.window(0, revision, records: [record]), catalogue: Catalogue())
            #expect(receipt == .init(written: 6))
            #expect(files(below: "\(folder)/logs").count == 6)
            let ingress = try object(folder, try #require(objects(folder, of: web, "ingress").first))
            let egress = try object(folder, try #require(objects(folder, of: web, "egress").first))
            #expect(ingress["number_of_flow_logs"] as? Int == 1)
            #expect(egress["number_of_flow_logs"] as? Int == 0)
            #expect(delivery.state.buckets["file:logs"]?.deliveredSequence == 5)
        }
    }

    @Test func `counters rise without holes and begin again in each hour`() async throws {
        try await withScratchFolder { folder in
            let delivery = try Estate.delivery(in: folder)
            // The first window ends at 10:00:00, the last at 11:00:00.
            for index in 0...60 { try await delivery.deliver(Estate.window(index, revision), catalogue: Catalogue()) }
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
            let delivery = try Estate.delivery(in: folder)
            try await delivery.deliver(Estate.window(0, revision), catalogue: Catalogue())
            let restarted = try Estate.delivery(in: folder)
            #expect(
                try await restarted.deliver(Estate.window(0, revision), catalogue: Catalogue())
                    == .init(isRepeated: true))
        }
    }

    @Test(arguments: 0...6)
    func `a crash after any object repeats nothing and loses nothing`(written: Int) async throws {
        try await withScratchFolder { folder in
            let state = "\(folder)/state/delivery.json"
            let records = (1...4).map { Estate.record(1, web, .egress, sequence: $0) }
            let delivery = try Estate.delivery(in: folder)
            try await delivery.deliver(Estate.window(0, revision), catalogue: Catalogue())
            let before = try bytes(state)
            let known = Set(files(below: "\(folder)/logs"))
            try await delivery.deliver(Estate.window(1, revision, records: records), catalogue: Catalogue())
            let expected = try contents("\(folder)/logs")
            // As after a crash: the state is the old one, and only some of the objects came to disk.
            try write(before, to: state)
            for path in expected.keys.filter({ !known.contains($0) }).sorted().dropFirst(written) {
                try FileManager.default.removeItem(atPath: "\(folder)/logs/\(path)")
            }
            let restarted = try Estate.delivery(in: folder)
            let receipt = try await restarted.deliver(
                Estate.window(1, revision, records: records), catalogue: Catalogue())
            #expect(receipt == .init(written: 6 - written, alreadyThere: written))
            #expect(try contents("\(folder)/logs") == expected)
            #expect(restarted.state == delivery.state)
        }
    }

    private func contents(_ folder: String) throws -> [String: [UInt8]] {
        try Dictionary(uniqueKeysWithValues: files(below: folder).map { ($0, try bytes("\(folder)/\($0)")) })
    }

    @Test func `an attempt under another revision leaves what is there`() async throws {
        try await withScratchFolder { folder in
            let old = Estate.window(0, revision)
            let delivery = try Estate.delivery(in: folder)
            try await delivery.deliver(old, catalogue: Catalogue())
            let expected = try contents("\(folder)/logs")
            var state = DeliveryState()
            state.newcomers.attempt = .init(start: old.start, end: old.end, revision: 1)
            try state.write(to: "\(folder)/state/delivery.json")
            let newer = Estate.revision([Estate.collector(.vpc("shop"), "other")], number: 2)
            let restarted = try Estate.delivery(in: folder)
            #expect(
                try await restarted.deliver(Estate.window(0, newer), catalogue: Catalogue()) == .init(alreadyThere: 6))
            #expect(try contents("\(folder)/logs") == expected)
        }
    }

    @Test func `another object under the key is an error, not overwritten`() async throws {
        try await withScratchFolder { folder in
            let delivery = try Estate.delivery(in: folder)
            try await delivery.deliver(Estate.window(0, revision), catalogue: Catalogue())
            try FileManager.default.removeItem(atPath: "\(folder)/state/delivery.json")
            let amnesiac = try Estate.delivery(in: folder)
            let window = Estate.window(0, revision, records: [Estate.record(0, web, .egress, sequence: 1)])
            await #expect(throws: DeliveryError.self) { try await amnesiac.deliver(window, catalogue: Catalogue()) }
            #expect(amnesiac.state.buckets["file:logs"]?.deliveredUntil == nil)
        }
    }

    @Test func `the same content in other bytes is the same object`() async throws {
        try await withScratchFolder { folder in
            let delivery = try Estate.delivery(in: folder)
            try await delivery.deliver(Estate.window(0, revision), catalogue: Catalogue())
            for path in files(below: "\(folder)/logs").map({ "\(folder)/logs/\($0)" }) {
                try write(try Gzip.compress(try Gzip.decompress(try bytes(path), limit: 9999), level: 9), to: path)
            }
            try FileManager.default.removeItem(atPath: "\(folder)/state/delivery.json")
            let restarted = try Estate.delivery(in: folder)
            #expect(try await restarted.deliver(Estate.window(0, revision), catalogue: Catalogue()).alreadyThere == 6)
        }
    }

    @Test func `loss is written into every object of the window`() async throws {
        try await withScratchFolder { folder in
            let delivery = try Estate.delivery(in: folder)
            try await delivery.deliver(Estate.window(0, revision, hasLoss: true), catalogue: Catalogue())
            for path in files(below: "\(folder)/logs") {
                #expect(try object("\(folder)/logs", path)["state"] as? String == "skip data")
            }
        }
    }

    @Test func `interfaces of other hosts are not ours to tell of`() async throws {
        try await withScratchFolder { folder in
            let window = Estate.window(0, revision)
            let ours = ClosedWindow(
                start: window.start, end: window.end, records: [], revision: revision, interfaces: [web])
            let delivery = try Estate.delivery(in: folder)
            #expect(try await delivery.deliver(ours, catalogue: Catalogue()).written == 2)
        }
    }
}
