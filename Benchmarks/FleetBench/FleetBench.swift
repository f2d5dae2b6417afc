import AsyncHTTPClient
import Foundation
import GRDB
import Host
import NIOCore
import NIOHTTP1
import NIOPosix
import Registry
import Server

/// Measures the control plane with a thousand hosts connected over mutual TLS, as agents are: `make server-bench`.
///
/// Each simulated host holds its stream open and answers pings and revisions as an agent does; none has a kernel.
@main struct FleetBench {
    static let hosts = 1_000
    static let interfacesPerHost = 100
    static let groups = 10_000
    static let port = 18_498

    static func main() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-fleet-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "a-token-0123456789".write(toFile: folder + "/token", atomically: true, encoding: .utf8)
        try """
        projects: [{name: demo}]
        users: [{name: ada, roles: [{project: demo, role: admin}]}]
        tokens: [{name: t, token_file: token, user: ada, project: demo}]
        """.write(toFile: folder + "/first.yaml", atomically: true, encoding: .utf8)
        let fleet = try await Fleet.make(in: folder)
        say("\(hosts) hosts, \(hosts * interfacesPerHost) interfaces, \(groups) groups")
        let own = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let server = try ChildProcess(
            (own + ["gatehouse"]).joined(separator: "/"),
            [
                "serve", "--data", folder + "/data", "--listen", "127.0.0.1:\(port)", "--bootstrap",
                folder + "/first.yaml",
            ])
        defer { server.kill() }
        let simulated = try SimulatedHosts(fleet, url: "https://127.0.0.1:\(port)")
        try await simulated.waitForServer()
        let began = ContinuousClock.now
        await simulated.connect()
        try await simulated.wait(for: 1)
        say("connected, each with its policy: \(milliseconds(ContinuousClock.now - began)) ms")
        try await Task.sleep(for: .seconds(5))
        say("server's memory, connected and at rest: \(try memory(of: server.pid)) MB")
        for (name, group, concerned) in [("one that all carry", fleet.common, hosts), ("one of ten", fleet.own, 0)] {
            var times: [Duration] = []
            for round in 0..<5 {
                let time = try await simulated.change(group, port: 20_000 + round, concerning: concerned)
                times.append(time)
            }
            let sorted = times.sorted()
            say(
                "a rule in a group, \(name): at every host that it concerns in \(milliseconds(sorted[2])) ms, "
                    + "most \(milliseconds(sorted[4]))")
        }
        say("server's memory after that: \(try memory(of: server.pid)) MB")
        simulated.stop()
    }

    /// Tells at once, also into a pipe.
    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    static func milliseconds(_ duration: Duration) -> String {
        let parts = duration.components
        return String(format: "%.0f", Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15)
    }

    private static func memory(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) / 1024
    }
}
