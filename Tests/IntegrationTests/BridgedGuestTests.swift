import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Guests on a Linux bridge: judged where they hang, with the same events and books as on devices of their own.
@Suite(.serialized) struct BridgedGuestTests {
    static func policy(unknown: String? = nil) -> String {
        """
        project: shop
        \(unknown.map { "bridges: [{name: br0, unknown: \($0), uplinks: [gh-x]}]" } ?? "")
        vpcs:
          - name: shop
            cidrs: [10.9.0.0/16, "fd09::/48"]
            subnets: [{name: all, cidrs: [10.9.0.0/24, "fd09::/64"]}, {name: own, cidr: 10.9.1.0/24}]
            groups:
              - name: client
                rules: [egress tcp/443 to group:server, egress tcp/9 to group:server, "egress icmp/8 to any", egress tcp/80 to 10.9.0.99]
              - name: server
                rules: [ingress tcp/443 from group:client, ingress tcp/443 from 10.9.0.1, ingress tcp/443 from 10.9.0.99]
            instances:
              - name: a
                interfaces:
                  - {name: eth0, subnet: all, addresses: [10.9.0.10, "fd09::10"], mac: "02:00:00:00:00:0a", device: gh-a, groups: [client]}
              - name: b
                interfaces:
                  - {name: eth0, subnet: all, addresses: [10.9.0.11, "fd09::11"], mac: "02:00:00:00:00:0b", device: gh-b, groups: [server]}
              - name: o
                interfaces: [{name: eth0, subnet: own, address: 10.9.1.12, device: gh-o, groups: [client]}]
        """
    }

