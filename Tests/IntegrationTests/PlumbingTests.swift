import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// What guests' packets need beside the rules, taken away by somebody else.
@Suite(.serialized) struct PlumbingTests {
    private func agent(_ label: String, arguments: [String] = []) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label, arguments: arguments)
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        return agent
    }

    private static let changes: [(words: [String], told: String)] = [
        (["ip", "link", "set", "gh-web", "down"], "device gh-web was down"),
        (["ip", "route", "del", "10.1.0.10", "dev", "gh-web"], "the route to 10.1.0.10/32 was gone"),
        (
            ["ip", "route", "replace", "10.1.0.10", "dev", "gh-app"],
            "the route to 10.1.0.10 did not lead over gh-web"
        ),
        (
            ["ip", "-6", "route", "add", "fd00:1::10/128", "dev", "gh-app", "metric", "5"],
            "the route to fd00:1::10 did not lead over gh-web"
        ),
        (["ip", "addr", "del", "10.1.0.1/32", "dev", "lo"], "the gateway address 10.1.0.1 was gone"),
        (["sysctl", "-qw", "net.ipv4.conf.gh-web.proxy_arp=0"], "proxy_arp of gh-web was off"),
        (["sysctl", "-qw", "net.ipv4.ip_forward=0"], "forwarding of IPv4 was off"),
        (["sysctl", "-qw", "net.netfilter.nf_conntrack_acct=0"], "netfilter/nf_conntrack_acct was not 1"),
    ]

    @Test(.kernel) func `what is taken away is there again within a second or so, and told`() throws {
        let agent = try agent("p1")
        defer { agent.remove() }
        try agent.apply(FirstSessionTests.policy)
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080], udp: [])
        defer { servers.stop() }
        let web = try agent.guest("web")
        #expect(try web.tcp(target, 8080) == .answered(1000))
        for change in Self.changes {
            let before = try agent.status().repairs
            let run = try ChildProcess.run(
                change.words[0], Array(change.words.dropFirst()), namespace: agent.host.name)
            #expect(run.exit == .code(0), "\(change.words): \(run.errors)")
            let start = SystemClock.monotonic
            try eventually("the repair of \(change.words)", every: 20) { try agent.status().repairs > before }
            #expect(SystemClock.monotonic - start < 30_000_000_000, "\(change.words)")
            let status = try agent.status()
            #expect(status.lastDrift?.contains(change.told) == true, "\(status)")
            for (version, own) in [("-4", "10.1.0.10"), ("-6", "fd00:1::10")] {
                let routes = try TestHost.run("ip", version, "route", "show", "exact", own, in: agent.host.name)
                #expect(routes.contains("dev gh-web proto 117") && !routes.contains("gh-app"), "\(routes)")
            }
            // A device that came up again may need a moment.
            try eventually("traffic after \(change.words)") {
                try web.tcp(target, 8080, patience: 500) == .answered(1000)
            }
        }
        // Known sessions went the wrong way meanwhile.
        let spans = try agent.status().unguarded ?? []
        #expect(spans.filter { $0.cause.contains("elsewhere") && $0.devices == ["gh-app", "gh-web"] }.count == 2)
        let repairs = try agent.status().repairs
        _ = try Polling.wait([], timeoutNanoseconds: 2_000_000_000)
        #expect(try agent.status().repairs == repairs, "its own repairs are no damage")
    }

    @Test(.kernel) func `routes and gateways of what is gone are taken back`() throws {
        let agent = try agent("p2")
        defer { agent.remove() }
        try agent.apply(FirstSessionTests.policy)
        func routes() throws -> String {
            try TestHost.run("ip", "route", "show", "proto", "117", in: agent.host.name)
        }
        #expect(try routes().contains("10.1.0.10 dev gh-web"))
        // Another agent's leavings, with Gatehouse's number.
        try TestHost.run("ip", "route", "add", "10.1.0.99", "dev", "gh-web", "proto", "117", in: agent.host.name)
        var moved = FirstSessionTests.policy
        for part in ["0/24", "10,", "11,"] {
            moved = moved.replacing("10.1.0.\(part)", with: "10.1.7.\(part)")
        }
        try agent.apply(moved)
        #expect(try !routes().contains("10.1.0."))
        #expect(try routes().contains("10.1.7.10 dev gh-web"))
        let addresses = try TestHost.run("ip", "-o", "addr", "show", "dev", "lo", in: agent.host.name)
        #expect(!addresses.contains("10.1.0.1/32"))
        #expect(addresses.contains("10.1.7.1/32"))
    }

    @Test(.kernel) func `without a policy nothing of the host is switched`() throws {
        let agent = try AgentUnderTest("p3")
        defer { agent.remove() }
        func forwards() throws -> [String] {
            try ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"].map {
                String(try TestHost.run("sysctl", "-n", $0, in: agent.host.name).prefix(1))
            }
        }
        try TestHost.run("sysctl", "-qw", "net.ipv4.ip_forward=0", in: agent.host.name)
        try TestHost.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=0", in: agent.host.name)
        try agent.start()
        #expect(try forwards() == ["0", "0"])
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.apply(FirstSessionTests.policy)
        #expect(try forwards()[0] == "1")
    }

    @Test(.kernel, arguments: [true, false])
    func `a host that has its route from advertisements keeps it`(connects: Bool) throws {
        let agent = try AgentUnderTest("p4", arguments: connects ? [] : ["--no-connect"])
        defer { agent.remove() }
        let name = agent.host.name
        try TestHost.run("ip", "-n", name, "link", "add", "up0", "type", "veth", "peer", "name", "up1")
        try TestHost.run("sysctl", "-qw", "net.ipv6.conf.up0.accept_ra=1", in: name)
        try TestHost.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=0", in: name)
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        func value(_ key: String) throws -> String { String(try TestHost.run("sysctl", "-n", key, in: name).prefix(1)) }
        #expect(try value("net.ipv6.conf.all.forwarding") == (connects ? "1" : "0"))
        #expect(try value("net.ipv6.conf.up0.accept_ra") == (connects ? "2" : "1"))
        let notes = try agent.status().notes ?? []
        #expect(notes.contains { $0.hasPrefix("accept_ra of ") && $0.contains("up0") } == connects, "\(notes)")
    }
}
