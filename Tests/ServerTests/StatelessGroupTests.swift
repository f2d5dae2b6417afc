import HTTPTypes
import Server
import Service
import Testing

/// `stateful` of Neutron's groups, and what the VPC API makes of a stateless one.
@Suite struct StatelessGroupTests {
    private let v2 = "/networking/v2.0"

    /// Makes a stateless group; its id.
    private func stateless(_ server: ServerUnderTest, _ name: String, as user: String = "ada") async throws -> String {
        let group = try await server.make(
            "security-groups", "security_group", #"{"name": "\#(name)", "stateful": false}"#, as: user)
        return try #require(group["id"]?.text)
    }

    private func port(_ server: ServerUnderTest, _ groups: [String]) async throws -> Answer {
        let network = try await server.network()
        let list = groups.map { #""\#($0)""# }.joined(separator: ", ")
        return await server.call(
            .post, "\(v2)/ports", #"{"port": {"network_id": "\#(network)", "security_groups": [\#(list)]}}"#)
    }

    private func type(_ answer: Answer) -> String? { answer.json?["NeutronError"]?["type"]?.text }

    @Test func `stateful is taken, shown, filtered and changed`() async throws {
        let server = try await ServerUnderTest()
        let id = try await stateless(server, "quick")
        _ = try await server.group("slow")
        func stateful() async -> JSON? {
            await server.call(.get, "\(v2)/security-groups/\(id)").json?["security_group"]?["stateful"]
        }
        func names(_ query: String) async -> [String] {
            let answer = await server.call(.get, "\(v2)/security-groups?sort_key=name&sort_dir=asc&\(query)")
            return (answer.json?["security_groups"]?.items ?? []).compactMap { $0["name"]?.text }
        }
        #expect(await stateful() == .bool(false))
        #expect(await names("stateful=false") == ["quick"])
        #expect(await names("stateful=True") == ["default", "slow"])
        for flag in [true, false] {
            let answer = await server.call(
                .put, "\(v2)/security-groups/\(id)", #"{"security_group": {"stateful": \#(flag)}}"#)
            #expect(answer.json?["security_group"]?["stateful"] == .bool(flag))
            #expect(await stateful() == .bool(flag))
        }
        #expect(
            await server.call(.put, "\(v2)/security-groups/\(id)", #"{"security_group": {"stateful": "maybe"}}"#).status
                == .badRequest)
        let extensions = await server.call(.get, "\(v2)/extensions/stateful-security-group")
        #expect(extensions.status == .ok)
    }

    @Test func `a group on a port stays of its kind`() async throws {
        let server = try await ServerUnderTest()
        let id = try await stateless(server, "quick")
        #expect(try await port(server, [id]).status == .created)
        let refused = await server.call(
            .put, "\(v2)/security-groups/\(id)", #"{"security_group": {"stateful": true}}"#)
        #expect(refused.status == .conflict)
        #expect(type(refused) == "SecurityGroupInUse")
        #expect(refused.message == "Security Group \(id) in use.")
        // What it is already may be said again, beside a change.
        let renamed = await server.call(
            .put, "\(v2)/security-groups/\(id)", #"{"security_group": {"stateful": false, "name": "brisk"}}"#)
        #expect(renamed.json?["security_group"]?["name"] == "brisk")
    }

    @Test func `a port has groups of one kind`() async throws {
        let server = try await ServerUnderTest()
        let quick = try await stateless(server, "quick")
        let slow = try await server.group("slow")
        let mixed = try await port(server, [quick, slow])
        #expect(mixed.status == .conflict)
        #expect(type(mixed) == "SecurityGroupConflict")
        let made = try await port(server, [quick])
        let id = try #require(made.json?["port"]?["id"]?.text)
        func put(_ groups: String) async -> Answer {
            await server.call(.put, "\(v2)/ports/\(id)", #"{"port": {"security_groups": [\#(groups)]}}"#)
        }
        let further = await put(#""\#(quick)", "\#(slow)""#)
        #expect(further.status == .conflict)
        #expect(type(further) == "SecurityGroupConflict")
        // Another kind altogether is no mixture.
        #expect(await put(#""\#(slow)""#).status == .ok)
    }

    @Test func `the VPC API shows a stateless group, and keeps it from interfaces with others`() async throws {
        let server = try await ServerUnderTest()
        let quick = try await stateless(server, "quick", as: "mel")
        let shop = try await server.shop()
        let shown = await server.vpc(.get, "security_groups/\(quick)")
        #expect(shown.json?["gatehouse"]?["scope"] == "project")
        #expect(shown.json?["gatehouse"]?["stateful"] == .bool(false))
        let refused = await server.vpc(.put, "security_groups/\(quick)/targets/\(shop.interface)")
        #expect(refused.status == .badRequest)
        #expect(refused.code == "bad_field")
        let alone = try await server.made(
            "virtual_network_interfaces",
            #"{"name": "eth1", "subnet": {"id": "\#(shop.subnet)"}, "security_groups": [{"id": "\#(quick)"}]}"#)
        #expect(alone["security_groups"]?.items?.count == 1)
    }
}
