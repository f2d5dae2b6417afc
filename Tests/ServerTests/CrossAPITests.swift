import HTTPTypes
import Server
import Service
import Testing

/// One object on both sides: neither damages what only the other can say.
@Suite struct CrossAPITests {
    private let v2 = "/networking/v2.0"

    @Test func `what Neutron makes is there for the VPC API, with its defaults`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let group = try await server.group("project-wide", as: "mel")
        let port = try await server.make(
            "ports", "port",
            #"{"network_id": "\#(network)", "name": "eth0", "device_id": "vm-7", "security_groups": ["\#(group)"]}"#,
            as: "mel")
        await server.bind(port, to: "node-1")
        let vpc = await server.vpc(.get, "vpcs/\(network)").json
        #expect(vpc?["name"] == "net")
        let acl = await server.vpc(.get, "vpcs/\(network)/default_network_acl").json
        // Nothing that went through before is stopped by a look at it.
        #expect(acl?["rules"]?.items?.map { $0["protocol"] } == ["any", "any"])
        let subnet = await server.vpc(.get, "subnets").json?["subnets"]?.items?.first
        #expect(subnet?["network_acl"]?["id"] == acl?["id"])
        let instance = await server.vpc(.get, "instances?name=vm-7").json?["instances"]?.items?.first
        #expect(instance?["primary_network_interface"]?["id"] == port["id"])
        let shown = await server.vpc(.get, "security_groups/\(group)").json
        #expect(shown?["vpc"]?["id"] == .string(network))
        #expect(shown?["targets"]?.items?.map { $0["id"] } == [port["id"]])
        #expect(shown?["gatehouse"]?["scope"] == "project")
    }

    @Test func `what the VPC API makes is there for Neutron`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let network = await server.call(.get, "\(v2)/networks/\(shop.vpc)", as: "mel").json?["network"]
        #expect(network?["name"] == "shop")
        let port = await server.call(.get, "\(v2)/ports/\(shop.interface)", as: "mel").json?["port"]
        #expect(port?["device_id"] == .string(shop.instance))
        #expect(port?["security_groups"] == .array([.string(shop.group)]))
        #expect(port?["fixed_ips"]?.items?.first?["ip_address"] == "10.1.0.4")
        // The quota of Neutron's groups does not count those of VPCs.
        for name in 0..<9 { _ = try await server.group("n\(name)", as: "mel") }
    }

    @Test func `a write through Neutron keeps what it cannot say`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let acl = try await server.made("network_acls", #"{"vpc": {"id": "\#(shop.vpc)"}, "name": "edge"}"#)
        let id = try #require(acl["id"]?.text)
        await server.vpc(.put, "subnets/\(shop.subnet)/network_acl", #"{"id": "\#(id)"}"#)
        let vni = try await server.made(
            "virtual_network_interfaces", #"{"subnet": {"id": "\#(shop.subnet)"}, "auto_delete": true}"#)
        let vniID = try #require(vni["id"]?.text)
        func put(_ path: String, _ body: String) async {
            #expect(await server.call(.put, "\(v2)/\(path)", body, as: "mel").status == .ok, "\(path)")
        }
        await put("subnets/\(shop.subnet)", #"{"subnet": {"name": "renamed"}}"#)
        await put("networks/\(shop.vpc)", #"{"network": {"name": "renamed"}}"#)
        await put("ports/\(vniID)", #"{"port": {"name": "renamed", "device_id": "\#(shop.instance)"}}"#)
        await put("security-groups/\(shop.group)", #"{"security_group": {"description": "said by Neutron"}}"#)
        let subnet = await server.vpc(.get, "subnets/\(shop.subnet)").json
        #expect(subnet?["name"] == "renamed")
        #expect(subnet?["network_acl"]?["id"]?.text == id)
        #expect(await server.vpc(.get, "vpcs/\(shop.vpc)").json?["default_security_group"]?["id"]?.text == shop.group)
        let attached = await server.vpc(.get, "virtual_network_interfaces/\(vniID)").json
        #expect(attached?["auto_delete"] == .bool(true))
        #expect(attached?["target"]?["resource_type"] == "instance_network_attachment")
        #expect(await server.call(.delete, "\(v2)/security-groups/\(shop.group)", as: "mel").status == .conflict)
    }

    @Test func `a write through the VPC API keeps what it cannot say`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let group = try await server.group("g", as: "mel")
        await server.call(
            .put, "\(v2)/security-groups/\(group)", #"{"security_group": {"description": "mine"}}"#, as: "mel")
        await server.call(.put, "\(v2)/networks/\(network)", #"{"network": {"mtu": 1400}}"#, as: "mel")
        let rule = try await server.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(group)", "direction": "ingress", "protocol": "sctp", "port_range_min": 5, "port_range_max": 9, "description": "why"}"#,
            as: "mel")
        let id = try #require(rule["id"]?.text)
        let shown = await server.vpc(.get, "security_groups/\(group)/rules/\(id)").json
        #expect(shown?["protocol"] == "sctp")
        #expect(shown?["gatehouse"]?["port_max"] == .int(9))
        for (path, name) in [
            ("security_groups/\(group)", "gg"), ("vpcs/\(network)", "nn"),
            ("security_groups/\(group)/rules/\(id)", "rr"),
        ] { #expect(await server.vpc(.patch, path, #"{"name": "\#(name)"}"#).status == .ok) }
        func neutron(_ path: String, _ key: String) async -> JSON? {
            await server.call(.get, "\(v2)/\(path)", as: "mel").json?[key]
        }
        #expect(await neutron("security-groups/\(group)", "security_group")?["description"] == "mine")
        #expect(await neutron("networks/\(network)", "network")?["mtu"] == .int(1400))
        let after = await neutron("security-group-rules/\(id)", "security_group_rule")
        #expect(after?["port_range_max"] == .int(9))
        #expect(after?["description"] == "why")
    }

    @Test func `a rule with a near end reads sensibly in Neutron`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group(in: try await server.shop().vpc, "g")
        let rule = try await server.made(
            "security_groups/\(group)/rules",
            #"{"direction": "inbound", "protocol": "icmp_tcp_udp", "local": {"address": "10.1.0.4"}}"#)
        let id = try #require(rule["id"]?.text)
        let before = await server.vpc(.get, "security_groups/\(group)/rules/\(id)").body
        let shown = await server.call(.get, "\(v2)/security-group-rules/\(id)", as: "mel").json?["security_group_rule"]
        #expect(shown?["protocol"] == "icmp_tcp_udp")
        #expect(shown?["local_ip_prefix"] == "10.1.0.4")
        #expect(shown?["remote_ip_prefix"] == .null)
        // Neutron's check for twins sees that this is another rule than one without a near end.
        _ = try await server.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(group)", "direction": "ingress", "protocol": "icmp_tcp_udp"}"#, as: "mel")
        #expect(await server.vpc(.get, "security_groups/\(group)/rules/\(id)").body == before)
    }

    @Test func `a group of one VPC is not for another's interfaces, on either side`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let network = try await server.network(as: "mel")
        let answer = await server.call(
            .post, "\(v2)/ports",
            #"{"port": {"network_id": "\#(network)", "security_groups": ["\#(shop.group)"]}}"#, as: "mel")
        #expect(answer.status == .badRequest)
        let home = await server.vpc(.get, "vpcs/\(network)").json?["default_security_group"]?["id"]?.text ?? ""
        let attach = await server.vpc(.put, "security_groups/\(home)/targets/\(shop.interface)")
        #expect(attach.code == "security_group_not_in_vpc")
    }

    @Test func `a network deleted through Neutron takes along what the VPC API made in it`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let other = try await server.group(in: shop.vpc, "other")
        _ = try await server.made(
            "security_groups/\(other)/rules",
            #"{"direction": "inbound", "protocol": "tcp", "remote": {"id": "\#(shop.group)"}}"#)
        _ = try await server.made(
            "flow_log_collectors", #"{"target": {"id": "\#(shop.vpc)"}, "storage_bucket": {"name": "flowlogs"}}"#)
        let network = "\(v2)/networks/\(shop.vpc)"
        #expect(await server.call(.delete, network, as: "mel").status == .conflict)
        // The instance goes with its last interface.
        #expect(await server.call(.delete, "\(v2)/ports/\(shop.interface)", as: "mel").status == .noContent)
        #expect(await server.vpc(.get, "instances/\(shop.instance)").status == .notFound)
        #expect(await server.call(.delete, network, as: "mel").status == .noContent)
        for collection in ["vpcs", "subnets", "security_groups", "network_acls", "flow_log_collectors"] {
            #expect(await server.vpc(.get, collection).json?["total_count"] == .int(0), "\(collection)")
        }
    }
}
