import HTTPTypes
import Model
import Registry
import Server
import Service
import TestSupport
import Testing

/// Format, fields and interval of collectors, through the VPC API.
@Suite struct CollectorSettingsTests {
    private func make(_ server: ServerUnderTest, _ target: String, _ own: String) async -> Answer {
        await server.vpc(
            .post, "flow_log_collectors",
            #"{"target": {"id": "\#(target)"}, "storage_bucket": {"name": "flowlogs"}, "gatehouse": \#(own)}"#)
    }

    private func own(_ answer: Answer) -> JSON? { answer.json?["gatehouse"] }

    @Test func `a collector is of the VPC service's format unless it says otherwise`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let made = await server.vpc(
            .post, "flow_log_collectors",
            #"{"target": {"id": "\#(shop.vpc)"}, "storage_bucket": {"name": "flowlogs"}}"#)
        #expect(own(made)?["format"] == "ibm")
        #expect(own(made)?["fields"] == nil)
        #expect(own(made)?["interval"] == .int(300))
    }

    @Test func `settings are shown, changed in part, and told to hosts`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let made = await make(
            server, shop.interface,
            #"{"format": "aws", "fields": "${version} ${srcaddr} ${bytes}", "interval": 60}"#)
        #expect(made.status == .created)
        #expect(own(made)?["fields"] == .array(["version", "srcaddr", "bytes"]))
        let id = try #require(made.json?["id"]?.text)
        func patch(_ own: String) async -> Answer {
            await server.vpc(.patch, "flow_log_collectors/\(id)", #"{"gatehouse": \#(own)}"#)
        }
        let slower = await patch(#"{"interval": 3600}"#)
        #expect(own(slower)?["interval"] == .int(3600))
        #expect(own(slower)?["fields"] == .array(["version", "srcaddr", "bytes"]))
        #expect(own(await patch(#"{"fields": ["bytes"]}"#))?["fields"] == .array(["bytes"]))
        #expect(own(await patch(#"{"format": "aws"}"#))?["fields"] == .array(["bytes"]))
        let told = try await server.plane.registry.read { try HostPolicy.revision(forHost: "web-1", in: $0) }.policy
        #expect(told.collectors.map(\.format) == [.aws(columns: ["bytes"])])
        #expect(told.collectors.map(\.interval) == [3600])
        let lines = await patch(#"{"format": "jsonl"}"#)
        #expect(own(lines)?["format"] == "jsonl")
        #expect(own(lines)?["fields"] == nil)
        #expect(own(await server.vpc(.get, "flow_log_collectors/\(id)"))?["format"] == "jsonl")
        let again = await patch(#"{"format": "aws"}"#)
        #expect(own(again)?["fields"]?.items?.count == 14)
    }

    @Test(arguments: [
        (#"{"format": "parquet"}"#, "validation_enum", "gatehouse.format", "ibm"),
        (#"{"format": "aws", "fields": ["src-addr"]}"#, "bad_field", "gatehouse.fields", #"write "srcaddr""#),
        (#"{"format": "aws", "fields": ["bytes", "bytes"]}"#, "bad_field", "gatehouse.fields", "stands twice"),
        (#"{"fields": ["bytes"]}"#, "bad_field", "gatehouse.fields", "format aws"),
        (#"{"format": "aws", "fields": [1]}"#, "validation_invalid_field_type", "gatehouse.fields", "strings"),
        (#"{"format": 7}"#, "validation_invalid_field_type", "gatehouse.format", "string"),
        (#"{"interval": 59}"#, "validation_min_value", "gatehouse.interval", "60"),
        (#"{"interval": 3601}"#, "validation_max_value", "gatehouse.interval", "3600"),
        (#"{"interval": "5m"}"#, "validation_invalid_field_type", "gatehouse.interval", "whole number"),
        (#"{"all_protocols": true}"#, "bad_field", "gatehouse.all_protocols", "ibm+"),
    ]) func `a wrong setting is refused by its name`(own: String, code: String, target: String, words: String)
        async throws
    {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let answer = await make(server, shop.vpc, own)
        #expect(answer.status == .badRequest)
        #expect(answer.code == code)
        #expect(answer.target == target)
        #expect(answer.json?["errors"]?.items?.first?["message"]?.text?.contains(words) == true)
        #expect(await server.vpc(.get, "flow_log_collectors").json?["total_count"] == .int(0))
        let good = await make(server, shop.vpc, "{}")
        let id = try #require(good.json?["id"]?.text)
        let patch = await server.vpc(.patch, "flow_log_collectors/\(id)", #"{"gatehouse": \#(own)}"#)
        #expect(patch.target == target)
        #expect(await server.vpc(.get, "flow_log_collectors/\(id)").json?["gatehouse"]?["format"] == "ibm")
    }
}