    /// A bridge of a host that routes, with guests `a` and `b`, an outsider `x`, and a guest `o` on a device of its own.
    private func prepare(_ label: String, switches: Bool = true) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addBridge("br0", addresses: ["10.9.0.1/24", "fd09::1/64"], switches: switches)
        try agent.addBridgedGuest(
            "a", on: "br0", addresses: ["10.9.0.10/24", "fd09::10/64"], mac: "02:00:00:00:00:0a")
        try agent.addBridgedGuest(
            "b", on: "br0", addresses: ["10.9.0.11/24", "fd09::11/64"], mac: "02:00:00:00:00:0b")
        try agent.addBridgedGuest(
            "x", on: "br0", addresses: ["10.9.0.99/24", "fd09::99/64"], mac: "02:00:00:00:00:99")
        for name in ["a", "b", "x"] {
            try TestHost.run(
                "ip", "-n", try agent.guest(name).namespace, "route", "add", "default", "via", "10.9.0.1")
        }
        try agent.addGuest("o", addresses: ["10.9.1.12/24"], gateway: "10.9.1.1")
        try agent.start()
        return agent
    }

    @Test(.kernel, arguments: [true, false])
    func `sessions of guests on a bridge are judged, told by their rules, and balance`(switches: Bool) throws {
        let agent = try prepare(switches ? "br" : "bs", switches: switches)
        defer { agent.remove() }
        let receipt = try agent.apply(Self.policy())
        #expect(receipt.notEnforced ?? [] == [], "\(receipt)")
        let (b4, b6, x4) = (try address("10.9.0.11"), try address("fd09::11"), try address("10.9.0.99"))
        let server = try GuestServer(try agent.guest("b"), [b4, b6], tcp: [443, 22, 9], answer: 5000)
        defer { server.stop() }
        let outside = try GuestServer(try agent.guest("x"), [x4], tcp: [80], answer: 100)
        defer { outside.stop() }
        func reach(_ guest: String, _ target: IPAddress, _ port: UInt16, patience: Int32 = 5000) throws -> Bool {
            try agent.guest(guest).tcp(target, port, bytes: 3000, patience: patience).isAnswered
        }
        #expect(try reach("a", b4, 443), "bridged to bridged")
        #expect(try reach("a", b6, 443), "bridged to bridged, IPv6")
        #expect(try !reach("a", b4, 22, patience: 700), "no rule of the sender")
        #expect(try !reach("a", b4, 9, patience: 700), "no rule of the target")
        #expect(try reach("x", b4, 443), "from beyond")
        #expect(try !reach("x", b4, 22, patience: 700), "from beyond, no rule")
        #expect(try reach("o", b4, 443), "routed to bridged")
        #expect(try !reach("o", b4, 9, patience: 700), "routed to bridged, no rule of the target")
        #expect(try reach("a", x4, 80), "bridged to beyond")
        #expect(try Guest(namespace: agent.host.name).tcp(b4, 443).isAnswered, "host")
        #expect(try !Guest(namespace: agent.host.name).tcp(b4, 22, patience: 700).isAnswered, "host")
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
        for way in ["out", "into"] {
            for name in ["a/eth0", "b/eth0"] {
                #expect(report.lines.contains { $0.interface == name && $0.way == way && $0.kernel.packets > 10 })
            }
        }
        try eventually("events") { try agent.events().count >= 12 }
        let told = try agent.events()
        func has(_ instance: String, _ verdict: Verdict, _ rule: String, _ port: UInt16) -> Bool {
            told.contains {
                $0.instance == instance && $0.verdict == verdict && ($0.rule ?? "").hasPrefix(rule)
                    && $0.targetPort == port
            }
        }
        #expect(has("a", .accept, "egress tcp/443 to group:server", 443))
        #expect(has("b", .accept, "ingress tcp/443 from group:client", 443))
        #expect(has("a", .drop, "", 22))
        #expect(has("b", .drop, "", 9))
        #expect(has("b", .accept, "ingress tcp/443 from 10.9.0.99", 443))
        #expect(has("b", .accept, "ingress tcp/443 from 10.9.0.1", 443))
        let status = try agent.status()
        #expect(status.problems == [])
        #expect(status.foreignDrops == [], "what our own tables drop is nobody else's")
        // An engine's usual policy.
        func harm() throws -> Bool {
            try agent.status().problems.contains { $0.hasPrefix("bridge br0: table ip filter, chain FORWARD drops") }
        }
        try TestHost.run("iptables-nft", "-P", "FORWARD", "DROP", in: agent.host.name)
        try eventually("that it is told") { try harm() }
        #expect(try !reach("a", b4, 443, patience: 700))
        try TestHost.run(
            "iptables-nft", "-I", "FORWARD", "-i", "br0", "-o", "br0", "-j", "ACCEPT", in: agent.host.name)
        try eventually("that it is told no more") { try !harm() }
        #expect(try reach("a", b4, 443))
    }

    @Test(.kernel) func `a guest of a bridge gets its address from the host`() throws {
        let agent = try prepare("bd")
        defer { agent.remove() }
        try agent.apply(Self.policy())
        let server = try GuestProgram(
            agent.host.name,
            """
            door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"br0")
            door.bind(("", 67)); door.settimeout(10)
            reply("ready")
            for line in lines():
                asked, client = door.recvfrom(2048)
                door.sendto(b"to-all", ("255.255.255.255", 68)); door.sendto(b"to-one", ("10.9.0.10", 68))
                reply(asked.decode(), client[0])
            """)
        // Without an address of its own, as a client that begins; then with one, as one that renews.
        let client = try GuestProgram(
            try agent.guest("a").namespace,
            """
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); raw.bind(("eth0", 0))
            ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ears.bind(("", 68)); ears.settimeout(10)
            def sum16(data):
                total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
                while total >> 16: total = (total & 0xffff) + (total >> 16)
                return ~total & 0xffff
            reply("ready")
            for how, in lines():
                if how == "ask":
                    body = struct.pack("!HHHH", 68, 67, 8 + 8, 0) + b"discover"
                    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, 17, 0) + b"\\0" * 4 + b"\\xff" * 4
                    head = head[:10] + struct.pack("!H", sum16(head)) + head[12:]
                    raw.send(b"\\xff" * 6 + bytes.fromhex("02000000000a0800") + head + body)
                if how == "renew": ears.sendto(b"renewing", ("10.9.0.1", 67))
                try: reply(*sorted(ears.recvfrom(2048)[0].decode() for _ in range(2)))
                except OSError as error: reply(error)
            """)
        defer { [server, client].forEach { $0.stop() } }
        for program in [server, client] { #expect(try program.answer() == "ready") }
        for (how, asked) in [("ask", "discover 0.0.0.0"), ("renew", "renewing 10.9.0.10")] {
            try server.tell("once")
            #expect(try client.ask(how) == "to-all to-one")
            #expect(try server.answer() == asked)
        }
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
    }
}

