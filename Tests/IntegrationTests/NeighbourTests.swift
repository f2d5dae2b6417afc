import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// One guest's ARP and neighbour discovery cannot fill the host's tables, which all share.
@Suite(.serialized) struct NeighbourTests {
    /// Asks for the gateway from random senders: ARP, and neighbour solicitations from link-local addresses.
    private static let flood = """
        import os, socket, struct, random, sys
        count = int(sys.argv[1])
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.bind(("eth0", 0))
        mac = s.getsockname()[4]
        gateway = socket.inet_aton("10.1.0.1")
        def checksum(data):
            if len(data) % 2: data += b"\\0"
            total = sum(struct.unpack(f"!{len(data) // 2}H", data))
            while total >> 16: total = (total & 0xffff) + (total >> 16)
            return ~total & 0xffff
        six = socket.inet_pton(socket.AF_INET6, "fd00:1::1")
        group = bytes.fromhex("ff0200000000000000000001ff") + six[13:]
        for n in range(count):
            sender = struct.pack("!I", 0x0a020000 + n)
            s.send(b"\\xff" * 6 + mac + b"\\x08\\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + sender
                + b"\\0" * 6 + gateway)
            source = b"\\xfe\\x80" + b"\\0" * 6 + struct.pack("!Q", random.getrandbits(60) | 1 << 60)
            body = struct.pack("!BBHI", 135, 0, 0, 0) + six + b"\\x01\\x01" + mac
            pseudo = source + group + struct.pack("!II", len(body), 58)
            body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
            s.send(b"\\x33\\x33" + group[12:] + mac + b"\\x86\\xdd" + struct.pack("!IHBB", 6 << 28, len(body), 58, 255)
                + source + group + body)
        print(count)
        """

    private func neighbours(_ agent: AgentUnderTest, _ device: String) throws -> [String] {
        try TestHost.run("ip", "-n", agent.host.name, "neigh", "show", "dev", device).split(separator: "\n").map(
            String.init)
    }

    @Test(.kernel) func `a flood of senders makes few neighbours, is told, and keeps nobody else from the link`() throws
    {
        let agent = try AgentUnderTest("n1")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        let (web, app) = (try agent.guest("web"), try agent.guest("app"))
        let sent = try ChildProcess.run("python3", ["-c", Self.flood, "3000"], namespace: web.namespace)
        try #require(sent.exit == .code(0), "\(sent.errors)")
        let found = try neighbours(agent, "gh-web")
        #expect(found.count { $0.hasPrefix("10.2.") } == 0, "\(found.prefix(5))")
        #expect(found.count { $0.hasPrefix("fe80::") } <= 40, "\(found.count)")
        #expect(found.contains { $0.hasPrefix("fe80::") })
        // The others find each other, in both families.
        let servers = try GuestServer(app, [try address("10.1.0.11")], tcp: [8080], udp: [])
        defer { servers.stop() }
        #expect(try web.tcp(try address("10.1.0.11"), 8080) == .answered(1000))
        try eventually("an answer over IPv6") { try app.ping(try address("fd00:1::10"), patience: 1000).isAnswered }
        #expect(try agent.books(settle: 20).isBalanced)
        try agent.ask(.flush)
        let refused = try agent.records().filter { $0.verdict == .drop && $0.rule == GuardRule.spoof.id }
        let packets = refused.map(\.fromInitiator.packets).reduce(0, +)
        #expect(packets >= 3000 - 45 && packets <= 3000, "\(packets)")
    }

    @Test(.kernel) func `a guest whose MAC is known is a neighbour for good, and none any more when it goes`() throws {
        let agent = try AgentUnderTest("n2")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        let policy = FirstSessionTests.policy.replacing(
            "device: gh-web,", with: "device: gh-web, mac: \"02:00:00:00:00:0a\",")
        try agent.apply(policy)
        func permanent() throws -> [String] {
            try neighbours(agent, "gh-web").filter { $0.contains("PERMANENT") }.map {
                String($0.prefix { $0 != " " }) + ($0.contains("lladdr 02:00:00:00:00:0a") ? " known" : "")
            }.sorted()
        }
        #expect(try permanent() == ["10.1.0.10 known", "fd00:1::10 known"])
        try agent.apply(FirstSessionTests.policy)
        #expect(try permanent() == [])
    }

    @Test(.kernel) func `where the host takes any ARP sender, it is said`() throws {
        let agent = try AgentUnderTest("n3")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try TestHost.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=2", in: agent.host.name)
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        #expect(
            try agent.status().problems.contains { $0.contains("net.ipv4.conf.all.rp_filter is 2") })
    }
}
