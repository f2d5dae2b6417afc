import HTTPTypes
import Server
import Service
import Testing

/// The VPC API of a server under test.
extension ServerUnderTest {
    /// One call under `/v1`, in the newest API version unless another is given.
    @discardableResult
    func vpc(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", as user: String? = "mel",
        version: String = "2026-10-06", headers: HTTPFields = [:]
    ) async -> Answer {
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        var query: [(key: String, value: String)] = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            query.append((sides[0], sides.count > 1 ? sides[1] : ""))
        }
        query += [("version", version), ("generation", "2")]
        var headers = headers
        if let user { headers[.authorization] = "Bearer \(user)-token-0123456789" }
        return await plane.door.answer(
            Call(
                method: method, path: ["v1"] + parts[0].split(separator: "/").map(String.init), query: query,
                headers: headers, body: Array(body.utf8)))
    }

    /// Makes an object and returns it.
    func made(_ path: String, _ body: String, as user: String = "mel") async throws -> JSON {
        let answer = await vpc(.post, path, body, as: user)
        #expect(answer.status == .created, "\(path): \(String(decoding: answer.body, as: UTF8.self))")
        return try #require(answer.json)
    }

    /// A VPC with one subnet and one instance in it, which the hosts' service has bound to host `web-1`.
    func shop(zone: String = "local-1") async throws -> Shop {
        let vpc = try await made("vpcs", #"{"name": "shop"}"#)
        let id = try #require(vpc["id"]?.text)
        let subnet = try await made(
            "subnets",
            #"{"name": "web", "vpc": {"id": "\#(id)"}, "zone": {"name": "\#(zone)"}, "ipv4_cidr_block": "10.1.0.0/24"}"#
        )
        let subnetID = try #require(subnet["id"]?.text)
        let instance = try await made(
            "instances",
            #"{"name": "web-1", "zone": {"name": "\#(zone)"}, "primary_network_interface": {"name": "eth0", "subnet": {"id": "\#(subnetID)"}}}"#
        )
        let interface = try #require(instance["primary_network_interface"])
        await bind(interface, to: "web-1")
        return Shop(
            vpc: id, subnet: subnetID, instance: try #require(instance["id"]?.text),
            interface: try #require(interface["id"]?.text),
            group: try #require(vpc["default_security_group"]?["id"]?.text),
            acl: try #require(vpc["default_network_acl"]?["id"]?.text))
    }

    /// A group of a VPC; its id.
    func group(in vpc: String, _ name: String) async throws -> String {
        try #require(
            try await made("security_groups", #"{"name": "\#(name)", "vpc": {"id": "\#(vpc)"}}"#)["id"]?.text)
    }
}

/// The ids of what `shop()` makes.
struct Shop: Sendable {
    let vpc: String
    let subnet: String
    let instance: String
    let interface: String
    let group: String
    let acl: String
}

extension Answer {
    /// The code of the VPC envelope.
    var code: String? { json?["errors"]?.items?.first?["code"]?.text }
    var target: String? { json?["errors"]?.items?.first?["target"]?["name"]?.text }
}