/// Ports that come, move and go: judged anew or refused, and never free.
@Suite(.serialized) struct BridgedPortTests {
    private static func policy(_ more: String = "") -> String {
        """
        project: shop
        \(more)
        vpcs:
          - name: shop
            cidrs: [10.9.0.0/16]
            subnets: [{name: all, cidr: 10.9.0.0/24}]
            groups:
              - {name: deaf, rules: []}
              - {name: server, rules: [ingress tcp/443 from 10.9.0.0/24]}
            instances:
              - name: a
                interfaces: [{name: eth0, subnet: all, address: 10.9.0.10, mac: "02:00:00:00:00:0a", device: gh-a, groups: [deaf]}]
              - name: b
                interfaces: [{name: eth0, subnet: all, address: 10.9.0.11, mac: "02:00:00:00:00:0b", device: gh-b, groups: [server]}]
        """
    }

    private func prepare(_ label: String, guests: [String] = ["a", "b", "x"]) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        for bridge in ["br0", "br1"] { try agent.addBridge(bridge, switches: false) }
        for name in guests { try add(name, to: agent) }
        try agent.start()
        return agent
    }

    private func add(_ name: String, to agent: AgentUnderTest, on bridge: String = "br0") throws {
        let numbers = ["a": ("10", "0a"), "b": ("11", "0b"), "x": ("99", "99"), "y": ("98", "98")]
        let (host, mac) = try #require(numbers[name])
        try agent.addBridgedGuest(name, on: bridge, addresses: ["10.9.0.\(host)/24"], mac: "02:00:00:00:00:\(mac)")
    }

    /// Datagrams of a guest that another guest's kernel has taken.
    private func flood(_ agent: AgentUnderTest, _ from: String, _ to: String) throws -> GuestProgram {
        let program = try GuestProgram(
            try agent.guest(from).namespace,
            """
            import threading, time
            door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            def flood():
                while True:
                    try: door.sendto(b"free", ("\(to)", 7777))
                    except OSError: pass
                    time.sleep(0.0005)
            threading.Thread(target=flood, daemon=True).start()
            reply("ready")
            for line in lines(): reply("on")
            """)
        #expect(try program.answer() == "ready")
        return program
    }

    private func heard(_ agent: AgentUnderTest, _ guest: String) throws -> GuestProgram {
        let program = try GuestProgram(
            try agent.guest(guest).namespace,
            """
            import threading
            count = [0]
            door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800)); door.bind(("eth0", 0))
            def listen():
                while True:
                    frame, place = door.recvfrom(2048)
                    if place[2] != 4 and frame.endswith(b"free"): count[0] += 1
            threading.Thread(target=listen, daemon=True).start()
            reply("ready")
            for line in lines(): reply(count[0])
            """)
        #expect(try program.answer() == "ready")
        return program
    }

    private func ip(_ agent: AgentUnderTest, _ words: String...) throws {
        for line in words {
            let run = try ChildProcess.run(
                "ip", ["-n", agent.host.name] + line.split(separator: " ").map(String.init))
            try #require(run.exit == .code(0), "\(line): \(run.errors)")
        }
    }

    @Test(.kernel) func `a port that moves, leaves, comes back or is renamed is free at no time`() throws {
        let agent = try prepare("bm")
        defer { agent.remove() }
        try add("y", to: agent, on: "br1")
        try agent.apply(Self.policy())
        for guest in ["a"] {
            for (target, mac) in [("10.9.0.99", "99"), ("10.9.0.98", "98")] {
                try TestHost.run(
                    "ip", "-n", try agent.guest(guest).namespace, "neigh", "add", target, "lladdr",
                    "02:00:00:00:00:\(mac)", "dev", "eth0", "nud", "permanent")
            }
        }
        let ears = try ["x", "y"].map { try heard(agent, $0) }
        let floods = try ["10.9.0.99", "10.9.0.98"].map { try flood(agent, "a", $0) }
        defer { (ears + floods).forEach { $0.stop() } }
        for _ in 0..<5 {
            try ip(agent, "link set gh-a master br1")
            try eventually("the other bridge") { try agent.interfaces().first?.bridge == "br1" }
            try ip(agent, "link set gh-a nomaster")
            try eventually("a device of its own") { try agent.interfaces().first?.attachment == .own }
            try ip(agent, "link set gh-a master br0")
            try eventually("the bridge again") { try agent.interfaces().first?.bridge == "br0" }
        }
        try ip(agent, "link set gh-a down", "link set gh-a name gh-z", "link set gh-z up")
        try eventually("held") { try agent.status().heldDevices == ["gh-z"] }
        try ip(agent, "link set gh-z down", "link set gh-z name gh-a", "link set gh-a up")
        try eventually("back") { try agent.interfaces().first?.bridge == "br0" }
        // The switch of the bridge is turned off, and on again by the agent.
        try ip(agent, "link set br0 type bridge nf_call_iptables 0")
        _ = try Polling.wait([], timeoutNanoseconds: 1_500_000_000)
        let refused = try agent.interfaces().first?.refused ?? [:]
        #expect(refused["unjudged", default: 0] > 0, "\(refused)")
        for ear in ears { #expect(try ear.ask("count") == "0") }
    }

    @Test(.kernel) func `a device that is made, set up and then put into a bridge is free at no time`() throws {
        let agent = try prepare("bu", guests: ["b", "x"])
        defer { agent.remove() }
        try agent.apply(Self.policy("bridges: [{name: br0, unknown: refuse, uplinks: [gh-x]}]"))
        let ears = try ["b", "x"].map { try heard(agent, $0) }
        defer { ears.forEach { $0.stop() } }
        // Named by the policy, and named by nobody.
        for name in ["a", "y"] {
            let space = try agent.host.addGuest(name, device: "gh-\(name)", addresses: [])
            let (host, mac) = name == "a" ? ("10", "0a") : ("98", "98")
            try TestHost.run("ip", "-n", space, "link", "set", "eth0", "address", "02:00:00:00:00:\(mac)")
            try TestHost.run("ip", "-n", space, "addr", "add", "10.9.0.\(host)/24", "dev", "eth0")
            for (target, mac) in [("10.9.0.99", "99"), ("10.9.0.11", "0b")] {
                try TestHost.run(
                    "ip", "-n", space, "neigh", "add", target, "lladdr", "02:00:00:00:00:\(mac)", "dev", "eth0", "nud",
                    "permanent")
            }
            agent.adopt(Guest(namespace: space), as: name)
            let floods = try ["10.9.0.99", "10.9.0.11"].map { try flood(agent, name, $0) }
            _ = try Polling.wait([], timeoutNanoseconds: 50_000_000)
            try ip(agent, "link set gh-\(name) master br0")
            _ = try Polling.wait([], timeoutNanoseconds: 300_000_000)
            floods.forEach { $0.stop() }
        }
        for ear in ears { #expect(try ear.ask("count") == "0") }
        let states = try agent.interfaces()
        #expect(states.first { $0.device == "gh-a" }?.attachment == .bridged)
        let stranger = states.first { $0.device == "gh-y" }
        #expect(stranger?.interface == "" && stranger?.isInForce == true)
        #expect(stranger?.refused[InterfaceState.unknownKind, default: 0] ?? 0 > 100)
        #expect(!states.contains { $0.device == "gh-x" })
        // The uplink is no stranger.
        let server = try GuestServer(try agent.guest("b"), [try address("10.9.0.11")], tcp: [443])
        defer { server.stop() }
        #expect(try agent.guest("x").tcp(try address("10.9.0.11"), 443).isAnswered)
        #expect(try !agent.guest("y").tcp(try address("10.9.0.11"), 443, patience: 500).isAnswered)
    }
}
