import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// A host that changes under the agent: devices, other tables, a restart.
@Suite(.serialized) struct HostUpkeepTests {
    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        return agent
    }

    private func wait(_ what: String, _ agent: AgentUnderTest, _ isTrue: () throws -> Bool) throws {
        try eventually("\(what): \((try? agent.status()).map { "\($0)" } ?? "no status")", isTrue: isTrue)
    }

    @Test(.kernel) func `a device that is made anew or renamed is judged again without anybody's help`() throws {
        let agent = try agent("hb")
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        #expect(try agent.guest("web").tcp(target, 8080) == .answered(1000))
        // Gone with its guest, and there again under its name, with another number.
        try TestHost.run("ip", "-n", agent.host.name, "link", "del", "gh-web")
        try wait("the device to be missed", agent) { try agent.status().missingDevices == ["gh-web"] }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try wait("the device to be found", agent) { try agent.status().missingDevices.isEmpty }
        let web = try agent.guest("web")
        #expect(try web.tcp(target, 8080) == .answered(1000))
        #expect(try web.tcp(target, 22, patience: 300) == .silence)
        // Renamed, with its old name kept as an altname.
        try TestHost.run("ip", "-n", agent.host.name, "link", "set", "gh-web", "down")
        try TestHost.run("ip", "-n", agent.host.name, "link", "set", "gh-web", "name", "renamed0")
        try TestHost.run("ip", "-n", agent.host.name, "link", "property", "add", "dev", "renamed0", "altname", "gh-web")
        try TestHost.run("ip", "-n", agent.host.name, "link", "set", "renamed0", "up")
        try wait("traffic under the new name", agent) { try web.tcp(target, 8080, patience: 500) == .answered(1000) }
        #expect(try web.tcp(target, 22, patience: 300) == .silence)
        #expect(
            try TestHost.run("nft", "list", "set", "inet", "gatehouse", "ports", in: agent.host.name).contains(
                "renamed0"))
    }

    @Test(.kernel) func `other tables stay as they are, whatever happens to ours`() throws {
        let agent = try AgentUnderTest("hf")
        defer { agent.remove() }
        try TestHost.run(
            "nft",
            "add table ip other; add set ip other s { type ipv4_addr; elements = { 192.0.2.1 } }; "
                + "add chain ip other c { type filter hook forward priority 0; policy accept; }; "
                + "add rule ip other c ip saddr @s counter drop; add table inet gatehouse2", in: agent.host.name)
        func others() throws -> String {
            try TestHost.run("nft", "list", "table", "ip", "other", in: agent.host.name)
                + TestHost.run("nft", "list", "table", "inet", "gatehouse2", in: agent.host.name)
        }
        let before = try others()
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        for _ in 0..<3 {
            try agent.apply(FirstSessionTests.policy)
            try agent.apply(FirstSessionTests.policy.replacing("udp/53", with: "udp/54"))
        }
        try TestHost.run("nft", "flush", "chain", "inet", "gatehouse", "judge_egress", in: agent.host.name)
        try wait("the repair", agent) { try agent.status().repairs > 0 }
        #expect(try others() == before)
        try agent.ask(.stop)
        #expect(try others() == before)
    }

    @Test(.kernel) func `after a reboot the last good revision is in force before anybody asks`() throws {
        let agent = try agent("hr")
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        #expect(try agent.guest("web").tcp(target, 8080) == .answered(1000))
        try agent.supervisor.stop()
        // Rules stay when the agent stops; a reboot takes them.
        #expect(try agent.guest("web").tcp(target, 22, patience: 300) == .silence)
        try TestHost.run("nft", "delete", "table", "inet", "gatehouse", in: agent.host.name)
        agent.supervisor.forgetSockets()
        try agent.start()
        #expect(try agent.status().revision == 1)
        #expect(try agent.guest("web").tcp(target, 8080) == .answered(1000))
        #expect(try agent.guest("web").tcp(target, 22, patience: 300) == .silence)
    }
}
