import Foundation
import HTTPTypes
import Model
import Registry
import Server
import Service
import Testing
import VPCAPI

/// A control plane on a real database, spoken to without sockets.
final class ServerUnderTest: Sendable {
    let folder: String
    let plane: ControlPlane
    let access: AccessFile

    /// Writes a file beside the server's data folder, and tells where.
    func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        return "\(folder)/\(name)"
    }

    /// Users `ada` (admin of demo), `mel` (member of demo), `rita` (reader of demo), `oscar` (member of rival), `max`
    /// (manager of demo), `aud` (auditor of rival), `nova` (the hosts' service, in rival); each one's token is `NAME-token-0123456789`, and the secret of
    /// the cloud key `AKIDNAME01234` as well; ada's password
    /// `s3cret-of-ada`.
    init(
        anonymous: Bool = false, policy: String? = nil, quotas: VPCQuotas = VPCQuotas(),
        region: ServedRegion = ServedRegion()
    ) async throws {
        folder = FileManager.default.temporaryDirectory.path + "/gatehouse-server-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var settings = ServerSettings()
        settings.isInsecure = true
        settings.admitsAnonymous = anonymous
        settings.vpcQuotas = quotas
        (settings.region, settings.zones) = (region.name, region.zones)
        let policyFile = folder + "/policy.json"
        if let policy { try policy.write(toFile: policyFile, atomically: true, encoding: .utf8) }
        access = try AccessFile(policy == nil ? nil : policyFile)
        // However long a test takes, its guesses come within a minute.
        let made = Timestamp.now
        plane = try ControlPlane(
            folder: ServerFolder(folder + "/data"), settings: settings, access: access, gate: LoginGate { made })
        try "s3cret-of-ada\n".write(toFile: folder + "/ada.pw", atomically: true, encoding: .utf8)
        let people = [
            ("ada", "demo", "admin"), ("mel", "demo", "member"), ("rita", "demo", "reader"),
            ("oscar", "rival", "member"), ("max", "demo", "manager"), ("aud", "rival", "auditor"),
            ("nova", "rival", "service"),
        ]
        var yaml = "projects: [{name: demo}, {name: rival}]\nusers:\n"
        for (name, project, role) in people {
            let password = name == "ada" ? "password_file: ada.pw, " : ""
            yaml += "  - {name: \(name), \(password)roles: [{project: \(project), role: \(role)}]}\n"
            try "\(name)-token-0123456789".write(toFile: "\(folder)/\(name).token", atomically: true, encoding: .utf8)
        }
        yaml += "tokens:\n"
        for (name, project, _) in people {
            yaml += "  - {name: \(name), token_file: \(name).token, user: \(name), project: \(project)}\n"
        }
        yaml += "cloud_keys:\n"
        for (name, project, _) in people {
            yaml +=
                "  - {secret_id: AKID\(name)01234, secret_key_file: \(name).token, user: \(name), project: \(project)}\n"
        }
        yaml += #"buckets: [{name: flowlogs, url: "file:buckets/flowlogs"}, {name: gone, url: "file:/nowhere/at/all"}]"#
        try yaml.write(toFile: folder + "/first.yaml", atomically: true, encoding: .utf8)
        try await Bootstrap(path: folder + "/first.yaml").apply(to: plane.registry, secrets: plane.cloudKeys)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// One call, by a user's token; the path's query is percent-decoded already.
    @discardableResult
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", as user: String? = "ada",
        headers: HTTPFields = [:], source: String = "127.0.0.1"
    ) async -> Answer {
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        var query: [(key: String, value: String)] = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            query.append((sides[0], sides.count > 1 ? sides[1] : ""))
        }
        var headers = headers
        if let user, let name = HTTPField.Name("X-Auth-Token") { headers[name] = "\(user)-token-0123456789" }
        return await plane.door.answer(
            Call(
                method: method, path: parts[0].split(separator: "/").map(String.init), query: query, headers: headers,
                body: Array(body.utf8), source: source, isLocal: source == "127.0.0.1"))
    }

    /// Makes an object and returns it.
    func make(_ collection: String, _ singular: String, _ body: String, as user: String = "ada") async throws -> JSON {
        let answer = await call(.post, "/networking/v2.0/\(collection)", "{\"\(singular)\": \(body)}", as: user)
        #expect(answer.status == .created, "\(String(decoding: answer.body, as: UTF8.self))")
        return try #require(answer.json?[singular])
    }

    func group(_ name: String, as user: String = "ada") async throws -> String {
        try #require(
            try await make("security-groups", "security_group", "{\"name\": \"\(name)\"}", as: user)["id"]?.text)
    }

    /// Binds a port to a host, as the hosts' service does.
    func bind(_ port: JSON, to host: String) async {
        let answer = await call(
            .put, "/networking/v2.0/ports/\(port["id"]?.text ?? "")", #"{"port": {"binding:host_id": "\#(host)"}}"#,
            as: "nova")
        #expect(answer.status == .ok)
    }

    /// A network with one subnet of 10.0.0.0/24; its id.
    func network(as user: String = "ada") async throws -> String {
        let id = try #require(try await make("networks", "network", #"{"name": "net"}"#, as: user)["id"]?.text)
        _ = try await make(
            "subnets", "subnet", #"{"network_id": "\#(id)", "cidr": "10.0.0.0/24", "ip_version": 4}"#, as: user)
        return id
    }
}

extension Answer {
    var errorType: String? { json?["NeutronError"]?["type"]?.text }
    var message: String? { json?["NeutronError"]?["message"]?.text ?? json?["error"]?["message"]?.text }
}
