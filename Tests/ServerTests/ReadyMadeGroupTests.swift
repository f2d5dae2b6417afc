import HTTPTypes
import Model
import Server
import Service
import Testing

/// The groups that a policy file attaches by name, by Neutron's API.
@Suite struct ReadyMadeGroupTests {
    private let v2 = "/networking/v2.0"

    private func named(_ name: String, _ server: ServerUnderTest, as user: String = "mel") async -> [JSON] {
        await server.call(.get, "\(v2)/security-groups?name=\(name)", as: user).json?["security_groups"]?.items ?? []
    }

    @Test(arguments: ReadyMadeGroup.allCases)
    func `a ready-made group is found by name and attached to a port`(_ ready: ReadyMadeGroup) async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let port = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#, as: "mel")
        let found = await named(ready.rawValue, server)
        #expect(found.count == 1)
        let id = try #require(found.first?["id"]?.text)
        let attached = await server.call(
            .put, "\(v2)/ports/\(port["id"]?.text ?? "")", #"{"port": {"security_groups": ["\#(id)"]}}"#, as: "mel")
        #expect(attached.json?["port"]?["security_groups"] == .strings([id]))
        let rules = found.first?["security_group_rules"]?.items ?? []
        #expect(Set(rules.compactMap { $0["ethertype"]?.text }) == ["IPv4", "IPv6"])
        #expect(rules.count == 2)
        let (direction, service) = ready.meaning
        #expect(rules.allSatisfy { $0["direction"]?.text == direction.rawValue })
        if case .transport(_, let ports) = service {
            #expect(
                rules.allSatisfy {
                    $0["protocol"] == "tcp" && $0["port_range_min"]?.number == ports.map { Int($0.lower) }
                })
        } else {
            #expect(rules.allSatisfy { $0["protocol"] == .null })
        }
        // Once, and the project's own.
        #expect(await named(ready.rawValue, server).first?["id"]?.text == id)
        #expect(await named(ready.rawValue, server, as: "oscar").first?["id"]?.text != id)
    }

    @Test func `who may make no groups makes none by asking`() async throws {
        let server = try await ServerUnderTest()
        #expect(await named("allow_ssh", server, as: "rita").isEmpty)
        #expect(await named("allow_cats", server).isEmpty)
        let all = await server.call(.get, "\(v2)/security-groups", as: "mel").json?["security_groups"]?.items ?? []
        #expect(all.map { $0["name"] } == ["default"])
        let id = try await server.group("allow_ssh", as: "mel")
        #expect(await named("allow_ssh", server).map { $0["id"]?.text } == [id])
    }

    @Test func `a full quota makes no list fail`() async throws {
        let server = try await ServerUnderTest()
        let demo = try #require(
            await server.call(.get, "/identity/v3/projects?name=demo").json?["projects"]?.items?.first?["id"]?.text)
        #expect(
            await server.call(.put, "\(v2)/quotas/\(demo)", #"{"quota": {"security_group": 1}}"#).status == .ok)
        #expect(await server.call(.get, "\(v2)/security-groups?name=allow_ssh", as: "mel").status == .ok)
    }
}
