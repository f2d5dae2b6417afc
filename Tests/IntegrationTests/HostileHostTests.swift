import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// A host on which everything goes wrong at once, and a guest behind it that tries everything.
///
/// `make hostile` does it for ten minutes; `GATEHOUSE_HOSTILE_SECONDS` says how long.
@Suite(.serialized) struct HostileHostTests {
    private static let seconds = Int(ChildProcess.inheritedEnvironment()["GATEHOUSE_HOSTILE_SECONDS"] ?? "") ?? 45

    private static func policy(jail: String, app: String) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups:
              - {name: jail, rules: [\(jail)]}
              - {name: app, rules: [\(app)]}
            instances:
              - name: jail
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-jail, groups: [jail]}]
              - name: app
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.11, "fd00:1::11"], device: gh-app, groups: [app]}]
        """
    }

    /// Packets of random protocols, ports, flags and sources, each with a word and the present instant in it; about 400 a second,
    /// until it is killed.
    private static func sender(_ word: String, sources: [String], targets: [String]) -> String {
        """
        import random, time, ipaddress
        sources, targets = \(sources), \(targets)
        def packet(source, target):
            word = b"\(word):%019d" % time.time_ns()
            protocol = random.choice([6, 6, 6, 17, 17, 17, 1, 58, 47, 50, 132, 136, 33, 2, 4, 41, 51, 255])
            ports = struct.pack("!HH", random.choice([68, 546, 67, 40000 + random.randrange(20000)]),
                random.choice([22, 53, 67, 68, 80, 443, 546, 547, 8080]))
            if protocol == 6: head = ports + struct.pack("!IIBBHHH", random.randrange(2**32), random.randrange(2**32), 0x50, random.choice([2, 16, 18, 17, 4, 24, 0, 41]), 60000, 0, 0)
            elif protocol in (17, 136): head = ports + struct.pack("!HH", 8 + len(word), 1)
            elif protocol in (1, 58): head = struct.pack("!BBHHH", random.choice([8, 0, 3, 5, 11, 13, 128, 129, 1, 2, 133, 134, 135, 136, 137]), 0, 0, 7, random.randrange(65536))
            else: head = ports + bytes(12)
            body = head + word
            limit = random.choice([64, 64, 64, 255, 2, 1])
            if ":" in target:
                return struct.pack("!IHBB", 0x60000000, len(body), protocol, limit) + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target) + body
            return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), random.randrange(65536), random.choice([0, 0, 0, 0, 0x2000, 1]), limit, protocol, 0) + socket.inet_aton(source) + socket.inet_aton(target) + body
        while True:
            time.sleep(0.05)
            for _ in range(20):
                target = random.choice(targets)
                source = random.choice([s for s in sources if (":" in s) == (":" in target)])
                try:
                    family = socket.AF_INET6 if ":" in target else socket.AF_INET
                    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
                        s.setblocking(False)
                        s.sendto(packet(source, target), (target, 0))
                except OSError: pass
        """
    }

    /// Writes of each packet that came from elsewhere with the word in it when it was sent, and when the kernel had it here.
    private static func listener(_ word: String, _ path: String) -> String {
        """
        s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
        s.setsockopt(socket.SOL_SOCKET, 35, 1)
        told = open("\(path)", "w", buffering=1)
        reply("ready")
        while True:
            try: data, extra, flags, place = s.recvmsg(2048, 256)
            except OSError: continue
            if place[2] == 4 or b"\(word):" not in data: continue
            sent = int(data.split(b"\(word):")[1][:19])
            seconds, rest = struct.unpack("qq", extra[0][2])
            told.write(f"{sent} {seconds * 1000000000 + rest} {place[0]} {data[:48].hex()}\\n")
        """
    }

    /// A packet that a listener heard. It was at the gate between the two instants; neighbours that are not known yet hold
    /// packets up behind it.
    private struct Heard {
        let sent: Int64
        let at: Int64
        let words: String

        var span: ClosedRange<Int64> { sent...max(sent, at) }
    }

    private static func heard(_ path: String) -> [Heard] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 4, let sent = Int64(words[0]), let at = Int64(words[1]) else { return nil }
            return Heard(sent: sent, at: at, words: String(line))
        }
    }

    /// The spans that the agent's own command tells, each from its beginning to its end, or without one.
    private func spans(_ agent: AgentUnderTest) throws -> [ClosedRange<Int64>] {
        let output = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"), ["status", "--data", agent.folder.path, "--output", "json"])
        // Who is not enforced at the moment is told by the exit as well; of an agent that starts there is no output.
        guard !output.output.isEmpty else { return [] }
        let object = try JSONSerialization.jsonObject(with: Data(output.output.utf8)) as? [String: Any]
        let list = try #require(object?["unguarded"] as? [[String: Any]], "\(output.output)")
        return try list.map { span in
            func instant(_ key: String) throws -> Int64? {
                try (span[key] as? String).map { try #require(TimeText.instant($0)).nanoseconds }
            }
            let since = try #require(try instant("since"), "\(span)")
            return since...max(since, try instant("until") ?? .max)
        }
    }

    // MARK: What goes wrong

    /// A harm, by its name, and what is done.
    private struct Harm: Sendable {
        let name: String
        let body: @Sendable (AgentUnderTest) throws -> Void
    }

    private static func ip(_ agent: AgentUnderTest, _ text: String) {
        _ = try? TestHost.run("sh", "-c", text, in: agent.host.name, mayFail: true)
    }

    private static func kill(_ agent: AgentUnderTest) throws {
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
    }

    /// Gives the jail its device again, with addresses and routes.
    private static func plug(_ agent: AgentUnderTest) throws {
        let space = try agent.guest("jail").namespace
        ip(agent, "ip link add gh-jail type veth peer name eth0 netns \(space); ip link set gh-jail up")
        furnish(space)
    }

    private static func furnish(_ space: String) {
        _ = try? TestHost.run(
            "sh", "-c",
            """
            ip link set eth0 up
            ip addr add 10.1.0.10/24 dev eth0; ip addr add fd00:1::10/64 dev eth0 nodad
            ip route replace default via 10.1.0.1 dev eth0 onlink; ip -6 route replace default via fd00:1::1 dev eth0
            """, in: space, mayFail: true)
    }

    private static let harms: [Harm] = [
        Harm(name: "kill -9 and start") { agent in
            try kill(agent)
            try agent.supervisor.start()
        },
        Harm(name: "kill -9, flush the ruleset, and start") { agent in
            try kill(agent)
            ip(agent, "nft flush ruleset")
            try agent.supervisor.start()
        },
        Harm(name: "flush the ruleset") { ip($0, "nft flush ruleset") },
        Harm(name: "delete the table") { ip($0, "nft delete table inet gatehouse") },
        Harm(name: "flush a chain") { agent in
            // One that has just been started puts in what is missing without a word of a repair.
            try AgentClient(agent.folder).waitUntilReady(seconds: 240)
            let repairs = try agent.status().repairs
            ip(agent, "nft flush chain inet gatehouse judge_egress; nft flush chain inet gatehouse guard")
            // An agent that is killed before it has noticed leaves an empty chain, which its successor fills without a word.
            try eventually("the repair") { (try? agent.status().repairs).map { $0 != repairs } ?? false }
        },
        Harm(name: "a firewall that accepts") {
            ip($0, "nft 'table ip f { chain c { type filter hook forward priority -300; policy accept; accept; }; }'")
        },
        Harm(name: "the jail's link down and up") { ip($0, "ip link set gh-jail down; ip link set gh-jail up") },
        Harm(name: "the uplink down and up") { agent in
            ip(agent, "ip link set up0 down; ip link set up0 up; ip -6 addr replace 2001:db8::1/64 dev up0 nodad")
        },
        Harm(name: "another route to the jail") {
            ip($0, "ip route replace 10.1.0.10/32 dev gh-app; ip route del fd00:1::10/128")
        },
        Harm(name: "a route away") { ip($0, "ip route del 10.1.0.11/32") },
        Harm(name: "switches") { agent in
            ip(
                agent,
                """
                cd /proc/sys/net
                echo 0 > ipv4/ip_forward; echo 0 > netfilter/nf_conntrack_acct; echo 0 > netfilter/nf_conntrack_tcp_be_liberal
                echo 0 > ipv6/conf/all/forwarding; echo 0 > ipv4/conf/gh-jail/proxy_arp
                """)
        },
        Harm(name: "empty connection tracking") { ip($0, "conntrack -F") },
        Harm(name: "rename the device and back") { agent in
            ip(
                agent,
                "ip link set gh-jail down; ip link set gh-jail name other0; ip link set other0 up; sleep 0.7; ip link set other0 down; ip link set other0 name gh-jail; ip link set gh-jail up"
            )
        },
        Harm(name: "make the device anew") { agent in
            ip(agent, "ip link del gh-jail")
            try plug(agent)
        },
        Harm(name: "make the device anew under another name, and rename it") { agent in
            ip(agent, "ip link del gh-jail")
            let space = try agent.guest("jail").namespace
            ip(
                agent,
                "ip link add fresh0 type veth peer name eth0 netns \(space); ip link set fresh0 name gh-jail; ip link set gh-jail up"
            )
            furnish(space)
        },
        Harm(name: "a change of policy") { agent in
            _ = try? agent.apply(policy(jail: "", app: "ingress udp/8080-8090 from any"))
            _ = try? agent.apply(policy(jail: "", app: "ingress udp/8080 from any"))
        },
        Harm(name: "a changing group of the jail") { agent in
            _ = try? agent.apply(policy(jail: "ingress tcp/9 from group:jail", app: "ingress udp/8080 from any"))
            _ = try? agent.apply(policy(jail: "", app: "ingress udp/8080 from any"))
        },
    ]

    @Test(.kernel)
    func `whatever happens to the host, nothing leaves a jailed guest and nothing enters, but in spans that are told`()
        throws
    {
        let agent = try AgentUnderTest("hh", window: 5)
        defer { agent.remove() }
        try agent.addGuest("jail", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        let outside = try agent.host.addGuest(
            "out", device: "up0", addresses: ["192.0.2.7/24", "2001:db8::7/64"])
        for address in ["192.0.2.1/24", "2001:db8::1/64"] {
            try TestHost.run("ip", "-n", agent.host.name, "addr", "add", address, "dev", "up0", "nodad")
        }
        // It answers nobody: what the host does not send on of a live session, because somebody took forwarding or a route away,
        // the books cannot know (decision 0023).
        try TestHost.run(
            "nft",
            "table inet mute { chain output { type filter hook output priority 0; policy drop; icmpv6 type 133-136 accept; }; }",
            in: agent.guest("app").namespace)
        try TestHost.run("ip", "-n", outside, "route", "add", "default", "via", "192.0.2.1")
        try TestHost.run("ip", "-6", "-n", outside, "route", "add", "default", "via", "2001:db8::1")
        try agent.start()
        let jail = try agent.guest("jail").namespace
        Self.furnish(jail)
        let paths = ["out", "in"].map { agent.folder.path + "-heard-\($0)" }
        defer { paths.forEach { try? FileManager.default.removeItem(atPath: $0) } }
        let programs = [
            try GuestProgram(outside, Self.listener("word-of-the-jail", paths[0])),
            try GuestProgram(jail, Self.listener("word-from-outside", paths[1])),
        ]
        defer { programs.forEach { $0.stop() } }
        for program in programs { #expect(try program.answer() == "ready") }
        let senders = [
            try GuestProgram(
                jail,
                Self.sender(
                    "word-of-the-jail",
                    sources: [
                        "10.1.0.10", "10.1.0.10", "10.1.0.11", "192.0.2.9", "fd00:1::10", "fd00:1::10", "fd00:1::11",
                        "2001:db8::9",
                    ],
                    targets: [
                        "192.0.2.7", "192.0.2.7", "2001:db8::7", "2001:db8::7", "192.0.2.1", "10.1.0.1", "fd00:1::1",
                    ])),
            try GuestProgram(
                outside,
                Self.sender(
                    "word-from-outside",
                    sources: [
                        "192.0.2.7", "192.0.2.7", "10.1.0.11", "198.51.100.1", "2001:db8::7", "2001:db8::7",
                        "fd00:1::11",
                    ],
                    targets: ["10.1.0.10", "fd00:1::10", "10.1.0.10", "fd00:1::10", "10.1.0.11", "fd00:1::11"])),
        ]
        defer { senders.forEach { $0.stop() } }
        // With rules the words come through: senders and listeners do what they are for.
        try agent.apply(Self.policy(jail: "egress any to any, ingress any from any", app: "ingress udp/8080 from any"))
        try eventually("words while they may pass") { paths.allSatisfy { Self.heard($0).count > 20 } }
        try agent.apply(Self.policy(jail: "", app: "ingress udp/8080 from any"))
        let start = SystemClock.realtime
        let control = paths.map { Self.heard($0).count }
        var told: Set<ClosedRange<Int64>> = []
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var done: [(at: Int64, name: String)] = []
        let end = SystemClock.monotonic + Int64(Self.seconds) * 1_000_000_000
        while SystemClock.monotonic < end {
            let harm = random.pick(Self.harms)
            done.append((SystemClock.realtime, harm.name))
            try harm.body(agent)
            _ = try Polling.wait([], timeoutNanoseconds: Int64.random(in: 50_000_000...1_500_000_000, using: &random))
            // It has died of nothing but our own kills.
            if try agent.supervisor.look() != nil {
                Issue.record("seed \(seed): the agent ended by itself after \(harm.name)")
            }
            told.formUnion(try spans(agent))
        }
        // What is set right by itself is right; then nobody sends any more.
        try AgentClient(agent.folder).waitUntilReady(seconds: 240)
        senders.forEach { $0.stop() }
        var settled: [ClosedRange<Int64>] = []
        try eventually("the spans to be closed: \(settled)") {
            settled = try spans(agent)
            return settled.allSatisfy { $0.upperBound != .max }
        }
        told = told.filter { span in span.upperBound != .max }.union(settled)
        for (path, way) in zip(paths, ["left the jail", "entered it"]) {
            let passed = Self.heard(path).filter { $0.sent > start }
            let untold = passed.filter { packet in !told.contains { $0.overlaps(packet.span) } }
            print("hostile: \(passed.count) packets \(way) in \(told.count) told spans, \(untold.count) in none")
            for packet in untold.prefix(5) {
                let before = done.last { $0.at <= packet.at }
                let ended = told.map(\.upperBound).filter { $0 < packet.at }.max() ?? start
                let next = told.map(\.lowerBound).filter { $0 > packet.at }.min() ?? .max
                Issue.record(
                    """
                    seed \(seed): a packet \(way), \((packet.at - (before?.at ?? start)) / 1_000_000) ms after \
                    \(before?.name ?? "the start"), \((packet.at - ended) / 1_000_000) ms after the span before, \
                    \(next == .max ? -1 : (next - packet.at) / 1_000_000) ms before the next: \(packet.words)
                    """)
            }
        }
        #expect(control.allSatisfy { $0 > 20 })
        let report = try agent.books(settle: 60)
        // While the guard's chain is away, a packet in another interface's name is recorded at that interface, and counted at the
        // device that sent it (docs/design/capture.md).
        let wasWithoutGuard = done.contains { $0.name == "flush a chain" }
        #expect(
            report.lines.allSatisfy { line in
                line.unexplained == .init(packets: 0, bytes: 0)
                    || wasWithoutGuard && line.way == "out" && line.unexplained.packets < 0
            },
            "seed \(seed), after \(done.map(\.name)): \(report.lines)")
    }
}
