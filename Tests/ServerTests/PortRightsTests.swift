import HTTPTypes
import Link
import Model
import Registry
import Server
import Service
import Testing

/// Who may say where an interface is, and what it is called on the wire: administrators, and the hosts' own service role.
@Suite struct PortRightsTests {
    private let v2 = "/networking/v2.0"

    private func send(
        _ server: ServerUnderTest, _ method: HTTPRequest.Method, _ path: String, _ body: String, as user: String
    ) async -> String {
        let answer = await server.call(method, "\(v2)/\(path)", #"{"port": \#(body)}"#, as: user)
        return "\(answer.status.code) \(answer.errorType ?? "-") \(answer.message ?? "-")"
    }

    /// A network of demo that is shared with all projects, with one subnet of 10.0.0.0/24; its id and the subnet's.
    private func sharedNetwork(_ server: ServerUnderTest) async throws -> (id: String, subnet: String) {
        let id = try #require(
            try await server.make("networks", "network", #"{"name": "common", "shared": true}"#)["id"]?.text)
        let subnet = try await server.make(
            "subnets", "subnet", #"{"network_id": "\#(id)", "cidr": "10.0.0.0/24", "ip_version": 4}"#)
        return (id, try #require(subnet["id"]?.text))
    }

    @Test(
        arguments: [
            ("binding:host_id", #""node-1""#), ("binding:host_id", #""""#), ("binding:profile", #"{"device": "lo"}"#),
            ("binding:profile", "{}"),
        ])
    func `a member binds no port`(_ attribute: String, _ value: String) async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let body = #"{"network_id": "\#(network)", "\#(attribute)": \#(value)}"#
        let refused = "403 PolicyNotAuthorized rule:create_port:\(attribute) is disallowed by policy"
        #expect(await send(server, .post, "ports", body, as: "mel") == refused)
        let own = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#, as: "mel")
        let id = try #require(own["id"]?.text)
        #expect(
            await send(server, .put, "ports/\(id)", #"{"\#(attribute)": \#(value)}"#, as: "mel")
                == "403 PolicyNotAuthorized rule:update_port:\(attribute) is disallowed by policy")
        // One of many that may not is all of them.
        let bulk = await server.call(
            .post, "\(v2)/ports", #"{"ports": [{"network_id": "\#(network)"}, \#(body)]}"#, as: "mel")
        #expect(bulk.status == .forbidden)
        #expect(await server.call(.get, "\(v2)/ports", as: "mel").json?["ports"]?.items?.count == 1)
        // The refusal is in the trail.
        let entries = await server.call(.get, "/api/audit?outcome=failure").json?["entries"]?.items ?? []
        #expect(entries.contains { $0["reason"] == .string("rule:update_port:\(attribute) is disallowed by policy") })
        // An administrator may.
        let admin = await send(server, .put, "ports/\(id)", #"{"\#(attribute)": \#(value)}"#, as: "ada")
        #expect(admin == "200 - -")
    }

    @Test func `a member is not told where ports are bound, nor can find it out by a filter`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let port = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#, as: "mel")
        let id = try #require(port["id"]?.text)
        await server.call(.put, "\(v2)/ports/\(id)", #"{"port": {"binding:host_id": "node-1"}}"#)
        let hidden = ["binding:host_id", "binding:profile", "binding:vif_details", "binding:vif_type"]
        func shown(_ answer: Answer) -> [String] {
            let port = answer.json?["port"] ?? answer.json?["ports"]?.items?.first
            return hidden.filter { port?[$0] != nil }
        }
        #expect(hidden.filter { port[$0] != nil } == [])
        #expect(shown(await server.call(.get, "\(v2)/ports/\(id)", as: "mel")) == [])
        #expect(shown(await server.call(.get, "\(v2)/ports", as: "rita")) == [])
        #expect(shown(await server.call(.put, "\(v2)/ports/\(id)", #"{"port": {"name": "n"}}"#, as: "mel")) == [])
        #expect(shown(await server.call(.get, "\(v2)/ports/\(id)?fields=binding:host_id", as: "mel")) == [])
        #expect(shown(await server.call(.get, "\(v2)/ports/\(id)", as: "ada")) == hidden)
        #expect(await server.call(.get, "\(v2)/ports/\(id)", as: "mel").json?["port"]?["binding:vnic_type"] == "normal")
        func count(_ user: String) async -> Int? {
            await server.call(.get, "\(v2)/ports?binding:host_id=node-1", as: user).json?["ports"]?.items?.count
        }
        #expect(await count("mel") == 0)
        #expect(await count("ada") == 1)
    }

    @Test func `in another project's shared network a member takes what it is given`() async throws {
        let server = try await ServerUnderTest()
        let (network, subnet) = try await sharedNetwork(server)
        func create(_ more: String) async -> String {
            await send(server, .post, "ports", #"{"network_id": "\#(network)", \#(more)}"#, as: "oscar")
        }
        func refused(_ rule: String) -> String {
            "403 PolicyNotAuthorized rule:\(rule) is disallowed by policy"
        }
        #expect(await create(#""mac_address": "fa:16:3e:00:00:01""#) == refused("create_port:mac_address"))
        #expect(
            await create(#""fixed_ips": [{"ip_address": "10.0.0.9"}]"#) == refused("create_port:fixed_ips:ip_address"))
        #expect(await create(#""port_security_enabled": true"#) == refused("create_port:port_security_enabled"))
        #expect(await create(#""allowed_address_pairs": []"#) == refused("create_port:allowed_address_pairs"))
        #expect(
            await create(#""device_owner": "network:router_interface""#) == refused("create_port:device_owner"))
        #expect(await create(#""device_owner": "compute:nova", "name": "a""#) == "201 - -")
        #expect(await create(#""fixed_ips": [{"subnet_id": "\#(subnet)"}]"#) == "201 - -")
        let mine = await server.call(.get, "\(v2)/ports?name=a", as: "oscar").json?["ports"]?.items?.first
        let id = try #require(mine?["id"]?.text)
        func update(_ body: String) async -> String { await send(server, .put, "ports/\(id)", body, as: "oscar") }
        #expect(await update(#"{"mac_address": "fa:16:3e:00:00:01"}"#) == refused("update_port:mac_address"))
        #expect(await update(#"{"fixed_ips": [{"subnet_id": "\#(subnet)"}]}"#) == refused("update_port:fixed_ips"))
        #expect(await update(#"{"device_owner": "network:dhcp"}"#) == refused("update_port:device_owner"))
        #expect(await update(#"{"name": "b", "device_id": "vm"}"#) == "200 - -")
    }

    @Test func `in its own network a member chooses addresses, and a MAC at the beginning`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let port = try await server.make(
            "ports", "port",
            #"{"network_id": "\#(network)", "mac_address": "fa:16:3e:00:00:01", "fixed_ips": [{"ip_address": "10.0.0.9"}]}"#,
            as: "mel")
        let id = try #require(port["id"]?.text)
        let moved = #"{"fixed_ips": [{"ip_address": "10.0.0.10"}], "port_security_enabled": true}"#
        #expect(await send(server, .put, "ports/\(id)", moved, as: "mel") == "200 - -")
        #expect(
            await send(server, .put, "ports/\(id)", #"{"mac_address": "fa:16:3e:00:00:02"}"#, as: "mel")
                == "403 PolicyNotAuthorized rule:update_port:mac_address is disallowed by policy")
    }

    @Test func `sharing a network, or ending that, is an administrator's`() async throws {
        let server = try await ServerUnderTest()
        func network(_ method: HTTPRequest.Method, _ path: String, _ body: String) async -> String {
            let answer = await server.call(method, "\(v2)/\(path)", #"{"network": \#(body)}"#, as: "mel")
            return "\(answer.status.code) \(answer.message ?? "-")"
        }
        func refused(_ rule: String) -> String { "403 rule:\(rule) is disallowed by policy" }
        #expect(await network(.post, "networks", #"{"shared": true}"#) == refused("create_network:shared"))
        #expect(
            await network(.post, "networks", #"{"router:external": true}"#) == refused("create_network:router:external")
        )
        let (id, _) = try await sharedNetwork(server)
        #expect(await network(.put, "networks/\(id)", #"{"shared": false}"#) == refused("update_network:shared"))
        #expect(
            await network(.put, "networks/\(id)", #"{"router:external": false}"#)
                == refused("update_network:router:external"))
    }

    @Test func `the hosts' service binds the ports of all projects, and does nothing else`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let port = try await server.make("ports", "port", #"{"network_id": "\#(network)", "name": "mine"}"#, as: "mel")
        let id = try #require(port["id"]?.text)
        let found = await server.call(.get, "\(v2)/ports?name=mine", as: "nova").json?["ports"]?.items?.first
        #expect(found?["binding:host_id"] == "")
        #expect(await server.call(.get, "\(v2)/networks/\(network)", as: "nova").status == .ok)
        let bound =
            #"{"binding:host_id": "node-1", "binding:profile": {"device": "tap1"}, "mac_address": "fa:16:3e:00:00:07"}"#
        #expect(await send(server, .put, "ports/\(id)", bound, as: "nova") == "200 - -")
        let demo = try #require(port["project_id"]?.text)
        #expect(
            await send(
                server, .post, "ports", #"{"network_id": "\#(network)", "project_id": "\#(demo)"}"#, as: "nova")
                == "201 - -")
        #expect(
            await server.call(.put, "\(v2)/networks/\(network)", #"{"network": {"name": "n"}}"#, as: "nova").status
                == .forbidden)
        #expect(
            await server.call(.get, "\(v2)/security-groups", as: "nova").json?["security_groups"]?.items?.isEmpty
                == true
        )
        for path in ["/api/hosts", "/api/audit", "/api/revisions"] {
            #expect(await server.call(.get, path, as: "nova").status == .forbidden, "\(path)")
        }
    }

    @Test func `an operator's file gives the right to bind, by network owner too`() async throws {
        let server = try await ServerUnderTest(
            policy: #"{"create_port:binding:host_id": "role:member and tenant_id:%(network:tenant_id)s"}"#)
        let body = #""binding:host_id": "node-1"}"#
        let own = try await server.network(as: "mel")
        #expect(await send(server, .post, "ports", #"{"network_id": "\#(own)", \#(body)"#, as: "mel") == "201 - -")
        let (common, _) = try await sharedNetwork(server)
        #expect(
            await send(server, .post, "ports", #"{"network_id": "\#(common)", \#(body)"#, as: "oscar")
                == "403 PolicyNotAuthorized rule:create_port:binding:host_id is disallowed by policy")
    }

    // MARK: The VPC API

    @Test func `a member's instance is bound to no host, and names no device`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let interface = #""primary_network_interface": {"name": "eth0", "subnet": {"id": "\#(shop.subnet)"}"#
        func create(_ more: String, _ device: String = "}", as user: String) async -> Answer {
            await server.vpc(
                .post, "instances", #"{"zone": {"name": "local-1"}, \#(more)\#(interface)\#(device)}"#, as: user)
        }
        let plain = await create(#""name": "node-1", "#, as: "mel")
        let made = try #require(plain.json?["primary_network_interface"]?["id"]?.text)
        #expect(try await server.plane.registry.read { try StoredInterface.stored(made, in: $0) }?.host == "")
        let host = await create(#""name": "a", "gatehouse": {"host": "node-1"}, "#, as: "mel")
        #expect("\(host.status.code) \(host.target ?? "-")" == "403 gatehouse.host")
        let device = await create(#""name": "b", "#, #", "gatehouse": {"device": "lo"}}"#, as: "mel")
        #expect("\(device.status.code) \(device.target ?? "-")" == "403 primary_network_interface.gatehouse.device")
        let further = await server.vpc(
            .post, "instances/\(shop.instance)/network_interfaces",
            #"{"name": "eth1", "subnet": {"id": "\#(shop.subnet)"}, "gatehouse": {"device": "lo"}}"#)
        #expect("\(further.status.code) \(further.target ?? "-")" == "403 gatehouse.device")
        let virtual = await server.vpc(
            .post, "virtual_network_interfaces",
            #"{"subnet": {"id": "\#(shop.subnet)"}, "gatehouse": {"device": "lo"}}"#)
        #expect("\(virtual.status.code) \(virtual.target ?? "-")" == "403 gatehouse.device")
        // An administrator's is the host of its name, or of the one that is said.
        let admin = await create(#""name": "node-7", "#, #", "gatehouse": {"device": "tap7"}}"#, as: "ada")
        #expect(admin.json?["gatehouse"]?["host"] == "node-7")
        let id = try #require(admin.json?["id"]?.text)
        // Where it is, members are not told.
        let shown = await server.vpc(.get, "instances/\(id)")
        #expect(shown.status == .ok)
        #expect(shown.json?["gatehouse"]?["host"] == nil)
        let part = await server.vpc(.get, "instances/\(id)/network_interfaces").json?["network_interfaces"]?.items?
            .first
        #expect(part?["gatehouse"]?["host"] == nil)
        #expect(part?["gatehouse"]?["device"] == nil)
    }

    // MARK: The native interface

    @Test func `a member's policy file binds nothing anew, and keeps what is bound`() async throws {
        let server = try await ServerUnderTest()
        func apply(_ host: String, _ device: String, as user: String) async throws -> String {
            let body = try ControlCodec.encode(
                DeclareRequest(policy: OneInterface.policy(device: device), host: host, prunes: false, isPlan: false))
            let answer = await server.call(
                .post, "/api/policy", String(decoding: body, as: UTF8.self), as: user)
            return "\(answer.status.code) \(answer.message ?? "-")"
        }
        let refused =
            "403 interface shop/web-1/eth0: rule:create_port:binding:host_id is disallowed by policy: the caller does not bind "
            + "an interface (here to device tap1 of host node-1); ask an administrator to apply this file, or leave host and "
            + "device as they are"
        #expect(try await apply("node-1", "tap1", as: "mel") == refused)
        #expect(await server.call(.get, "\(v2)/networks", as: "mel").json?["networks"]?.items == [])
        #expect(try await apply("node-1", "tap1", as: "ada") == "200 -")
        #expect(try await apply("node-1", "tap1", as: "mel") == "200 -")
        #expect(try await apply("node-2", "tap1", as: "mel").hasPrefix("403 interface shop/web-1/eth0: "))
        #expect(try await apply("node-1", "lo", as: "mel").hasPrefix("403 interface shop/web-1/eth0: "))
    }
}

/// A policy of one VPC `shop` with one interface `web-1/eth0` in subnet `web`, 10.5.0.0/24.
enum OneInterface {
    static func policy(
        device: String = "tap1", address: String = "10.5.0.4", vpc: String = "shop", instance: String = "web-1"
    ) -> Policy {
        let prefix = IPPrefix(containing: IPAddress("10.5.0.0") ?? IPAddress(ipv4: 0), length: 24)
        let interface = Interface(
            id: Identifier(derivedFrom: "i", vpc), name: "eth0", subnet: "web",
            addresses: [IPAddress(address)].compactMap { $0 }, mac: nil, device: device, groups: [])
        let instance = Instance(id: Identifier(derivedFrom: "m", vpc), name: instance, interfaces: [interface])
        let subnet = Subnet(id: Identifier(derivedFrom: "s", vpc), name: "web", prefixes: [prefix])
        return Policy(
            project: "demo",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "v", vpc), name: vpc, prefixes: [prefix], subnets: [subnet],
                    groups: [], instances: [instance])
            ])
    }
}
