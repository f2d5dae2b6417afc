import Foundation
import HTTPTypes
import Registry
import Server
import Service
import Testing

/// Garbage on every route: nothing but refusals with an envelope, nothing changed, nothing told.
@Suite struct FuzzTests {
    private static let routes = [
        "/identity/v3/auth/tokens", "/identity/v3/projects/ID", "/identity/v3/users/ID/application_credentials",
        "/networking/v2.0/networks", "/networking/v2.0/networks/ID", "/networking/v2.0/subnets",
        "/networking/v2.0/subnets/ID", "/networking/v2.0/ports", "/networking/v2.0/ports/ID",
        "/networking/v2.0/security-groups", "/networking/v2.0/security-groups/ID",
        "/networking/v2.0/security-groups/ID/tags", "/networking/v2.0/security-groups/ID/tags/t",
        "/networking/v2.0/security-group-rules", "/networking/v2.0/security-group-rules/ID",
        "/networking/v2.0/log/logs",
        "/networking/v2.0/log/logs/ID", "/networking/v2.0/quotas/ID", "/networking/v2.0/quotas/ID/details",
        "/networking/v2.0/extensions/ID", "/api/audit", "/api/hosts", "/api/hosts/ID", "/api/revisions/ID",
        "/api/agent/receipts", "/api/agent/files/ID", "/api/agent/enrol",
        "/api/buckets", "/api/buckets/ID", "/identity/token", "/v1/vpcs", "/v1/vpcs/ID", "/v1/subnets",
        "/v1/subnets/ID",
        "/v1/subnets/ID/network_acl", "/v1/instances", "/v1/instances/ID", "/v1/instances/ID/network_interfaces",
        "/v1/instances/ID/network_interfaces/ID", "/v1/virtual_network_interfaces", "/v1/virtual_network_interfaces/ID",
        "/v1/security_groups", "/v1/security_groups/ID", "/v1/security_groups/ID/rules",
        "/v1/security_groups/ID/rules/ID", "/v1/security_groups/ID/targets/ID", "/v1/network_acls",
        "/v1/network_acls/ID", "/v1/network_acls/ID/rules", "/v1/network_acls/ID/rules/ID", "/v1/flow_log_collectors",
        "/v1/flow_log_collectors/ID", "/v1/keys", "/v1/ID",
    ]
    private static let values = [
        "null", "true", "-1", "1e999", "99999999999999999999", "\"\"", "\"'; DROP TABLE port; --\"",
        "\"../../etc/passwd\"",
        "\"\\u0000\"", "\"\(String(repeating: "x", count: 300))\"", "[]", "[[[[[[]]]]]]",
        "{\"zz\": {}}", "{\"a\": {\"b\": []}}",
        "\"11111111-2222-3333-4444-555555555555\"", "[null, 1, \"x\"]", "\"10.0.0.0/8\"", "\"ingress\"",
    ]
    private static let keys = [
        "network", "subnet", "port", "security_group", "security_group_rule", "log", "quota", "host", "auth", "tags",
        "name",
        "id", "network_id", "cidr", "ip_version", "fixed_ips", "security_groups", "security_group_id", "direction",
        "protocol",
        "port_range_min", "remote_ip_prefix", "resource_type", "enabled", "event", "project_id", "binding:profile",
        "mtu", "vpc", "zone", "ipv4_cidr_block", "rules", "remote", "local", "target", "storage_bucket", "before",
        "source",
        "primary_network_interface", "active",
    ]

    @Test func `garbage is refused everywhere, changes nothing and tells nothing`() async throws {
        let server = try await ServerUnderTest()
        let foreign = try await server.group("foreign", as: "ada")
        await server.call(.get, "/networking/v2.0/security-groups", as: "oscar")
        let before = try await server.plane.registry.read { try PastState(present: $0) }
        var seed = UInt64(20_261_121)
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let ids = [
            foreign, "x", "..", "%27", "' OR 1=1 --", String(repeating: "a", count: 5000), "\u{0}",
            "11111111-2222-3333-4444-555555555555",
        ]
        let methods: [HTTPRequest.Method] = [.post, .put, .delete, .patch]
        // An empty object makes a VPC, and nothing in it is garbage.
        for round in 0..<6000 {
            let route = Self.routes[next(Self.routes.count)]
            let method = methods[next(methods.count)]
            // A body of the right kind never comes about: the outer key's value is no object that would do.
            var body = Self.values[next(Self.values.count)]
            for _ in 0..<next(3) { body = "{\"\(Self.keys[next(Self.keys.count)])\": \(body)}" }
            if round % 50 == 0 { body = String(body.dropLast()) }
            var parts = route.split(separator: "/").map { $0 == "ID" ? ids[next(ids.count)] : String($0) }
            if round % 97 == 0 { parts.append("extra") }
            var headers = HTTPFields()
            headers[try #require(HTTPField.Name("X-Auth-Token"))] = "oscar-token-0123456789"
            let answer = await server.plane.door.answer(
                Call(
                    method: method, path: parts, query: [("version", "2026-10-06"), ("generation", "2")],
                    headers: headers, body: Array(body.utf8)))
            if parts.count == 2, parts[1] == "vpcs", answer.status == .created, let id = answer.json?["id"]?.text {
                await server.vpc(.delete, "vpcs/\(id)", as: "oscar")
                continue
            }
            let isHarmless = route.hasSuffix("/tags/t")
            if !(400..<500).contains(answer.status.code), !isHarmless {
                Issue.record("\(method) \(parts.joined(separator: "/")) \(body.prefix(200)): \(answer.status.code)")
            }
            let json = answer.json
            let hasEnvelope =
                json?["NeutronError"]?["message"]?.text != nil || json?["error"]?["message"]?.text != nil
                || json?["errors"]?.items?.first?["code"]?.text != nil || json?["errorCode"]?.text != nil
            if answer.status.code >= 400, !hasEnvelope {
                Issue.record(
                    "\(method) \(parts.joined(separator: "/")): no envelope: \(String(decoding: answer.body.prefix(200), as: UTF8.self))"
                )
            }
        }
        #expect(try await server.plane.registry.read { try PastState(present: $0) } == before)
    }

    @Test func `lists of the VPC API take any query without failing`() async throws {
        let server = try await ServerUnderTest()
        for collection in [
            "vpcs", "subnets", "instances", "security_groups", "network_acls", "flow_log_collectors",
            "virtual_network_interfaces", "regions",
        ] {
            for query in [
                "start=%00", "start=", "start=' OR 1=1 --", "limit=99999999999999999999", "limit=", "vpc.id=' --",
                "vpc.crn=crn:v1:::", "target.id=", "=&=&", "version=x", "generation=3", "gatehouse.interface=x",
            ] {
                let answer = await server.vpc(.get, "\(collection)?\(query)")
                #expect(answer.status.code < 500, "\(collection)?\(query)")
            }
        }
    }

    @Test func `lists take any query without failing`() async throws {
        let server = try await ServerUnderTest()
        for collection in [
            "networks", "subnets", "ports", "security-groups", "security-group-rules", "log/logs", "extensions",
        ] {
            for query in [
                "name=%00", "id=' OR 1=1 --", "limit=99999999999999999999", "sort_key=id&sort_dir=sideways", "fields=",
                "tags=,,,", "marker=' --", "changed_since=never", "revision_number=x", "=&=&",
            ] {
                let answer = await server.call(.get, "/networking/v2.0/\(collection)?\(query)")
                #expect(answer.status.code < 500, "\(collection)?\(query)")
            }
        }
    }
}
