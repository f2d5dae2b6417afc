import HTTPTypes
import Link
import Model
import Registry
import Server
import Service
import Testing

/// A device of a host is one interface's, and so is an address on it, whoever asks by whichever API.
@Suite struct HostClaimTests {
    private let v2 = "/networking/v2.0"

    private func port(_ server: ServerUnderTest, _ body: String, as user: String = "ada") async -> String {
        let answer = await server.call(.post, "\(v2)/ports", #"{"port": \#(body)}"#, as: user)
        return "\(answer.status.code) \(answer.errorType ?? "-") \(answer.message ?? "-")"
    }

    private static let binds =
        #"{"create_port:binding:host_id": "role:member", "create_port:binding:profile": "role:member", "update_port:binding:host_id": "role:member"}"#

    @Test func `a device of a host is one interface's, over all projects`() async throws {
        let server = try await ServerUnderTest(policy: Self.binds)
        let (mine, other) = (try await server.network(as: "mel"), try await server.network(as: "oscar"))
        func body(_ network: String, _ host: String, _ name: String, _ address: String) -> String {
            """
            {"network_id": "\(network)", "name": "\(name)", "fixed_ips": [{"ip_address": "\(address)"}],
             "binding:host_id": "\(host)", "binding:profile": {"device": "tap1"}}
            """
        }
        let first = try await server.make("ports", "port", body(mine, "node-1", "secret", "10.0.0.5"), as: "mel")
        let id = try #require(first["id"]?.text)
        // Another project is not told whose it is.
        #expect(
            await port(server, body(other, "node-1", "b", "10.0.0.6"), as: "oscar")
                == "409 Conflict Device tap1 of host node-1 is another interface's.")
        #expect(
            await port(server, body(mine, "node-1", "b", "10.0.0.6"), as: "mel")
                == "409 Conflict Device tap1 of host node-1 is that of interface secret (\(id)).")
        // On another host it is another device.
        let second = try await server.make("ports", "port", body(other, "node-2", "b", "10.0.0.6"), as: "oscar")
        let secondID = try #require(second["id"]?.text)
        let moved = await server.call(
            .put, "\(v2)/ports/\(secondID)", #"{"port": {"binding:host_id": "node-1"}}"#, as: "oscar")
        #expect(moved.status == .conflict)
        #expect(moved.message == "Device tap1 of host node-1 is another interface's.")
        // What is let go of is free, also what goes.
        await server.call(.put, "\(v2)/ports/\(id)", #"{"port": {"binding:host_id": ""}}"#)
        #expect(await port(server, body(other, "node-1", "c", "10.0.0.7"), as: "oscar").hasPrefix("201"))
        await server.call(.delete, "\(v2)/ports/\(secondID)", as: "oscar")
        #expect(await port(server, body(mine, "node-2", "d", "10.0.0.8"), as: "mel").hasPrefix("201"))
    }

    @Test func `an address on a host is one interface's, whatever its network`() async throws {
        let server = try await ServerUnderTest(policy: Self.binds)
        let (mine, other) = (try await server.network(as: "mel"), try await server.network(as: "oscar"))
        let bound = #""fixed_ips": [{"ip_address": "10.0.0.5"}], "binding:host_id": "node-1"}"#
        let first = try await server.make("ports", "port", #"{"network_id": "\#(mine)", \#(bound)"#, as: "mel")
        let id = try #require(first["id"]?.text)
        #expect(
            await port(server, #"{"network_id": "\#(other)", \#(bound)"#, as: "oscar")
                == "409 Conflict Address 10.0.0.5 on host node-1 is another interface's.")
        #expect(
            await port(server, #"{"network_id": "\#(other)", \#(bound)"#, as: "ada")
                == "409 Conflict Address 10.0.0.5 on host node-1 is that of interface \(id).")
        // Two projects have the same addresses on different hosts, and where nothing is bound.
        let elsewhere = #"{"network_id": "\#(other)", "fixed_ips": [{"ip_address": "10.0.0.5"}]}"#
        let free = try await server.make("ports", "port", elsewhere, as: "oscar")
        let freeID = try #require(free["id"]?.text)
        for (host, status) in [("node-2", 200), ("node-1", 409)] {
            let answer = await server.call(
                .put, "\(v2)/ports/\(freeID)", #"{"port": {"binding:host_id": "\#(host)"}}"#, as: "oscar")
            #expect(answer.status.code == status)
        }
        let taken = try await server.make(
            "ports", "port", #"{"network_id": "\#(other)", "binding:host_id": "node-1"}"#, as: "oscar")
        let move = await server.call(
            .put, "\(v2)/ports/\(taken["id"]?.text ?? "")", #"{"port": {"fixed_ips": [{"ip_address": "10.0.0.5"}]}}"#)
        #expect(move.status == .conflict)
    }

    @Test func `the VPC API and policy files ask the same`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "oscar")
        _ = try await server.make(
            "ports", "port",
            """
            {"network_id": "\(network)", "fixed_ips": [{"ip_address": "10.0.0.5"}], "binding:host_id": "node-1",
             "binding:profile": {"device": "tap1"}, "project_id": "\(try await rival(server))"}
            """)
        let shop = try await server.shop()
        let instance = await server.vpc(
            .post, "instances",
            """
            {"name": "node-1", "zone": {"name": "local-1"}, "primary_network_interface":
             {"subnet": {"id": "\(shop.subnet)"}, "gatehouse": {"device": "tap1"}}}
            """, as: "ada")
        #expect(instance.status == .conflict)
        #expect(instance.code == "resource_in_use")
        for (device, address, words) in [
            ("tap1", "10.5.0.4", "Device tap1 of host node-1 is that of interface "), ("tap2", "10.5.0.4", "-"),
        ] {
            let body = try ControlCodec.encode(
                DeclareRequest(
                    policy: OneInterface.policy(device: device, address: address), host: "node-1", prunes: false,
                    isPlan: false))
            let answer = await server.call(.post, "/api/policy", String(decoding: body, as: UTF8.self))
            #expect(answer.status.code == (words == "-" ? 200 : 409))
            #expect((answer.message ?? "-").hasPrefix(words))
        }
    }

    private func rival(_ server: ServerUnderTest) async throws -> String {
        try #require(try await server.plane.registry.read { try Identity.project(named: "rival", in: $0) }).id
    }
}
