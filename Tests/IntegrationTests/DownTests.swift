import Foundation
import Host
import Link
import Rehearsal
import TestSupport
import Testing

/// A host after `gatehouse down` is as it was before the agent.
@Suite(.serialized) struct DownTests {
    /// What an agent changes of a host, as text to compare.
    private func state(_ host: TestHost) throws -> [String] {
        let commands = [
            ["nft", "list", "ruleset"], ["ip", "-4", "route", "show", "table", "all"],
            ["ip", "-6", "route", "show", "table", "all"], ["ip", "-o", "addr"],
            ["ip", "-6", "neigh", "show", "proxy"],
            ["ip", "neigh", "show", "nud", "permanent"],
            ["sysctl", "-a", "--pattern", "^net[.](ipv4|ipv6)[.](conf|neigh|ip_forward)"],
            [
                "sysctl", "-a", "--pattern",
                "^net[.]netfilter[.]nf_conntrack_(acct|timestamp|events|checksum|tcp_be_liberal)",
            ],
        ]
        var lines: [String] = []
        for words in commands {
            let output = try ChildProcess.run(words[0], Array(words.dropFirst()), namespace: host.name).output
            for line in output.split(separator: "\n") {
                // Multicast and link-local addresses come with the devices a moment later, and lifetimes run.
                let isOther = ["mcast", "stat_refresh", "multicast", "fe80::"].contains { line.contains($0) }
                let text = line.split(separator: "expires").first.map(String.init) ?? ""
                if !isOther { lines.append(text) }
            }
        }
        return lines
    }

    @Test(.kernel) func `what agents did is taken back, and told`() throws {
        let host = try TestHost("dn")
        defer { host.remove() }
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-\(host.name)"
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try DurableFile.makeFolder(folder)
        try DurableFile.replace(folder + "/shop.yaml", with: Array(FirstSessionTests.policy.utf8))
        _ = try host.addGuest("web", device: "gh-web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        _ = try host.addGuest("app", device: "gh-app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        // A route and an address of the host's own.
        try TestHost.run("ip", "-n", host.name, "route", "add", "192.0.2.0/24", "dev", "lo")
        func down() throws -> ChildProcess.Output {
            try ChildProcess.run(
                AgentUnderTest.program("gatehouse"), ["down", "--data", folder + "/data"], namespace: host.name)
        }
        let before = try state(host)
        // The second agent finds the switches set, and keeps what the first one found.
        for _ in 1...2 {
            var options = ChildProcess.Options()
            options.namespace = host.name
            let up = try ChildProcess(
                AgentUnderTest.program("gatehouse"),
                ["up", "--data", folder + "/data", "-f", folder + "/shop.yaml"], options: options)
            let agent = AgentClient(DataFolder(folder + "/data"))
            try eventually("both interfaces") {
                guard case .status(let status) = try? agent.ask(.status) else { return false }
                return status.interfaces.count == 2
            }
            let early = try down()
            #expect(early.exit == .code(1))
            #expect(early.errors.contains("runs an agent in it; stop that one first"), "\(early.errors)")
            #expect(try TestHost.run("nft", "list", "tables", in: host.name).contains("inet gatehouse"))
            up.terminate()
            #expect(try up.wait() == .code(0))
        }
        let told = try down()
        #expect(told.exit == .code(0), "\(told.errors)")
        #expect(told.output.contains("table inet gatehouse removed"))
        #expect(told.output.contains("routes of IPv4 removed"))
        let after = try state(host)
        #expect(Set(after).subtracting(before) == [], "\(told.output)")
        #expect(Set(before).subtracting(after) == [], "\(told.output)")
        #expect(try down().output.contains("nothing of Gatehouse is in the kernel"))
    }
}
