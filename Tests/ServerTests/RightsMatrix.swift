import Foundation
import HTTPTypes
import Registry
import Server
import Service
import Testing

/// A project `demo` with one of everything, and callers of every role in it and in another project.
struct RightsWorld {
    /// Who calls: nobody, a role in `demo` or in `rival`, or an enrolled host.
    enum Caller: Hashable {
        case nobody
        case role(Role, isOwn: Bool)
        case host

        static let all =
            [nobody] + Role.allCases.flatMap { [Caller.role($0, isOwn: true), .role($0, isOwn: false)] } + [host]

        var name: String {
            switch self {
            case .nobody: "nobody"
            case .role(let role, let isOwn): "\(role.rawValue)-\(isOwn ? "own" : "other")"
            case .host: "host"
            }
        }
    }

    /// Kept for its folder.
    private let server: ServerUnderTest
    /// By the parts of a route that come before the one in braces, without those in braces.
    private let values: [String: String]
    private let users: [String: String]
    /// Ids by which an answer tells of `demo`'s objects.
    private let secrets: Set<String>
    private var plane: ControlPlane
    private var copies = 0

    init() async throws {
        let server = try await ServerUnderTest()
        var yaml = "projects: [{name: demo}, {name: rival}]\nusers:\n"
        var tokens = "tokens:\n"
        for role in Role.allCases {
            for (caller, project) in [(Caller.role(role, isOwn: true), "demo"), (.role(role, isOwn: false), "rival")] {
                let name = caller.name
                yaml += "  - {name: \(name), roles: [{project: \(project), role: \(role.rawValue)}]}\n"
                _ = try server.file("\(name).token", "\(name)-token-0123456789")
                tokens += "  - {name: \(name), token_file: \(name).token, user: \(name), project: \(project)}\n"
            }
        }
        let file = try server.file("roles.yaml", yaml + tokens)
        try await Bootstrap(path: file).apply(to: server.plane.registry, secrets: server.plane.cloudKeys)
        let shop = try await server.shop()
        func neutron(_ collection: String, _ singular: String, _ body: String, as user: String = "mel") async throws
            -> String
        {
            try #require(try await server.make(collection, singular, body, as: user)["id"]?.text)
        }
        let log = try await neutron(
            "log/logs", "log", #"{"resource_type": "security_group", "name": "log-of-demo"}"#, as: "max")
        let group = try await server.group(in: shop.vpc, "group-of-demo")
        let rule = try await neutron(
            "security-group-rules", "security_group_rule", #"{"security_group_id": "\#(group)", "direction": "egress"}"#
        )
        await server.vpc(.put, "security_groups/\(group)/targets/\(shop.interface)")
        let subnet = #""subnet": {"id": "\#(shop.subnet)"}"#
        let virtual = try #require(try await server.made("virtual_network_interfaces", "{\(subnet)}")["id"]?.text)
        let acl = try await server.made(
            "network_acls",
            #"{"name": "acl-of-demo", "vpc": {"id": "\#(shop.vpc)"}, "rules": [{"name": "r", "action": "allow", "direction": "inbound", "source": "0.0.0.0/0", "destination": "0.0.0.0/0", "protocol": "icmp_tcp_udp"}]}"#
        )
        let collector = try await server.made(
            "flow_log_collectors",
            #"{"name": "flows-of-demo", "target": {"id": "\#(shop.vpc)"}, "storage_bucket": {"name": "flowlogs"}}"#)
        let bucket = #"{"bucket": {"name": "bucket-of-demo", "url": "file:buckets/demo"}}"#
        #expect(await server.call(.post, "/api/buckets", bucket).status == .created)
        try await server.plane.registry.change(by: .system("host.enrol", requestID: "req-0")) { change in
            _ = try change.enrol("host-of-demo", certificateSerial: "1")
        }
        let (demo, users) = try await server.plane.registry.read { database in
            var users: [String: String] = [:]
            for caller in Caller.all { users[caller.name] = try Identity.user(named: caller.name, in: database)?.id }
            users["mel"] = try Identity.user(named: "mel", in: database)?.id
            return (try Identity.project(named: "demo", in: database)?.id ?? "", users)
        }
        for collection in [
            "networks/\(shop.vpc)", "subnets/\(shop.subnet)", "ports/\(shop.interface)", "security-groups/\(group)",
            "security-group-rules/\(rule)",
        ] {
            await server.call(.put, "/networking/v2.0/\(collection)/tags/tag-of-demo", as: "mel")
        }
        let (aclID, aclRule) = (acl["id"]?.text ?? "", acl["rules"]?.items?.first?["id"]?.text ?? "")
        let collectorID = try #require(collector["id"]?.text)
        values = [
            "networks": shop.vpc, "subnets": shop.subnet, "ports": shop.interface, "security-groups": group,
            "security-group-rules": rule, "log/logs": log, "logs": log, "quotas": demo, "projects": demo,
            "extensions": "quotas", "tags": "tag-of-demo", "vpcs": shop.vpc, "instances": shop.instance,
            "network_interfaces": shop.interface, "virtual_network_interfaces": virtual, "security_groups": group,
            "security_groups rules": rule, "targets": shop.interface, "network_acls": aclID,
            "network_acls rules": aclRule,
            "flow_log_collectors": collectorID, "regions": "local", "zones": "local-1", "buckets": "bucket-of-demo",
            "hosts": "host-of-demo", "revisions": "1", "roles": Role.reader.id, "domains": "default",
            "application_credentials": "none", "files": "status.json",
        ]
        secrets = [
            shop.vpc, shop.subnet, shop.interface, shop.instance, shop.group, shop.acl, log, group, rule, virtual,
            aclID,
            aclRule, collectorID, "bucket-of-demo", "host-of-demo", "tag-of-demo",
        ]
        self.users = users
        self.server = server
        plane = server.plane
        plane = try copy()
    }

    /// The world as it was made, in a folder of its own.
    private mutating func copy() throws -> ControlPlane {
        copies += 1
        let folder = ServerFolder("\(server.folder)/copy-\(copies)")
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try server.plane.registry.backup(to: folder.registry)
        var settings = ServerSettings()
        settings.isInsecure = true
        return try ControlPlane(folder: folder, settings: settings, access: server.access)
    }

    /// All routes, in the order of their lists.
    var routes: [APIRoute] { plane.door.routes }

    /// A route's path with the objects of `demo`; where it names a user, that is the caller, or `mel` for who is of elsewhere.
    private func path(of route: APIRoute, _ caller: Caller) throws -> [String] {
        var before: [String] = []
        return try route.path.map { part in
            guard part.hasPrefix("{") else {
                before.append(part)
                return part
            }
            if before.last == "users" {
                if case .role(_, isOwn: true) = caller { return users[caller.name] ?? "" }
                return users["mel"] ?? ""
            }
            let pair = before.suffix(2).joined(separator: " ")
            let value = values[pair] ?? values[before.last ?? ""]
            return try #require(value, "no object for \(part) of \(route.method) /\(route.path.joined(separator: "/"))")
        }
    }

    /// What a caller is answered: the status, and `+` where the answer tells of `demo`'s objects.
    mutating func answer(_ route: APIRoute, _ caller: Caller) async throws -> String {
        let path = try path(of: route, caller)
        let hasBody = [HTTPRequest.Method.post, .put, .patch].contains(route.method)
        var call = Call(
            method: route.method, path: path, body: hasBody ? Array("{}".utf8) : [], source: "192.0.2.7",
            isLocal: false)
        if path.first == "v1" { call.query = [("version", "2026-10-06"), ("generation", "2")] }
        if path.starts(with: ["api", "agent", "files"]) { call.query = [("offset", "0")] }
        switch caller {
        case .nobody: break
        case .role:
            for (name, value) in [("X-Auth-Token", ""), ("X-Subject-Token", "")] {
                call.headers[try #require(HTTPField.Name(name))] = value + "\(caller.name)-token-0123456789"
            }
        case .host: call.peer = PeerCertificate(name: "host-of-demo", serial: "1")
        }
        let answer = await plane.door.answer(call)
        let text = String(decoding: answer.body, as: UTF8.self)
        if route.method != .get, answer.status.kind == .successful { plane = try copy() }
        // An answer repeats what it was asked for.
        let told = answer.status.kind == .successful && secrets.contains { text.contains($0) }
        return "\(answer.status.code)\(told ? "+" : "")"
    }
}
