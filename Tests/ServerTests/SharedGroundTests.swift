import HTTPTypes
import Link
import Model
import Registry
import Server
import Service
import Testing

/// Two projects with the same addresses and names, and in each other's networks.
@Suite struct SharedGroundTests {
    private let v2 = "/networking/v2.0"

    @Test(arguments: [true, false])
    func `an administrator's subnet and port in another project's network hide nothing`(_ isShared: Bool) async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "oscar")
        await server.call(.put, "\(v2)/networks/\(network)", #"{"network": {"shared": \#(isShared)}}"#)
        _ = try await server.shop()
        // Of project demo, by its administrator.
        _ = try await server.make(
            "subnets", "subnet",
            #"{"network_id": "\#(network)", "cidr": "10.7.0.0/24", "ip_version": 4, "name": "foreign"}"#)
        _ = try await server.make(
            "ports", "port", #"{"network_id": "\#(network)", "name": "foreign", "device_id": "vm-foreign"}"#)
        _ = try await server.make("ports", "port", #"{"network_id": "\#(network)", "name": "alone"}"#)
        for user in ["mel", "oscar", "ada"] {
            for path in [
                "vpcs", "subnets", "instances", "security_groups", "network_acls", "virtual_network_interfaces",
                "flow_log_collectors",
            ] {
                let answer = await server.vpc(.get, path, as: user)
                #expect(answer.status == .ok, "\(user) \(path): \(String(decoding: answer.body, as: UTF8.self))")
            }
        }
        let names = await server.vpc(.get, "subnets", as: "mel").json?["subnets"]?.items?.compactMap {
            $0["name"]?.text
        }
        #expect(names?.contains("web") == true && names?.contains("foreign") == true)
        // The network itself is another project's still.
        let vpcs = await server.vpc(.get, "vpcs", as: "mel").json?["vpcs"]?.items?.compactMap { $0["name"]?.text }
        #expect(vpcs == ["shop"])
    }

    @Test func `the trail of a server holds the changes of its interfaces' groups`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let group = try await server.group(in: shop.vpc, "g")
        await server.vpc(.put, "security_groups/\(group)/targets/\(shop.interface)")
        let rule = try await server.made(
            "security_groups/\(group)/rules", #"{"direction": "inbound", "protocol": "icmp_tcp_udp"}"#)
        _ = try await server.made("security_groups/\(group)/rules", #"{"direction": "outbound", "protocol": "icmp"}"#)
        func actions(_ query: String) async -> [String] {
            let entries = await server.call(.get, "/api/audit?\(query)").json?["entries"]?.items ?? []
            return entries.compactMap { $0["action"]?.text }
        }
        let found = await actions("instance=\(shop.instance)")
        #expect(found.contains("instance.create"))
        #expect(found.contains("security_group.attach"))
        #expect(found.filter { $0 == "security_group.rule.add" }.count == 2, "\(found), \(rule["id"]?.text ?? "")")
        // Also when the server is gone.
        await server.vpc(.delete, "instances/\(shop.instance)")
        let after = await actions("instance=\(shop.instance)")
        #expect(after.filter { $0 == "security_group.rule.add" }.count == 2)
        #expect(after.contains("port.delete") && after.contains("instance.delete"))
        // A server that Neutron's ports name has the id that they name it by.
        let network = try await server.network(as: "oscar")
        let vm = "7c3e8e1c-0a1b-4c2d-8e3f-000000000007"
        _ = try await server.make(
            "ports", "port", #"{"network_id": "\#(network)", "device_id": "\#(vm)"}"#, as: "oscar")
        #expect(await actions("instance=\(vm)") == ["port.create"])
    }

    @Test func `hosts and records have the interface's name of the policy file`() async throws {
        let server = try await ServerUnderTest()
        let body = try ControlCodec.encode(
            DeclareRequest(policy: OneInterface.policy(), host: "node-1", prunes: false, isPlan: false))
        #expect(await server.call(.post, "/api/policy", String(decoding: body, as: UTF8.self)).status == .ok)
        let policy = try await server.plane.registry.read { try HostPolicy.revision(forHost: "node-1", in: $0) }.policy
        #expect(policy.placements.map(\.label) == ["web-1/eth0"])
    }
}
