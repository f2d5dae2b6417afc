import Foundation
import GRDB
import HTTPTypes
import Model
import Registry
import Server
import Testing

@Suite struct VPCCollectorTests {
    private func make(_ server: ServerUnderTest, _ target: String, _ name: String, active: Bool = true) async -> Answer
    {
        await server.vpc(
            .post, "flow_log_collectors",
            #"{"name": "\#(name)", "active": \#(active), "target": {"id": "\#(target)"}, "storage_bucket": {"name": "flowlogs"}}"#
        )
    }

    @Test func `the finest target has an interface, suspended or not`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        func effective() async -> (name: String?, note: String?) {
            let list = await server.vpc(.get, "flow_log_collectors?gatehouse.interface=\(shop.interface)").json
            let item = list?["flow_log_collectors"]?.items?.first
            return (item?["name"]?.text, item?["gatehouse"]?["note"]?.text)
        }
        #expect(await effective().name == nil)
        for (target, name) in [(shop.vpc, "whole"), (shop.subnet, "part"), (shop.instance, "machine")] {
            #expect(await make(server, target, name).status == .created)
            #expect(await effective().name == name)
        }
        #expect(await make(server, shop.interface, "card", active: false).status == .created)
        let found = await effective()
        #expect(found.name == "card")
        #expect(
            found.note
                == "collector card is suspended and shadows machine, part, whole: no records are delivered")
        #expect(await make(server, shop.interface, "again").code == "flow_log_collector_target_in_use")
        #expect(await make(server, shop.group, "group").target == "target.id")
    }

    @Test func `a bucket must be there and take objects`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        for name in ["nothing", "gone"] {
            let answer = await server.vpc(
                .post, "flow_log_collectors",
                #"{"target": {"id": "\#(shop.vpc)"}, "storage_bucket": {"name": "\#(name)"}}"#)
            #expect(answer.status == .badRequest)
            #expect(answer.code == "service_error")
            #expect(answer.target == "storage_bucket.name")
        }
        let test = await server.call(.post, "/api/buckets/gone/test", as: "mel").json
        #expect(test?["writable"] == .bool(false))
        #expect(test?["fault"]?.text?.contains("create it") == true)
        #expect(await server.call(.post, "/api/buckets/flowlogs/test", as: "mel").json?["writable"] == .bool(true))
        let folder = server.folder + "/data/buckets/flowlogs"
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func `buckets are the administrator's to make`() async throws {
        let server = try await ServerUnderTest()
        let body = #"{"bucket": {"name": "mine", "url": "file:mine"}}"#
        #expect(await server.call(.post, "/api/buckets", body, as: "mel").status == .forbidden)
        #expect(await server.call(.post, "/api/buckets", body).status == .created)
        #expect(await server.call(.post, "/api/buckets", body).status == .conflict)
        for wrong in ["file:", "s3:x", "file:../../etc", "file:/a/../b"] {
            let answer = await server.call(.post, "/api/buckets", #"{"bucket": {"name": "other", "url": "\#(wrong)"}}"#)
            #expect(answer.status == .badRequest, "\(wrong)")
        }
        // One project's bucket is not another's.
        #expect(await server.call(.post, "/api/buckets/mine/test", as: "oscar").status == .notFound)
        #expect(await server.call(.delete, "/api/buckets/mine").status == .noContent)
    }

    @Test func `collectors go with their targets, and their bucket stays while one fills it`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        _ = await make(server, shop.instance, "machine")
        _ = await make(server, shop.interface, "card")
        #expect(await server.call(.delete, "/api/buckets/flowlogs").status == .conflict)
        #expect(await server.vpc(.delete, "instances/\(shop.instance)").status == .noContent)
        #expect(await server.vpc(.get, "flow_log_collectors").json?["total_count"] == .int(0))
        #expect(await server.call(.delete, "/api/buckets/flowlogs").status == .noContent)
    }

    @Test func `a policy file's collectors are made, changed and pruned`() async throws {
        let server = try await ServerUnderTest()
        func policy(_ collectors: [Collector]) -> Policy {
            let prefix = IPPrefix(containing: IPAddress("10.5.0.0") ?? IPAddress(ipv4: 0), length: 24)
            let interface = Interface(
                id: Identifier(derivedFrom: "i"), name: "eth0", subnet: "web",
                addresses: [IPAddress("10.5.0.4")].compactMap { $0 }, mac: nil, device: "tap1", groups: [])
            return Policy(
                project: "demo",
                vpcs: [
                    VPC(
                        id: Identifier(derivedFrom: "v"), name: "shop", prefixes: [prefix],
                        subnets: [Subnet(id: Identifier(derivedFrom: "s"), name: "web", prefixes: [prefix])],
                        groups: [],
                        instances: [
                            Instance(id: Identifier(derivedFrom: "m"), name: "web-1", interfaces: [interface])
                        ])
                ], collectors: collectors)
        }
        func collector(_ name: String, _ target: Collector.Target, _ bucket: String, active: Bool = true) -> Collector {
            Collector(
                id: Identifier(derivedFrom: name), name: name, target: target, bucket: bucket, isActive: active)
        }
        func apply(_ policy: Policy, prunes: Bool = false, makesBuckets: Bool = true) async throws -> [String] {
            let project = try #require(
                try await server.plane.registry.read { try Identity.project(named: "demo", in: $0) })
            let declaration = PolicyDeclaration(
                policy, projectID: project.id, host: "h", prunes: prunes, zone: "local-1", makesBuckets: makesBuckets)
            return try await server.plane.registry.change(by: .system("test", requestID: "req-1")) {
                try declaration.make(in: $0)
            }
        }
        let whole = collector("whole", .vpc("shop"), "file:buckets/flowlogs")
        let machine = collector("machine", .instance(vpc: "shop", instance: "web-1"), "file:new/place")
        await #expect(throws: RegistryError.self) { try await apply(policy([machine]), makesBuckets: false) }
        let first = try await apply(policy([whole, machine]))
        #expect(
            first.suffix(3) == [
                "+ collector whole of vpc/shop into file:buckets/flowlogs", "+ bucket place file:new/place",
                "+ collector machine of instance/shop/web-1 into file:new/place",
            ])
        #expect(try await apply(policy([whole, machine])).isEmpty)
        let suspended = collector("whole", .vpc("shop"), "file:buckets/flowlogs", active: false)
        #expect(
            try await apply(policy([suspended]), prunes: true) == [
                "~ collector whole of vpc/shop", "- collector machine",
            ])
        let told = try await server.plane.registry.read { try HostPolicy.revision(forHost: "h", in: $0) }
        #expect(told.policy.collectors.map(\.isActive) == [false])
    }
}
