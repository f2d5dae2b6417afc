import AsyncHTTPClient
import GRDB
import NIOCore
import NIOHTTP1
import Registry

/// Rules made and groups listed over HTTP, with many interfaces registered.
enum RequestBench {
    private static let interfaces = 10_000
    private static let clients = 32
    private static let seconds = 10.0

    static func run(_ folder: String) async throws {
        let groups = try await fill(folder)
        let server = try BenchServer(folder, port: 18_499, options: ["--insecure-http"])
        let client = HTTPClient(
            configuration: .init(
                connectionPool: .init(idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: clients)))
        try await server.waitUntilReady(client)
        try await measureRules(client, server, groups)
        try await measureLists(client, server.url)
        say("server's memory: \(try server.memory) MB")
        try await client.shutdown()
    }

    /// 1,000 groups, 10,000 interfaces, ten to a group.
    private static func fill(_ folder: String) async throws -> [String] {
        try await BenchServer.registry(folder).change(by: .system("fill", requestID: "req-fill")) { change in
            let project = try BenchServer.project(change)
            let vpc = try change.createVPC(
                StoredVPC(id: Change.newID(), projectID: project, name: "net", description: ""))
            let groups = try (0..<999).map {
                try change.createGroup(projectID: project, name: "g\($0)", description: "").id
            }
            for number in 0..<interfaces {
                _ = try change.createInterface(
                    BenchServer.interface(
                        number, of: project, in: vpc.id, host: "host-\(number % 100)",
                        groups: [groups[number % groups.count]]))
            }
            return groups
        }
    }

    private static func measureRules(
        _ client: HTTPClient, _ server: borrowing BenchServer, _ groups: [String]
    ) async throws {
        let url = server.url
        let used = try server.processorTime
        let start = ContinuousClock.now
        let times = try await withThrowingTaskGroup(of: [Duration].self) { tasks in
            for number in 0..<clients {
                tasks.addTask {
                    var times: [Duration] = []
                    while ContinuousClock.now - start < .seconds(seconds) {
                        let group = groups[(number + times.count * clients) % groups.count]
                        let began = ContinuousClock.now
                        _ = try await BenchServer.send(
                            client, .POST, url + "/networking/v2.0/security-group-rules",
                            BenchServer.rule(group, port: 1 + times.count))
                        times.append(ContinuousClock.now - began)
                    }
                    return times
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }.sorted()
        say("rules created: \(Int(Double(times.count) / seconds)) a second by \(clients) clients")
        say(
            "  half within \(milliseconds(times[times.count / 2])) ms, "
                + "99 % within \(milliseconds(times[times.count * 99 / 100])) ms; "
                + "\(milliseconds((try server.processorTime - used) * 1000 / times.count)) µs of the server's processor time each"
        )
    }

    private static func measureLists(_ client: HTTPClient, _ url: String) async throws {
        let query = "?fields=id&fields=name&fields=description&fields=project_id&fields=tags&fields=shared"
        for (name, path) in [
            ("1,000 groups, as the openstack client asks", query), ("1,000 groups with their rules", ""),
        ] {
            var times: [Duration] = []
            for _ in 0..<20 {
                let began = ContinuousClock.now
                _ = try await BenchServer.send(client, .GET, url + "/networking/v2.0/security-groups" + path, "")
                times.append(ContinuousClock.now - began)
            }
            say("list of \(name): \(milliseconds(times.sorted()[10])) ms")
        }
    }
}
