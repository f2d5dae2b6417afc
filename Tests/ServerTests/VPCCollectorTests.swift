import Foundation
import HTTPTypes
import Server
import Service
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
        // The bucket's fault comes before the target's.
        let both = await server.vpc(
            .post, "flow_log_collectors",
            #"{"target": {"id": "504cefc9-19b4-4af7-bbc9-908610a02aa8"}, "storage_bucket": {"name": "gone"}}"#)
        #expect(both.code == "service_error")
        let test = await server.call(.post, "/api/buckets/gone/test", as: "mel").json
        #expect(test?["writable"] == .bool(false))
        #expect(test?["fault"]?.text?.contains("create it") == true)
        #expect(await server.call(.post, "/api/buckets/flowlogs/test", as: "mel").json?["writable"] == .bool(true))
        let folder = server.folder + "/data/buckets/flowlogs"
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [".incoming"])
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
}
