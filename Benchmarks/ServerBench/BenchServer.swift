import AsyncHTTPClient
import Foundation
import GRDB
import Host
import NIOCore
import NIOHTTP1
import Registry
import Server
import Service

/// A server of a registry that a bench has filled, in a process of its own.
struct BenchServer: ~Copyable {
    static let token = "a-token-0123456789"

    private let process: ChildProcess
    let url: String

    /// Starts the server beside this program on a port of the loopback.
    init(_ folder: String, port: Int, options: [String] = []) throws {
        let own = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
        process = try ChildProcess(
            (own + ["gatehouse"]).joined(separator: "/"),
            [
                "serve", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)", "--bootstrap",
                folder + "/first.yaml",
            ] + options)
        url = "\(options.contains("--insecure-http") ? "http" : "https")://127.0.0.1:\(port)"
    }

    deinit { process.kill() }

    /// The memory it holds now, in MB.
    var memory: Int { get throws { try status("VmRSS") } }
    /// The most that it held at any time, in MB.
    var peakMemory: Int { get throws { try status("VmHWM") } }

    private func status(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) / 1024
    }

    /// The processor time that it has used; unlike times on the wall it says the same beside other programs.
    var processorTime: Duration {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)
            // utime and stime are the 14th and 15th fields, in ticks of 10 ms; the second ends with the last parenthesis.
            let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
            return .milliseconds(10 * fields[11...12].reduce(0) { $0 + (Int($1) ?? 0) })
        }
    }

    /// A folder with a bootstrap file of one project and a user's token, for as long as `body`.
    static func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-server-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try token.write(toFile: folder + "/token", atomically: true, encoding: .utf8)
        try """
        projects: [{name: demo}]
        users: [{name: ada, roles: [{project: demo, role: admin}]}]
        tokens: [{name: t, token_file: token, user: ada, project: demo}]
        """.write(toFile: folder + "/first.yaml", atomically: true, encoding: .utf8)
        try await body(folder)
    }

    /// The folder's registry, where the project has no quotas.
    static func registry(_ folder: String) async throws -> Registry {
        let registry = try Registry(path: folder + "/data/registry.sqlite")
        try await Bootstrap(path: folder + "/first.yaml").apply(
            to: registry, secrets: CloudKeySecrets(keyFile: folder + "/data/secrets.key"))
        _ = try await registry.change(by: .system("fill", requestID: "req-quotas")) { change in
            try change.setQuotas(
                try project(change), Dictionary(uniqueKeysWithValues: Quota.allCases.map { ($0, -1) }),
                notBelowUse: false)
        }
        return registry
    }

    static func project(_ change: Change) throws -> String {
        try Identity.project(named: "demo", in: change.database)?.id ?? ""
    }

    /// The interface of a number: its MAC and device are made of it.
    static func interface(
        _ number: Int, of project: String, in vpc: String, host: String, addresses: [StoredInterface.FixedAddress] = [],
        groups: [String]
    ) -> StoredInterface {
        StoredInterface(
            id: Change.newID(), projectID: project, vpcID: vpc, name: "p\(number)", description: "",
            mac: String(format: "02:00:00:%02x:%02x:%02x", number >> 16, number >> 8 & 255, number & 255),
            isAdminUp: true, deviceID: "", deviceOwner: "", host: host, device: "d\(number)", vnicType: "normal",
            profile: "{}", isPortSecurityEnabled: true, addresses: addresses, groups: groups)
    }

    /// Waits until the server takes requests.
    borrowing func waitUntilReady(_ client: HTTPClient) async throws {
        for _ in 0..<800 {
            if (try? await send(client, .GET, "/ready")) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @discardableResult
    borrowing func send(
        _ client: HTTPClient, _ method: HTTPMethod, _ path: String, _ body: String = ""
    ) async throws -> [UInt8] {
        try await Self.send(client, method, url + path, body)
    }

    static func send(
        _ client: HTTPClient, _ method: HTTPMethod, _ url: String, _ body: String
    ) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "X-Auth-Token", value: token)
        if !body.isEmpty { request.body = .bytes(Array(body.utf8)) }
        let response = try await client.execute(request, timeout: .seconds(120))
        let buffer = try await response.body.collect(upTo: 64 << 20)
        guard (200..<300).contains(response.status.code) else { throw Refused(words: String(buffer: buffer)) }
        return Array(buffer.readableBytesView)
    }

    private struct Refused: Error { let words: String }

    /// The body of a request for a rule that lets one port in.
    static func rule(_ group: String, port: Int) -> String {
        #"{"security_group_rule": {"security_group_id": "\#(group)", "direction": "ingress", "protocol": "tcp", "#
            + #""port_range_min": \#(port), "port_range_max": \#(port)}}"#
    }
}

/// Tells at once, also into a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

func milliseconds(_ duration: Duration) -> String {
    let parts = duration.components
    return String(format: "%.1f", Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15)
}
