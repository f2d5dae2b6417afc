import AsyncHTTPClient
import Foundation
import GRDB
import Host
import NIOCore
import NIOHTTP1
import Registry
import Server
import Service
import Synchronization
import TestSupport
import Testing

@Suite(.ownThread, .serialized) struct KillTests {
    /// A server process on loopback, started anew on the same port and data each time that it was killed.
    private final class Process {
        private let folder: String
        private let port: Int
        private var child: ChildProcess?
        var base: String { "http://127.0.0.1:\(port)" }

        init(_ folder: String) {
            self.folder = folder
            port = 20_000 + Int.random(in: 0..<20_000)
        }

        func start() throws {
            let bundle =
                Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath ?? CommandLine.arguments[0]
            let program = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/")
            child = try ChildProcess(
                program + "/gatehouse",
                [
                    "serve", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)", "--insecure-http",
                    "--bootstrap",
                    folder + "/first.yaml",
                ])
        }

        func kill() throws {
            child?.kill()
            _ = try child?.wait()
        }
    }

    /// Tells the clients that it is over.
    private final class End: Sendable { let isOver = Mutex(false) }

    @Test func `what was answered is there after kill -9, whole, and in the trail`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-kill-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "a-token-0123456789".write(toFile: folder + "/token", atomically: true, encoding: .utf8)
        try """
        projects: [{name: demo}]
        users: [{name: ada, roles: [{project: demo, role: admin}]}]
        tokens: [{name: t, token_file: token, user: ada, project: demo}]
        """.write(toFile: folder + "/first.yaml", atomically: true, encoding: .utf8)
        let process = Process(folder)
        try process.start()
        let client = HTTPClient()
        let base = process.base
        let end = End()
        try await Self.ready(client, base)
        let project = try await Self.send(client, .GET, base + "/networking/v2.0/quotas/tenant", "")
        let id = try #require(JSON(parsing: project)?["tenant"]?["tenant_id"]?.text)
        _ = try await Self.send(
            client, .PUT, base + "/networking/v2.0/quotas/\(id)",
            #"{"quota": {"security_group": -1, "security_group_rule": -1}}"#)
        let answered = try await withThrowingTaskGroup(of: [String].self) { tasks in
            for number in 0..<64 {
                tasks.addTask { await Self.work(client, base, number) { end.isOver.withLock { $0 } } }
            }
            for _ in 0..<5 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 300...1200)))
                try process.kill()
                try process.start()
                try await Self.ready(client, base)
            }
            try await Task.sleep(for: .seconds(1))
            end.isOver.withLock { $0 = true }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
        try process.kill()
        try await client.shutdown()
        #expect(answered.count > 20)
        let registry = try Registry(path: folder + "/data/registry.sqlite")
        try await registry.read { database in
            let rules = Set(try String.fetchAll(database, sql: "SELECT id FROM security_group_rule"))
            #expect(answered.filter { !rules.contains($0) } == [])
            let newest = try Int64.fetchOne(database, sql: "SELECT max(number) FROM revision") ?? 0
            // Whole: the present is what the history says, and every rule has its entry against its group.
            #expect(try PastState(at: newest, in: database) == PastState(present: database))
            let added = try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM audit WHERE action = 'security_group.rule.add' AND outcome = 'success'")
            let own = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM security_group_rule WHERE protocolText IS NOT NULL")
            #expect(added == own)
            #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            #expect(try AuditTrail.verify(database).faults.isEmpty)
        }
    }

    /// Makes a group and rules in it until it is over; the ids of the rules that the server answered for.
    private static func work(
        _ client: HTTPClient, _ base: String, _ number: Int, _ isOver: @Sendable () -> Bool
    ) async -> [String] {
        var ids: [String] = []
        var group: String?
        var port = 0
        while !isOver() {
            do {
                guard let group else {
                    let body = try await send(
                        client, .POST, base + "/networking/v2.0/security-groups",
                        #"{"security_group": {"name": "g\#(number)"}}"#)
                    group = JSON(parsing: body)?["security_group"]?["id"]?.text
                    continue
                }
                port += 1
                let body = try await send(
                    client, .POST, base + "/networking/v2.0/security-group-rules",
                    #"{"security_group_rule": {"security_group_id": "\#(group)", "direction": "ingress", "protocol": "tcp", "port_range_min": \#(port), "port_range_max": \#(port)}}"#
                )
                if let id = JSON(parsing: body)?["security_group_rule"]?["id"]?.text { ids.append(id) }
            } catch {
                // The server is down: the request may have been done or not, and counts for nothing.
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        return ids
    }

    private static func ready(_ client: HTTPClient, _ base: String) async throws {
        for _ in 0..<4000 {
            if (try? await send(client, .GET, base + "/ready", "")) != nil { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw CancellationError()
    }

    private static func send(_ client: HTTPClient, _ method: HTTPMethod, _ url: String, _ body: String) async throws
        -> [UInt8]
    {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "X-Auth-Token", value: "a-token-0123456789")
        if !body.isEmpty { request.body = .bytes(Array(body.utf8)) }
        let response = try await client.execute(request, timeout: .seconds(5))
        let buffer = try await response.body.collect(upTo: 1 << 20)
        guard response.status.code != 500 else { throw ServerFault(words: String(buffer: buffer)) }
        guard (200..<300).contains(response.status.code) else { throw CancellationError() }
        return Array(buffer.readableBytesView)
    }

    private struct ServerFault: Error { let words: String }
}
