import HTTPTypes
import Server
import Service
import Testing

@Suite struct NeutronTests {
    private let v2 = "/networking/v2.0"

    @Test func `every answer bears a request id, every error the envelope`() async throws {
        let server = try await ServerUnderTest()
        let name = try #require(HTTPField.Name("X-Openstack-Request-Id"))
        for path in ["\(v2)/networks", "\(v2)/nothing", "/identity/v3", "/nowhere", "/health"] {
            let answer = await server.call(.get, path)
            #expect(answer.headers[name]?.hasPrefix("req-") == true)
        }
        for (method, path, body, status) in [
            (HTTPRequest.Method.get, "\(v2)/networks/x", "", 404), (.post, "\(v2)/networks", "{", 400),
            (.post, "\(v2)/networks", #"{"network": null}"#, 400), (.post, "\(v2)/networks", "[]", 400),
            (.put, "\(v2)/security-group-rules/x", "{}", 405), (.patch, "\(v2)/networks", "", 405),
            (.get, "\(v2)/a/b/c/d/e/f/g", "", 404),
        ] {
            let answer = await server.call(method, path, body)
            #expect(answer.status.code == status, "\(method) \(path) \(body)")
            let envelope = answer.json?["NeutronError"]?.members
            #expect(envelope?.keys.sorted() == ["detail", "message", "type"])
        }
        #expect(await server.call(.get, "\(v2)/networks", as: nil).status == .unauthorized)
        #expect(await server.call(.get, "\(v2)/networks", as: "nobody").status == .unauthorized)
    }

    @Test func `a version twice and an old suffix are the same path`() async throws {
        let server = try await ServerUnderTest()
        for path in ["\(v2)/v2.0/networks", "\(v2)/networks.json"] {
            #expect(await server.call(.get, path).status == .ok)
        }
    }

    @Test func `lists are filtered, ordered, cut and linked`() async throws {
        let server = try await ServerUnderTest()
        for name in ["b", "a", "c", "a"] { _ = try await server.group(name) }
        func names(_ query: String) async -> [String] {
            let answer = await server.call(.get, "\(v2)/security-groups?\(query)")
            return (answer.json?["security_groups"]?.items ?? []).compactMap { $0["name"]?.text }
        }
        #expect(await names("name=a&name=b").sorted() == ["a", "a", "b"])
        #expect(await names("name=a&description=x").isEmpty)
        #expect(await names("sort_key=name&sort_dir=desc") == ["default", "c", "b", "a", "a"])
        let first = await server.call(
            .get, "\(v2)/security-groups?sort_key=name&sort_dir=asc&limit=2&fields=id&fields=name")
        let page = try #require(first.json?["security_groups"]?.items)
        #expect(page.map { $0["name"]?.text } == ["a", "a"])
        #expect(page[0].members?.keys.sorted() == ["id", "name"])
        let link = try #require(first.json?["security_groups_links"]?.items?.first)
        #expect(link["rel"] == "next")
        let marker = try #require(page[1]["id"]?.text)
        #expect(link["href"]?.text?.contains("marker=\(marker)") == true)
        #expect(await names("sort_key=name&sort_dir=asc&limit=2&marker=\(marker)") == ["b", "c"])
        #expect(await names("sort_key=name&sort_dir=asc&limit=2&marker=\(marker)&page_reverse=True") == ["a"])
        for wrong in [
            "wibble=1", "sort_key=security_group_rules", "limit=-1", "limit=x", "sort_key=name&sort_dir=up",
            "marker=none", "sort_key=name",
            "sort_dir=asc", "sort_key=name&sort_dir=asc&sort_key=id",
        ] {
            #expect(await server.call(.get, "\(v2)/security-groups?\(wrong)").status == .badRequest, "\(wrong)")
        }
    }

    @Test func `only a change that changes something counts`() async throws {
        let server = try await ServerUnderTest()
        let id = try await server.group("g")
        func put(_ body: String, _ headers: HTTPFields = [:]) async -> Answer {
            await server.call(.put, "\(v2)/security-groups/\(id)", #"{"security_group": \#(body)}"#, headers: headers)
        }
        #expect(await put(#"{"name": "g"}"#).json?["security_group"]?["revision_number"] == .int(0))
        #expect(await put(#"{"name": "h"}"#).json?["security_group"]?["revision_number"] == .int(1))
        let stale = await put(#"{"name": "i"}"#, [.ifMatch: "revision_number=0"])
        #expect(stale.status == .preconditionFailed)
        #expect(stale.message == "Constrained to 0, but current revision is 1")
        #expect(await put(#"{"name": "i"}"#, [.ifMatch: "revision_number=1"]).status == .ok)
        #expect(await put(#"{"id": "x"}"#).message == "Cannot update read-only attribute id")
        _ = try await server.make(
            "security-group-rules", "security_group_rule", #"{"security_group_id": "\#(id)", "direction": "ingress"}"#)
        #expect(
            await server.call(.get, "\(v2)/security-groups/\(id)").json?["security_group"]?["revision_number"]
                == .int(3))
    }

    @Test func `another project's objects are not there`() async throws {
        let server = try await ServerUnderTest()
        let own = try await server.group("mine", as: "mel")
        for (method, body) in [
            (HTTPRequest.Method.get, ""), (.put, #"{"security_group": {"name": "x"}}"#), (.delete, ""),
        ] {
            let answer = await server.call(method, "\(v2)/security-groups/\(own)", body, as: "oscar")
            #expect(answer.status == .notFound)
            #expect(answer.message == "Security group \(own) does not exist")
        }
        let listed = await server.call(.get, "\(v2)/security-groups", as: "oscar")
        #expect(listed.json?["security_groups"]?.items?.map { $0["name"]?.text } == ["default"])
        let foreign = await server.call(
            .post, "\(v2)/security-group-rules",
            #"{"security_group_rule": {"security_group_id": "\#(own)", "direction": "ingress"}}"#, as: "oscar")
        #expect(foreign.status == .notFound)
        // A reader of the same project sees it and may not touch it.
        #expect(await server.call(.get, "\(v2)/security-groups/\(own)", as: "rita").status == .ok)
        let refused = await server.call(.delete, "\(v2)/security-groups/\(own)", as: "rita")
        #expect(refused.status == .forbidden)
        #expect(refused.errorType == "PolicyNotAuthorized")
        #expect(await server.call(.post, "\(v2)/networks", #"{"network": {}}"#, as: "rita").status == .forbidden)
    }

    @Test func `a shared network is everybody's to use and its owner's to change`() async throws {
        let server = try await ServerUnderTest()
        let own = try await server.network()
        let shared = try await server.make("networks", "network", #"{"name": "s", "shared": true}"#)
        let id = try #require(shared["id"]?.text)
        let seen = await server.call(.get, "\(v2)/networks", as: "oscar").json?["networks"]?.items ?? []
        #expect(seen.map { $0["id"]?.text } == [id])
        #expect(await server.call(.get, "\(v2)/networks/\(own)", as: "oscar").status == .notFound)
        #expect(await server.call(.delete, "\(v2)/networks/\(id)", as: "oscar").status == .forbidden)
        #expect(
            await server.call(.post, "\(v2)/ports", #"{"port": {"network_id": "\#(id)"}}"#, as: "oscar").status
                == .created)
        #expect(
            await server.call(.post, "\(v2)/networks", #"{"network": {"shared": true}}"#, as: "mel").status
                == .forbidden)
    }

    @Test func `the default group is there, cannot be renamed, and no other has its name`() async throws {
        let server = try await ServerUnderTest()
        let list = await server.call(.get, "\(v2)/security-groups?name=default", as: "mel")
        let group = try #require(list.json?["security_groups"]?.items?.first)
        let id = try #require(group["id"]?.text)
        #expect(group["security_group_rules"]?.items?.count == 4)
        for (method, path, body, type) in [
            (
                HTTPRequest.Method.post, "\(v2)/security-groups", #"{"security_group": {"name": "Default"}}"#,
                "SecurityGroupDefaultAlreadyExists"
            ),
            (
                .put, "\(v2)/security-groups/\(id)", #"{"security_group": {"name": "x"}}"#,
                "SecurityGroupCannotUpdateDefault"
            ),
            (.delete, "\(v2)/security-groups/\(id)", "", "SecurityGroupCannotRemoveDefault"),
        ] {
            let answer = await server.call(method, path, body, as: "mel")
            #expect(answer.status == .conflict)
            #expect(answer.errorType == type)
        }
    }

    @Test func `a port gets addresses, groups and a device, and lets go of them`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network()
        let group = try await server.group("g")
        let port = try await server.make(
            "ports", "port",
            #"{"network_id": "\#(network)", "security_groups": ["\#(group)"], "fixed_ips": [{"ip_address": "10.0.0.7"}]}"#
        )
        #expect(port["fixed_ips"]?.items?.first?["ip_address"] == "10.0.0.7")
        #expect(port["mac_address"]?.text?.hasPrefix("fa:16:3e:") == true)
        let id = try #require(port["id"]?.text)
        let next = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#)
        #expect(next["fixed_ips"]?.items?.first?["ip_address"] == "10.0.0.2")
        #expect(next["security_groups"]?.items?.count == 1)
        for (body, status) in [
            (#"{"network_id": "\#(network)", "fixed_ips": [{"ip_address": "10.0.0.7"}]}"#, 409),
            (#"{"network_id": "\#(network)", "port_security_enabled": false}"#, 400),
            // The gateway's, which hosts answer for.
            (#"{"network_id": "\#(network)", "fixed_ips": [{"ip_address": "10.0.0.1"}]}"#, 409),
            (#"{"network_id": "\#(network)", "fixed_ips": [{"ip_address": "10.9.0.7"}]}"#, 400),
            (#"{"network_id": "\#(network)", "security_groups": ["x"]}"#, 400),
            (#"{"network_id": "\#(network)", "security_groups": ["\#(id)"]}"#, 404),
            (#"{"network_id": "\#(network)", "security_groups": ["\#(group)", "\#(group)"]}"#, 400),
            (#"{"network_id": "\#(group)"}"#, 404), (#"{"network_id": "\#(network)", "mac_address": "zz"}"#, 400),
            (#"{"network_id": "\#(network)", "binding:profile": {"device": "a/b"}}"#, 400),
        ] {
            #expect(await server.call(.post, "\(v2)/ports", #"{"port": \#(body)}"#).status.code == status, "\(body)")
        }
        #expect(await server.call(.delete, "\(v2)/security-groups/\(group)").errorType == "SecurityGroupInUse")
        #expect(await server.call(.delete, "\(v2)/networks/\(network)").errorType == "NetworkInUse")
        let found = await server.call(.get, "\(v2)/ports?fixed_ips=ip_address=10.0.0.7")
        #expect(found.json?["ports"]?.items?.count == 1)
        let byGroup = await server.call(.get, "\(v2)/ports?security_groups=\(group)")
        #expect(byGroup.json?["ports"]?.items?.count == 1)
        let bare = await server.call(.put, "\(v2)/ports/\(id)", #"{"port": {"security_groups": []}}"#)
        #expect(bare.json?["port"]?["security_groups"] == .array([]))
        #expect(await server.call(.delete, "\(v2)/security-groups/\(group)").status == .noContent)
        #expect(await server.call(.delete, "\(v2)/ports/\(id)").status == .noContent)
    }

    @Test func `logs have their thirteen keys and follow what they are about`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group("g")
        let log = try await server.make(
            "log/logs", "log", #"{"resource_type": "security_group", "resource_id": "\#(group)", "name": "l"}"#)
        #expect(
            log.members?.keys.sorted() == [
                "created_at", "description", "enabled", "event", "id", "name", "project_id", "resource_id",
                "resource_type", "revision_number", "target_id", "tenant_id", "updated_at",
            ])
        let id = try #require(log["id"]?.text)
        let disabled = await server.call(.put, "\(v2)/log/logs/\(id)", #"{"log": {"enabled": "no"}}"#)
        #expect(disabled.json?["log"]?["enabled"] == .bool(false))
        #expect(await server.call(.put, "\(v2)/log/logs/\(id)", #"{"log": {}}"#).status == .ok)
        for (body, status, type) in [
            (#"{}"#, 400, "HTTPBadRequest"), (#"{"resource_type": "firewall_group"}"#, 400, "InvalidLogResourceType"),
            (#"{"resource_type": "security_group", "event": "drop"}"#, 400, "InvalidInput"),
            (#"{"resource_type": "security_group", "enabled": "maybe"}"#, 400, "InvalidInput"),
            (
                #"{"resource_type": "security_group", "resource_id": "11111111-2222-3333-4444-555555555555"}"#, 404,
                "ResourceNotFound"
            ),
            (
                #"{"resource_type": "security_group", "target_id": "11111111-2222-3333-4444-555555555555"}"#, 404,
                "TargetResourceNotFound"
            ),
        ] {
            let answer = await server.call(.post, "\(v2)/log/logs", #"{"log": \#(body)}"#)
            #expect(answer.status.code == status, "\(body)")
            #expect(answer.errorType == type)
        }
        // Members are not trusted with logs by default.
        #expect(
            await server.call(.post, "\(v2)/log/logs", #"{"log": {"resource_type": "security_group"}}"#, as: "mel")
                .status == .forbidden)
        #expect(await server.call(.get, "\(v2)/log/logs", as: "mel").json?["logs"]?.items?.isEmpty == true)
        #expect(await server.call(.get, "\(v2)/log/logs/\(id)", as: "mel").status == .notFound)
        #expect(await server.call(.delete, "\(v2)/security-groups/\(group)").status == .noContent)
        #expect(await server.call(.get, "\(v2)/log/logs/\(id)").errorType == "LogResourceNotFound")
    }

    @Test func `the seed's policy lets trusted members keep their own logs, and takes effect on reload`() async throws {
        let server = try await ServerUnderTest()
        let body = #"{"log": {"resource_type": "security_group"}}"#
        #expect(await server.call(.post, "\(v2)/log/logs", body, as: "mel").status == .forbidden)
        let rules = ["get_loggable_resources", "create_log", "update_log", "delete_log", "get_logs", "get_log"]
        let policy = "{" + rules.map { "\"\($0)\": \"rule:regular_user\"" }.joined(separator: ",") + "}"
        try server.access.replace(server.file("policy.json", policy))
        #expect(await server.call(.post, "\(v2)/log/logs", body, as: "mel").status == .created)
        #expect(await server.call(.get, "\(v2)/log/logs", as: "mel").json?["logs"]?.items?.count == 1)
        #expect(await server.call(.get, "\(v2)/log/logs", as: "oscar").json?["logs"]?.items?.isEmpty == true)
        let types = await server.call(.get, "\(v2)/log/loggable-resources", as: "mel")
        #expect(types.json?["loggable_resources"]?.items?.count == 1)
        let group = try await server.group("foreign", as: "oscar")
        let foreign = #"{"log": {"resource_type": "security_group", "resource_id": "\#(group)"}}"#
        #expect(await server.call(.post, "\(v2)/log/logs", foreign, as: "mel").errorType == "ResourceNotFound")
        #expect(throws: (any Error).self) {
            try server.access.replace(server.file("policy.json", "{\"get_log\": \"role:admin or\"}"))
        }
    }

    @Test func `quotas are shown, set by administrators, and hold`() async throws {
        let server = try await ServerUnderTest()
        let own = try #require(
            await server.call(.get, "\(v2)/quotas/tenant", as: "mel").json?["tenant"]?["tenant_id"]?.text)
        #expect(await server.call(.get, "\(v2)/quotas/\(own)", as: "mel").json?["quota"]?["security_group"] == .int(10))
        let body = #"{"quota": {"security_group": 2}}"#
        #expect(await server.call(.put, "\(v2)/quotas/\(own)", body, as: "mel").status == .forbidden)
        #expect(await server.call(.put, "\(v2)/quotas/\(own)", body).status == .ok)
        _ = try await server.group("one", as: "mel")
        let refused = await server.call(
            .post, "\(v2)/security-groups", #"{"security_group": {"name": "two"}}"#, as: "mel")
        #expect(refused.errorType == "OverQuota")
        #expect(refused.message == "Quota exceeded for resources: ['security_group'].")
        let details = await server.call(.get, "\(v2)/quotas/\(own)/details", as: "mel")
        #expect(details.json?["quota"]?["security_group"]?["used"] == .int(2))
        #expect(await server.call(.get, "\(v2)/quotas/\(own)", as: "oscar").status == .notFound)
        #expect(await server.call(.delete, "\(v2)/quotas/\(own)").status == .noContent)
        for wrong in [#"{"quota": {"wings": 2}}"#, #"{"quota": {"port": -2}}"#, #"{"quota": {"port": "x"}}"#, "{}"] {
            #expect(await server.call(.put, "\(v2)/quotas/\(own)", wrong).status == .badRequest)
        }
    }

    @Test func `tags are set, found and counted`() async throws {
        let server = try await ServerUnderTest()
        let id = try await server.group("g")
        let path = "\(v2)/security-groups/\(id)/tags"
        #expect(await server.call(.put, path, #"{"tags": ["red", "blue"]}"#).status == .ok)
        #expect(await server.call(.get, "\(path)/red").status == .noContent)
        #expect(await server.call(.get, "\(path)/green").errorType == "TagNotFound")
        #expect(await server.call(.put, "\(path)/green").status == .created)
        #expect(await server.call(.delete, "\(path)/blue").status == .noContent)
        #expect(await server.call(.get, path).json?["tags"] == .strings(["green", "red"]))
        for (filter, count) in [
            ("tags=red,green", 1), ("tags=red,blue", 0), ("tags-any=blue,red", 1), ("not-tags=red,green", 1),
            ("not-tags-any=red", 1),
        ] {
            let answer = await server.call(.get, "\(v2)/security-groups?\(filter)")
            #expect(answer.json?["security_groups"]?.items?.count == count, "\(filter)")
        }
        for wrong in [#"{"tags": "x"}"#, #"{"tags": [1]}"#, #"{"tags": ["a", "a"]}"#, "{}"] {
            #expect(await server.call(.put, path, wrong).status == .badRequest)
        }
        #expect(await server.call(.get, "\(v2)/log/logs/\(id)/tags").status == .notFound)
    }
}
