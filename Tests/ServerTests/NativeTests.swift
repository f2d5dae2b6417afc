import Foundation
import HTTPTypes
import Registry
import Server
import Testing

@Suite struct NativeTests {
    @Test func `every path of the description is served`() async throws {
        let server = try await ServerUnderTest()
        let document = await server.call(.get, "/api/openapi.json", as: nil)
        let paths = try #require(document.json?["paths"]?.members)
        #expect(paths.keys.count >= 6)
        for (path, methods) in paths.pairs {
            for method in methods.members?.keys ?? [] {
                let real = path.replacing("{name}", with: "none").replacing("{number}", with: "1")
                let request = try #require(HTTPRequest.Method(method.uppercased()))
                let answer = await server.call(request, "/api" + real)
                // Refused for what was sent, or not found by name; never an unknown path.
                #expect(
                    answer.message != "The resource could not be found." || real.hasSuffix("/1"), "\(method) \(real)")
                #expect(await server.call(request, "/api" + real, as: nil).status == .unauthorized)
            }
        }
    }

    @Test func `the trail is read by role, filtered, and told as CADF`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group("g", as: "mel")
        _ = try await server.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(group)", "direction": "ingress"}"#,
            as: "mel")
        #expect(await server.call(.get, "/api/audit", as: "mel").status == .forbidden)
        let entries = await server.call(.get, "/api/audit?group=\(group)").json?["entries"]?.items ?? []
        #expect(entries.map { $0["action"]?.text } == ["security_group.create", "security_group.rule.add"])
        #expect(entries.allSatisfy { $0["actor"]?["name"] == "mel" && $0["source"] == "127.0.0.1" })
        let cadf = await server.call(.get, "/api/audit?group=\(group)&format=cadf").json?["entries"]?.items ?? []
        #expect(cadf.first?["typeURI"] == "http://schemas.dmtf.org/cloud/audit/1.0/event")
        #expect(cadf.last?["action"] == "create/security_group.rule.add")
        let lines = await server.call(.get, "/api/audit?actor=mel&format=jsonl")
        #expect(String(decoding: lines.body, as: UTF8.self).split(separator: "\n").count >= 2)
        for wrong in ["wibble=1", "limit=0", "since=soon"] {
            #expect(await server.call(.get, "/api/audit?\(wrong)").status == .badRequest)
        }
        #expect(await server.call(.get, "/api/audit/verify").json?["sound"] == .bool(true))
    }

    @Test func `a past state is told to who may see it`() async throws {
        let server = try await ServerUnderTest()
        _ = try await server.group("first")
        let newest = await server.call(.get, "/api/revisions?limit=1").json?["revisions"]?.items?.first
        let number = try #require(newest?["number"]?.number)
        _ = try await server.group("second")
        let state = await server.call(.get, "/api/revisions/\(number)").json?["state"]
        #expect(state?["groups"]?.items?.compactMap { $0["name"]?.text }.sorted() == ["default", "first"])
        #expect(await server.call(.get, "/api/revisions/\(number)", as: "mel").status == .forbidden)
        #expect(await server.call(.get, "/api/revisions/99999").status == .notFound)
        #expect(await server.call(.get, "/api/revisions/at?time=2001-01-01T00:00:00Z").status == .notFound)
    }
}
