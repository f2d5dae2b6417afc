import Foundation
import HTTPTypes
import Registry
import Server
import Service
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
        for wrong in [
            "wibble=1", "limit=0", "since=soon", "kind=cat", "outcome=maybe", "format=xml", "group=a&interface=b",
        ] {
            #expect(await server.call(.get, "/api/audit?\(wrong)").status == .badRequest)
        }
        #expect(await server.call(.get, "/api/audit/verify").json?["sound"] == .bool(true))
    }

    @Test func `a trail is told by kind, and of no other project`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group("g", as: "mel")
        _ = try await server.group("h", as: "oscar")
        func targets(_ query: String, as user: String) async -> Set<String> {
            let entries = await server.call(.get, "/api/audit?\(query)", as: user).json?["entries"]?.items ?? []
            return Set(entries.compactMap { $0["target"]?["name"]?.text })
        }
        let action = "action=security_group.create&outcome=success"
        #expect(await targets("kind=security_group&\(action)", as: "max") == ["default", "g"])
        #expect(await targets("kind=security_group&\(action)", as: "aud") == ["default", "g", "h"])
        #expect(await targets("kind=security_group&\(action)", as: "ada") == ["default", "g", "h"])
        #expect(await targets("kind=user&\(action)", as: "ada").isEmpty)
        #expect(await targets("kind=user", as: "max").isEmpty)
        #expect(await targets("instance=\(group)", as: "max") == ["g"])
        #expect(await targets("target=\(group)", as: "oscar").isEmpty)
        #expect(await server.call(.get, "/api/audit/verify", as: "max").status == .forbidden)
        #expect(await server.call(.get, "/api/audit/verify", as: "aud").json?["sound"] == .bool(true))
        #expect(await server.call(.get, "/api/hosts", as: "max").status == .forbidden)
        #expect(await server.call(.get, "/api/hosts", as: "aud").status == .ok)
        #expect(await server.call(.delete, "/api/hosts/none", as: "aud").status == .forbidden)
        // A manager is told of the hosts that a change concerns, an auditor of all.
        try await server.plane.registry.change(by: .system("host.enrol", requestID: "req-0")) { change in
            _ = try change.enrol("node-1", certificateSerial: "1")
        }
        let entries = await server.call(.get, "/api/audit?\(action)&group=\(group)").json?["entries"]?.items
        let request = try #require(entries?.first?["request_id"]?.text)
        let told = await server.call(.get, "/api/audit?request=\(request)", as: "aud").json?["effects"]?.items
        #expect(told?.map { $0["host"] } == ["node-1"])
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
