import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Sessions whose rule goes while another admits them: they go on whichever end speaks next, under the other rule.
@Suite(.serialized) struct MovedSessionTests {
    private static func policy(_ app: [String], web: [String] = ["egress any to any"]) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups:
              - {name: web, rules: [\(web.joined(separator: ", "))]}
              - {name: app, rules: [\(app.joined(separator: ", "))]}
            instances:
              - name: web
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-web, groups: [web]}]
              - name: app
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.11, "fd00:1::11"], device: gh-app, groups: [app]}]
        """
    }

    /// Two rules that admit the same session.
    private static func rules(_ transport: String, port: Int = 9000) -> [String] {
        ["ingress \(transport)/\(port) from any", "ingress \(transport)/\(port)-\(port + 1) from any"]
    }

    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        return agent
    }

    /// Sends so many bytes to the peer of before, at each line; for UDP in datagrams of 1000.
    static func server(_ address: String, _ port: Int, isTCP: Bool) -> String {
        """
        family = socket.AF_INET6 if ":" in "\(address)" else socket.AF_INET
        s = socket.socket(family, socket.SOCK_STREAM if \(isTCP ? "True" : "False") else socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("\(address)", \(port)))
        if \(isTCP ? "True" : "False"): s.listen(1)
        reply("ready")
        if \(isTCP ? "True" : "False"): peer, there = s.accept()
        else: there = s.recvfrom(100)[1]
        for words in lines():
            count = int(words[0])
            if \(isTCP ? "True" : "False"): peer.sendall(bytes(count))
            else:
                for place in range(0, count, 1000): s.sendto(bytes(1000), there)
            reply("sent", count)
        """
    }

    /// Opens the session, and says how many bytes have come by the line's number of them, or until twenty seconds pass without one.
    static func client(_ address: String, _ port: Int, isTCP: Bool) -> String {
        """
        family = socket.AF_INET6 if ":" in "\(address)" else socket.AF_INET
        s = socket.socket(family, socket.SOCK_STREAM if \(isTCP ? "True" : "False") else socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.connect(("\(address)", \(port)))
        if not \(isTCP ? "True" : "False"): s.send(b"hello")
        reply("open")
        s.settimeout(20)
        for words in lines():
            left = int(words[0])
            try:
                while left > 0: left -= len(s.recv(65536))
            except OSError as fault: pass
            reply(int(words[0]) - left)
        """
    }

    @Test(
        .kernel,
        arguments: [
            ("tcp", "10.1.0.11", "mt"), ("udp", "fd00:1::11", "mu"),
        ])
    func
        `what a server sends arrives through fifty replacements of its rule, and each record names the rule of its time`(
            _ transport: String, _ target: String, _ label: String
        ) throws
    {
        let agent = try agent(label)
        defer { agent.remove() }
        let rules = Self.rules(transport)
        try agent.apply(Self.policy([rules[0]]))
        // A new device's link-local address is tentative at first.
        try eventually("neighbours") { try !agent.guest("web").tcp(try address(target), 1, patience: 100).isAnswered }
        let server = try GuestProgram(
            try agent.guest("app").namespace, Self.server(target, 9000, isTCP: transport == "tcp"))
        defer { server.stop() }
        #expect(try server.answer() == "ready")
        let client = try GuestProgram(
            try agent.guest("web").namespace, Self.client(target, 9000, isTCP: transport == "tcp"))
        defer { client.stop() }
        #expect(try client.answer() == "open")
        let rounds = 50
        for round in 0...rounds {
            if round > 0 {
                let receipt = try agent.apply(Self.policy([rules[round % 2]]))
                #expect(receipt.cutSessions == 0)
            }
            #expect(try server.ask("20000") == "sent 20000")
            try #require(try client.ask("20000") == "20000", "round \(round)")
        }
        #expect(try agent.books(settle: 20).isBalanced)
        try agent.ask(.flush)
        let names = try Self.ruleNames(agent)
        let own = try agent.records().filter { $0.key.targetPort == 9000 && $0.verdict == .accept }
        #expect(Set(own.map(\.connection)).count == 1)
        let atServer = own.filter { $0.direction == .ingress }
        #expect(Set(atServer.map(\.revision)) == Set(1...(rounds + 1)))
        for record in atServer {
            #expect(names[record.rule] == rules[(record.revision - 1) % 2], "revision \(record.revision)")
            #expect(record.start <= record.end)
        }
        #expect(atServer.map(\.fromTarget.bytes).reduce(0, +) >= UInt64(20_000 * (rounds + 1)))
    }

    /// A session of UDP from web to app, with both programs; the server speaks when it is told to.
    private func session(_ agent: AgentUnderTest, to target: String, _ port: Int = 9000, by door: (String, Int)? = nil)
        throws -> (server: GuestProgram, client: GuestProgram)
    {
        let server = try GuestProgram(try agent.guest("app").namespace, Self.server(target, port, isTCP: false))
        #expect(try server.answer() == "ready")
        let client = try GuestProgram(
            try agent.guest("web").namespace, Self.client(door?.0 ?? target, door?.1 ?? port, isTCP: false))
        #expect(try client.answer() == "open")
        #expect(try server.ask("1000") == "sent 1000")
        #expect(try client.ask("1000") == "1000")
        return (server, client)
    }

    /// The marks of the sessions to app's UDP ports.
    private func marks(_ agent: AgentUnderTest) throws -> [String] {
        try TestHost.run("conntrack", "-L", "-p", "udp", in: agent.host.name, mayFail: true)
            .split(separator: "\n").filter { $0.contains("sport=90") }
            .compactMap { $0.split(separator: " ").first { $0.hasPrefix("mark=") }.map(String.init) }
    }

    @Test(.kernel) func `a session through the host's forwarded port is judged by its target at every change`() throws {
        let agent = try agent("mn")
        defer { agent.remove() }
        let web = "egress udp/9000 to 10.1.0.11"
        try agent.apply(Self.policy(["ingress udp/9000 from any"], web: [web]))
        try TestHost.run(
            "nft",
            "add table ip door; add chain ip door pre { type nat hook prerouting priority dstnat; }; "
                + "add rule ip door pre ip daddr 203.0.113.1 udp dport 53 dnat to 10.1.0.11:9000",
            in: agent.host.name)
        let (server, client) = try session(agent, to: "10.1.0.11", by: ("203.0.113.1", 53))
        defer { [server, client].forEach { $0.stop() } }
        let before = try marks(agent)
        #expect(before.count == 1)
        #expect(
            try agent.apply(Self.policy(["ingress udp/9000 from any", "ingress tcp/1 from any"], web: [web]))
                .cutSessions == 0)
        #expect(try marks(agent) == before)
        #expect(try server.ask("1000") == "sent 1000")
        #expect(try client.ask("1000") == "1000")
        // And by another rule for the target, where its own goes.
        #expect(
            try agent.apply(Self.policy(["ingress udp/9000 from any"], web: ["egress udp/8999-9000 to 10.1.0.0/24"]))
                .cutSessions == 0)
        #expect(try server.ask("1000") == "sent 1000")
        #expect(try client.ask("1000") == "1000")
        #expect(
            try agent.apply(Self.policy(["ingress udp/9000 from any"], web: ["egress udp/53 to any"])).cutSessions == 1)
        #expect(try agent.books(settle: 20).isBalanced)
    }

    @Test(.kernel) func `a session in a conntrack zone is cut, and moved, as others are`() throws {
        let agent = try agent("mz")
        defer { agent.remove() }
        let rules = Self.rules("udp")
        try agent.apply(Self.policy([rules[0]]))
        try TestHost.run(
            "nft",
            "add table inet zones; add chain inet zones pre { type filter hook prerouting priority raw; }; "
                + "add rule inet zones pre ct zone set 7",
            in: agent.host.name)
        let (server, client) = try session(agent, to: "10.1.0.11")
        defer { [server, client].forEach { $0.stop() } }
        #expect(try agent.apply(Self.policy([rules[1]])).cutSessions == 0)
        #expect(try server.ask("1000") == "sent 1000")
        #expect(try client.ask("1000") == "1000")
        #expect(try agent.apply(Self.policy([])).cutSessions == 1)
        #expect(try marks(agent) == [])
        #expect(try agent.books(settle: 20).isBalanced)
    }

    @Test(.kernel) func `what was to be cut when the agent was killed is cut by its successor`() throws {
        let agent = try agent("mk")
        defer { agent.remove() }
        let rules = Self.rules("udp")
        try agent.apply(Self.policy([rules[0]]))
        let (server, client) = try session(agent, to: "10.1.0.11")
        defer { [server, client].forEach { $0.stop() } }
        // Conntrack must not do it.
        try TestHost.run(
            "sh", "-c", "for file in /proc/sys/net/netfilter/nf_conntrack_udp_timeout*; do echo 6000 > $file; done",
            in: agent.host.name)
        #expect(try server.ask("1000") == "sent 1000")
        try agent.apply(Self.policy([]), sessions: .cutAfter(seconds: 3))
        #expect(try marks(agent).count == 1)
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        try agent.start()
        try eventually("the cut") { try marks(agent).isEmpty }
    }

    @Test(.kernel) func `a killed agent's successor knows which revision gave a session its rule`() throws {
        let agent = try agent("mr")
        defer { agent.remove() }
        let rules = Self.rules("udp")
        try agent.apply(Self.policy([rules[0]]))
        let (server, client) = try session(agent, to: "10.1.0.11")
        defer { [server, client].forEach { $0.stop() } }
        try agent.apply(Self.policy([rules[1]]))
        try agent.apply(Self.policy([rules[1], "ingress tcp/1 from any"]))
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        try agent.start()
        #expect(try server.ask("3000") == "sent 3000")
        #expect(try client.ask("3000") == "3000")
        try agent.ask(.flush)
        let names = try Self.ruleNames(agent)
        let found = try agent.records().filter { $0.key.targetPort == 9000 && $0.direction == .ingress }
        #expect(found.map { "\($0.revision) \(names[$0.rule] ?? "?")" } == ["1 \(rules[0])", "2 \(rules[1])"])
        #expect(found.map(\.fromTarget.packets) == [1, 3])
        #expect(try agent.books(settle: 20).isBalanced)
    }

    @Test(.kernel) func `marks of a lost state are nobody's: the sessions get today's rules, or end`() throws {
        let agent = try agent("ml")
        defer { agent.remove() }
        // The second index, then the second rule of another.
        try agent.apply(
            Self.policy(["ingress tcp/1 from any", "ingress udp/9000 from any", "ingress udp/9050 from any"]))
        let (server, client) = try session(agent, to: "10.1.0.11")
        defer { [server, client].forEach { $0.stop() } }
        let (second, secondClient) = try session(agent, to: "10.1.0.11", 9050)
        defer { [second, secondClient].forEach { $0.stop() } }
        try agent.ask(.flush)
        try agent.apply(Self.policy(["ingress tcp/2 from any", "ingress udp/9000 from 10.1.0.0/24"]), sessions: .drain)
        try agent.supervisor.stop()
        try DurableFile.replace(agent.folder.state, with: Array("{\"revi".utf8))
        try agent.start()
        try eventually("the cut") { try marks(agent).count == 1 }
        #expect(try server.ask("3000") == "sent 3000")
        #expect(try client.ask("3000") == "3000")
        try agent.ask(.flush)
        let names = try Self.ruleNames(agent)
        let found = try agent.records().filter { $0.key.targetPort == 9000 && $0.direction == .ingress }
        #expect(
            found.map { "\($0.revision) \(names[$0.rule] ?? "?")" } == [
                "1 ingress udp/9000 from any", "2 ingress udp/9000 from 10.1.0.0/24",
            ])
        #expect(try agent.books(settle: 20).isBalanced)
    }

    /// The texts of rules' ids, of every revision.
    private static func ruleNames(_ agent: AgentUnderTest) throws -> [Identifier<Rule>: String] {
        var names: [Identifier<Rule>: String] = [:]
        let store = RevisionStore(agent.folder)
        for number in try store.numbers() {
            for reference in try store.load(number)?.ruleReferences ?? [] { names[reference.id] = reference.text }
        }
        return names
    }
}
