import HTTPTypes
import Registry
import Server
import Service
import Testing

/// What one request makes beside its own object asks for the same right as if it were made alone.
@Suite struct NestedRightsTests {
    private func server(denying operation: String) async throws -> ServerUnderTest {
        try await ServerUnderTest(policy: "{\"\(operation)\": \"role:admin\"}")
    }

    private func shown(_ answer: Answer) -> String {
        "\(answer.status.code) \(answer.json?["errors"]?.items?.first?["message"]?.text ?? answer.message ?? "-")"
    }

    @Test(
        arguments: [
            #""rules": [{"direction": "inbound", "protocol": "tcp"}]"#, #""gatehouse": {"template": "allow_ssh"}"#,
        ])
    func `a group's first rules are rules`(_ more: String) async throws {
        let server = try await server(denying: "create_security_group_rule")
        let vpc = try #require(try await server.made("vpcs", #"{"name": "shop"}"#)["id"]?.text)
        let body = #"{"name": "g", "vpc": {"id": "\#(vpc)"}"#
        #expect(
            shown(await server.vpc(.post, "security_groups", "\(body), \(more)}"))
                == "403 The caller's roles do not allow create_security_group_rule.")
        #expect(await server.vpc(.post, "security_groups", "\(body)}").status == .created)
    }

    @Test func `an ACL's first rules are rules`() async throws {
        let server = try await server(denying: "create_network_acl_rule")
        let vpc = try #require(try await server.made("vpcs", #"{"name": "shop"}"#)["id"]?.text)
        let rule =
            #"{"name": "r", "action": "allow", "direction": "inbound", "source": "0.0.0.0/0", "destination": "0.0.0.0/0", "protocol": "icmp_tcp_udp"}"#
        let body = #"{"name": "a", "vpc": {"id": "\#(vpc)"}"#
        #expect(
            shown(await server.vpc(.post, "network_acls", #"\#(body), "rules": [\#(rule)]}"#))
                == "403 The caller's roles do not allow create_network_acl_rule.")
        #expect(await server.vpc(.post, "network_acls", "\(body)}").status == .created)
    }

    @Test func `an instance's interfaces are ports`() async throws {
        let server = try await server(denying: "create_port")
        let vpc = try #require(try await server.made("vpcs", #"{"name": "shop"}"#)["id"]?.text)
        let subnet = try #require(
            try await server.made(
                "subnets",
                #"{"name": "web", "vpc": {"id": "\#(vpc)"}, "zone": {"name": "local-1"}, "ipv4_cidr_block": "10.1.0.0/24"}"#
            )["id"]?.text)
        let body =
            #"{"name": "web-1", "zone": {"name": "local-1"}, "primary_network_interface": {"name": "eth0", "subnet": {"id": "\#(subnet)"}}}"#
        #expect(
            shown(await server.vpc(.post, "instances", body)) == "403 The caller's roles do not allow create_port.")
    }

    @Test func `an instance's end is that of its ports`() async throws {
        let server = try await server(denying: "delete_port")
        let shop = try await server.shop()
        #expect(
            shown(await server.vpc(.delete, "instances/\(shop.instance)"))
                == "403 The caller's roles do not allow delete_port.")
    }

    @Test func `attaching and detaching are rights in Neutron's API too`() async throws {
        let server = try await ServerUnderTest(
            policy: #"{"attach_security_group": "role:admin", "detach_security_group": "role:admin"}"#)
        let network = try await server.network(as: "mel")
        let group = try await server.group("g", as: "mel")
        func port(_ method: HTTPRequest.Method, _ path: String, _ body: String) async -> String {
            shown(await server.call(method, "/networking/v2.0/ports\(path)", #"{"port": \#(body)}"#, as: "mel"))
        }
        #expect(
            await port(.post, "", #"{"network_id": "\#(network)", "security_groups": ["\#(group)"]}"#)
                == "403 rule:attach_security_group is disallowed by policy")
        let made = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#, as: "mel")
        let (id, own) = (made["id"]?.text ?? "", made["security_groups"]?.items?.first?.text ?? "")
        #expect(
            await port(.put, "/\(id)", #"{"security_groups": ["\#(own)", "\#(group)"]}"#)
                == "403 rule:attach_security_group is disallowed by policy")
        #expect(
            await port(.put, "/\(id)", #"{"security_groups": []}"#)
                == "403 rule:detach_security_group is disallowed by policy")
        #expect(await port(.put, "/\(id)", #"{"security_groups": ["\#(own)"]}"#) == "200 -")
    }

    @Test func `a new interface's groups are attached`() async throws {
        let server = try await server(denying: "attach_security_group")
        let shop = try await server.shop()
        let body = #"{"subnet": {"id": "\#(shop.subnet)"}"#
        #expect(
            shown(
                await server.vpc(
                    .post, "virtual_network_interfaces", #"\#(body), "security_groups": [{"id": "\#(shop.group)"}]}"#))
                == "403 The caller's roles do not allow attach_security_group.")
        #expect(await server.vpc(.post, "virtual_network_interfaces", "\(body)}").status == .created)
    }
}
