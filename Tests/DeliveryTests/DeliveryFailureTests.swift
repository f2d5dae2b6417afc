import Buckets
import Foundation
import Model
import TestSupport
import Testing

@testable import Delivery

@Suite struct DeliveryFailureTests {
    private let web = Estate.interface("web-1", "eth0")

    @Test func `a bucket that is gone leaves the window pending, and gets it when it is back`() async throws {
        try await withScratchFolder { folder in
            let gone = Estate.collector(.instance(vpc: "shop", instance: "db-1"), "db", bucket: "file:\(folder)/mount")
            let revision = Estate.revision([Estate.collector(.vpc("shop")), gone])
            let host = try SpooledHost(folder)
            try host.close(0, revision)
            let error = DeliveryError.bucket(.missing(bucket: "\(folder)/mount"))
            for _ in 0..<2 {
                await #expect(throws: error) { try await host.deliver() }
                #expect(host.delivery.state[gone.bucket].deliveredUntil == nil)
                // The other bucket has its objects already.
                #expect(files(below: "\(folder)/logs").count == 4)
            }
            try FileManager.default.createDirectory(atPath: "\(folder)/mount", withIntermediateDirectories: false)
            #expect(try await host.deliver() == .init(written: 2))
            #expect(host.delivery.state[gone.bucket].deliveredUntil == Estate.end(0))
        }
    }

    @Test func `a state that cannot be written leaves the window pending`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try write([], to: "\(folder)/state")
            let revision = Estate.revision([Estate.collector(.vpc("shop"))])
            await #expect(throws: DeliveryError.self) { try await host.pass(0, revision) }
            #expect(files(below: "\(folder)/logs").isEmpty)
        }
    }

    @Test(arguments: ["", "{", "{\"format\":4,\"deliveredSequence\":0,\"streams\":{}}"])
    func `a state that cannot be understood is not guessed at`(content: String) async throws {
        try await withScratchFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/state", withIntermediateDirectories: false)
            try write(Array(content.utf8), to: "\(folder)/state/delivery.json")
            let error = #expect(throws: DeliveryError.self) { try SpooledHost(folder) }
            #expect(error?.description.contains("\(folder)/state/delivery.json cannot be understood") == true)
        }
    }

    @Test func `a suspended collector delivers nothing, and begins a new stream afterwards`() async throws {
        try await withScratchFolder { folder in
            let active = Estate.collector(.instance(vpc: "shop", instance: "db-1"))
            let suspended = Estate.collector(.instance(vpc: "shop", instance: "db-1"), isActive: false)
            let umbrella = Estate.collector(.subnet(vpc: "shop", subnet: "back"), "back", bucket: "file:back")
            let host = try SpooledHost(folder)
            for (index, collector) in [active, suspended, active].enumerated() {
                try await host.pass(index, Estate.revision([collector, umbrella]))
            }
            let keys = files(below: "\(folder)/logs").filter { $0.contains("record-type=ingress") }
            #expect(keys.count == 2)
            #expect(keys[0].hasSuffix("hour=10/stream-id=20261103T100000Z/00000000.gz"))
            #expect(keys[1].hasSuffix("hour=10/stream-id=20261103T100200Z/00000000.gz"))
            // The coarser collector has the other interface of its subnet, never the suspended one's.
            #expect(files(below: "\(folder)/back").count == 6)
        }
    }

    @Test func `a change of owner is a change of stream`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            for (index, name) in ["a", "b"].enumerated() {
                let target = Collector.Target.interface(vpc: "shop", instance: "web-1", interface: "eth0")
                let revision = Estate.revision([Estate.collector(target, name)])
                try await host.pass(index, revision)
            }
            let streams = files(below: "\(folder)/logs").filter { $0.contains("record-type=egress") }
            #expect(streams.map { $0.contains("stream-id=20261103T100100Z/00000000") } == [false, true])
        }
    }
}
