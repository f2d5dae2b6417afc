import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

@Suite(.serialized) struct UpTests {
    @Test(.kernel) func `one command gives a machine its control plane, and the second run finds everything`() throws {
        let host = try TestHost("up")
        defer { host.remove() }
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-\(host.name)"
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try DurableFile.makeFolder(folder)
        try DurableFile.replace(folder + "/shop.yaml", with: Array(FirstSessionTests.policy.utf8))
        var guests: [String: Guest] = [:]
        for (name, address) in [("web", "10.1.0.10/24"), ("app", "10.1.0.11/24")] {
            let space = try host.addGuest(name, device: "gh-\(name)", addresses: [address])
            try TestHost.run(
                "ip", "-n", space, "route", "replace", "default", "via", "10.1.0.1", "dev", "eth0", "onlink")
            guests[name] = Guest(namespace: space)
        }
        let (web, app) = (try #require(guests["web"]), try #require(guests["app"]))
        let servers = try GuestServer(app, [try address("10.1.0.11")], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        for run in 1...2 {
            var options = ChildProcess.Options()
            options.namespace = host.name
            let up = try ChildProcess(
                AgentUnderTest.program("gatehouse"),
                ["up", "--data", folder + "/data", "--listen", "127.0.0.1:8440", "-f", folder + "/shop.yaml"],
                options: options)
            let agent = AgentClient(DataFolder(folder + "/data"))
            try eventually("both interfaces in run \(run)") {
                guard case .status(let status) = try? agent.ask(.status) else { return false }
                return status.interfaces.count == 2
            }
            #expect(try web.tcp(try address("10.1.0.11"), 8080) == .answered(1000))
            #expect(try web.tcp(try address("10.1.0.11"), 22, patience: 300) == .silence)
            // The file's project is the registry's.
            let project = try ask("identity/v3/projects?name=shop", "projects", host, folder)["id"] as? String
            let network = try ask("networking/v2.0/networks", "networks", host, folder)["project_id"] as? String
            #expect(project != nil)
            #expect(network == project)
            up.terminate()
            #expect(try up.wait() == .code(0))
        }
        let audit = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"), ["audit", "--data", folder + "/data/server", "--output", "jsonl"])
        let actions = audit.output.split(separator: "\n").filter { $0.contains("\"security_group.rule.add\"") }
        // Two rules for each that names no family, one for ICMPv6; said once although the file was applied twice.
        #expect(Set(actions.map { $0.split(separator: "\"sequence\":").last?.prefix(6) }).count == actions.count)
        #expect(actions.contains { $0.contains("port_range") || $0.contains("8080") })
        let revisions = try DurableFile.list(folder + "/data/revisions").count
        #expect(revisions >= 1)
    }

    /// The first of what a control plane lists.
    private func ask(_ path: String, _ list: String, _ host: TestHost, _ folder: String) throws -> [String: Any] {
        let token = try String(contentsOfFile: folder + "/data/server/admin.token", encoding: .utf8)
        let output = try ChildProcess.run(
            "curl", ["-sk", "-m", "60", "-H", "X-Auth-Token: \(token)", "https://127.0.0.1:8440/\(path)"],
            namespace: host.name)
        let answer = try JSONSerialization.jsonObject(with: Data(output.output.utf8)) as? [String: Any]
        return (answer?[list] as? [[String: Any]])?.first ?? [:]
    }
}
