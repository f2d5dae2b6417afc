import AsyncHTTPClient
import Foundation
import GRDB
import Host
import NIOCore
import NIOHTTP1
import Registry
import Server

/// Measures the control plane over HTTP, with many interfaces registered: `make server-bench`.
@main struct ServerBench {
    static let interfaces = 10_000
    static let clients = 32
    static let seconds = 10.0

    static func main() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-server-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "a-token-0123456789".write(toFile: folder + "/token", atomically: true, encoding: .utf8)
        try """
        projects: [{name: demo}]
        users: [{name: ada, roles: [{project: demo, role: admin}]}]
        tokens: [{name: t, token_file: token, user: ada, project: demo}]
        """.write(toFile: folder + "/first.yaml", atomically: true, encoding: .utf8)
        let groups = try await fill(folder)
        let own = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let server = try ChildProcess(
            (own + ["gatehouse"]).joined(separator: "/"),
            [
                "serve", "--data", folder + "/data", "--listen", "127.0.0.1:18499", "--insecure-http", "--bootstrap",
                folder + "/first.yaml",
            ])
        defer { server.kill() }
        let client = HTTPClient(
            configuration: .init(
                connectionPool: .init(idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: clients)))
        for _ in 0..<400 where (try? await send(client, .GET, "/ready", "")) == nil {
            try await Task.sleep(for: .milliseconds(25))
        }
        try await measureRules(client, groups)
        try await measureLists(client)
        let status = try String(contentsOfFile: "/proc/\(server.pid)/status", encoding: .utf8)
        let memory = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }.map(String.init) ?? ""
        print("server's memory: \(memory.filter(\.isNumber)) kB")
        try await client.shutdown()
    }

    /// 1,000 groups, 10,000 interfaces, ten to a group.
    private static func fill(_ folder: String) async throws -> [String] {
        let registry = try Registry(path: folder + "/data/registry.sqlite")
        try await Bootstrap(path: folder + "/first.yaml").apply(to: registry)
        let actor = Actor.system("fill", requestID: "req-fill")
        return try await registry.change(by: actor) { change in
            let project = try Identity.project(named: "demo", in: change.database)?.id ?? ""
            try change.setQuotas(
                project, Dictionary(uniqueKeysWithValues: Quota.allCases.map { ($0, -1) }), notBelowUse: false)
            let vpc = try change.createVPC(
                StoredVPC(id: Change.newID(), projectID: project, name: "net", description: ""))
            let groups = try (0..<999).map {
                try change.createGroup(projectID: project, name: "g\($0)", description: "").id
            }
            for number in 0..<interfaces {
                _ = try change.createInterface(
                    StoredInterface(
                        id: Change.newID(), projectID: project, vpcID: vpc.id, name: "p\(number)", description: "",
                        mac: String(format: "02:00:00:%02x:%02x:%02x", number >> 16, number >> 8 & 255, number & 255),
                        isAdminUp: true, deviceID: "", deviceOwner: "", host: "host-\(number % 100)",
                        device: "d\(number)",
                        vnicType: "normal", profile: "{}", isPortSecurityEnabled: true, addresses: [],
                        groups: [groups[number % groups.count]]))
            }
            return groups
        }
    }

    private static func measureRules(_ client: HTTPClient, _ groups: [String]) async throws {
        let start = ContinuousClock.now
        let times = try await withThrowingTaskGroup(of: [Duration].self) { tasks in
            for number in 0..<clients {
                tasks.addTask {
                    var times: [Duration] = []
                    var count = 0
                    while ContinuousClock.now - start < .seconds(seconds) {
                        let group = groups[(number + count * clients) % groups.count]
                        let port = 1 + count
                        let began = ContinuousClock.now
                        _ = try await send(
                            client, .POST, "/networking/v2.0/security-group-rules",
                            #"{"security_group_rule": {"security_group_id": "\#(group)", "direction": "ingress", "protocol": "tcp", "port_range_min": \#(port), "port_range_max": \#(port)}}"#
                        )
                        times.append(ContinuousClock.now - began)
                        count += 1
                    }
                    return times
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }.sorted()
        let rate = Double(times.count) / seconds
        print("rules created: \(Int(rate)) a second by \(clients) clients, each told to ten interfaces' trails")
        print(
            "  half within \(milliseconds(times[times.count / 2])) ms, 99 % within \(milliseconds(times[times.count * 99 / 100])) ms"
        )
    }

    private static func measureLists(_ client: HTTPClient) async throws {
        let query = "?fields=id&fields=name&fields=description&fields=project_id&fields=tags&fields=shared"
        for (name, path) in [
            ("1,000 groups, as the openstack client asks", query), ("1,000 groups with their rules", ""),
        ] {
            var times: [Duration] = []
            for _ in 0..<20 {
                let began = ContinuousClock.now
                _ = try await send(client, .GET, "/networking/v2.0/security-groups" + path, "")
                times.append(ContinuousClock.now - began)
            }
            print("list of \(name): \(milliseconds(times.sorted()[10])) ms")
        }
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let parts = duration.components
        return String(format: "%.1f", Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15)
    }

    private static func send(_ client: HTTPClient, _ method: HTTPMethod, _ path: String, _ body: String) async throws
        -> [UInt8]
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:18499" + path)
        request.method = method
        request.headers.add(name: "X-Auth-Token", value: "a-token-0123456789")
        if !body.isEmpty { request.body = .bytes(Array(body.utf8)) }
        let response = try await client.execute(request, timeout: .seconds(20))
        let buffer = try await response.body.collect(upTo: 64 << 20)
        guard (200..<300).contains(response.status.code) else { throw Refused(words: String(buffer: buffer)) }
        return Array(buffer.readableBytesView)
    }

    private struct Refused: Error { let words: String }
}
