import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Addresses beside an interface's own: blocks, pairs with MACs of theirs, and such as pass from one interface to another.
@Suite(.serialized) struct AddressPairTests {
    private static func policy(a: String = "", b: String = "", o: String = "", p: String = "") -> String {
        """
        project: shop
        bridges: [{name: br0, uplinks: [gh-x]}]
        vpcs:
          - name: shop
            cidrs: [10.9.0.0/16]
            subnets: [{name: all, cidr: 10.9.0.0/24}, {name: own, cidr: 10.9.1.0/24}]
            groups:
              - name: web
                rules: [ingress tcp/443 from any, egress tcp/443 to any, "egress 112 to any"]
              - name: spare
                rules: [ingress tcp/8443 from any, "ingress 112 from group:web"]
            instances:
              - name: a
                interfaces: [{name: eth0, subnet: all, addresses: [10.9.0.10], mac: "02:00:00:00:00:0a", device: gh-a, groups: [web]\(a)}]
              - name: b
                interfaces: [{name: eth0, subnet: all, addresses: [10.9.0.11\(b)}]
              - name: o
                interfaces: [{name: eth0, subnet: own, addresses: [10.9.1.12\(o)}]
              - name: p
                interfaces: [{name: eth0, subnet: own, addresses: [10.9.1.13], device: gh-p, groups: [spare]\(p)}]
        """
    }

    private static let onBridge = #"], mac: "02:00:00:00:00:0b", device: gh-b, groups: [spare]"#
    private static let onOwn = "], device: gh-o, groups: [web]"

    private func prepare(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addBridge("br0", addresses: ["10.9.0.1/24"], switches: false)
        for (name, host, mac) in [("a", "10", "0a"), ("b", "11", "0b"), ("x", "99", "99")] {
            try agent.addBridgedGuest(
                name, on: "br0", addresses: ["10.9.0.\(host)/24"], mac: "02:00:00:00:00:\(mac)")
            try ip(agent, name, "route add default via 10.9.0.1")
        }
        for (name, host) in [("o", "12"), ("p", "13")] {
            try agent.addGuest(name, addresses: ["10.9.1.\(host)/24"], gateway: "10.9.1.1")
        }
        try agent.start()
        return agent
    }

    private func ip(_ agent: AgentUnderTest, _ guest: String, _ words: String...) throws {
        for line in words {
            let space = try agent.guest(guest).namespace
            let run = try ChildProcess.run("ip", ["-n", space] + line.split(separator: " ").map(String.init))
            try #require(run.exit == .code(0), "\(line): \(run.errors)")
        }
    }

    private func reach(
        _ agent: AgentUnderTest, _ guest: String, _ target: String, _ port: UInt16, patience: Int32 = 3000
    )
        throws -> Bool
    {
        try agent.guest(guest).tcp(try address(target), port, bytes: 2000, patience: patience).isAnswered
    }

    private func has(_ agent: AgentUnderTest, _ instance: String, _ address: String) throws -> Bool {
        try agent.interfaces().contains { $0.interface == "\(instance)/eth0" && $0.addressTexts.contains(address) }
    }

    /// Says by ARP on a guest's device who has an address.
    private func claim(_ agent: AgentUnderTest, _ guest: String, _ address: String) throws {
        let program = try GuestProgram(
            try agent.guest(guest).namespace,
            """
            import fcntl
            door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); door.bind(("eth0", 0x806))
            mac = fcntl.ioctl(door.fileno(), 0x8927, struct.pack("256s", b"eth0"))[18:24]
            for line in lines():
                ip = socket.inet_aton(line[0])
                head = b"\\xff" * 6 + mac + b"\\x08\\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 1)
                door.send(head + mac + ip + b"\\0" * 6 + ip)
                reply("said")
            """)
        defer { program.stop() }
        #expect(try program.ask(address) == "said")
    }

    private func balance(_ agent: AgentUnderTest) throws {
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
    }

    @Test(.kernel) func `secondary addresses, blocks behind a guest and MACs of pairs are judged as its own`() throws {
        let agent = try prepare("pb")
        defer { agent.remove() }
        let pairs = #", pairs: [{address: 10.9.0.30, mac: "02:00:00:00:00:30"}]"#
        try agent.apply(
            Self.policy(b: ", 10.9.0.21, 10.2.0.0/26" + Self.onBridge + pairs, o: ", 10.4.0.0/24" + Self.onOwn))
        // A second MAC in the guest, with an address and a way of its own.
        try ip(
            agent, "b", "addr add 10.9.0.21/24 dev eth0", "addr add 10.2.0.5/32 dev lo",
            "link add link eth0 name vrrp address 02:00:00:00:00:30 type macvlan mode bridge", "link set vrrp up",
            "addr add 10.9.0.30/32 dev vrrp", "rule add from 10.9.0.30 lookup 100",
            "route add 10.9.0.0/24 dev vrrp table 100")
        for key in ["conf/all/arp_ignore=1", "conf/all/rp_filter=0", "conf/eth0/rp_filter=0", "conf/vrrp/rp_filter=0"] {
            try TestHost.run("sysctl", "-qw", "net/ipv4/\(key)", in: try agent.guest("b").namespace)
        }
        try ip(agent, "o", "addr add 10.4.0.5/32 dev lo")
        try ip(agent, "x", "route add 10.2.0.0/26 via 10.9.0.11")
        let addresses = try ["10.9.0.11", "10.9.0.21", "10.2.0.5", "10.9.0.30"].map { try address($0) }
        let server = try GuestServer(try agent.guest("b"), addresses, tcp: [8443, 22], answer: 3000)
        defer { server.stop() }
        let routed = try GuestServer(
            try agent.guest("o"), [try address("10.9.1.12"), try address("10.4.0.5")], tcp: [443, 22], answer: 3000)
        defer { routed.stop() }
        for target in ["10.9.0.11", "10.9.0.21", "10.2.0.5", "10.9.0.30"] {
            #expect(try reach(agent, "x", target, 8443), "\(target)")
            #expect(try !reach(agent, "x", target, 22, patience: 600), "\(target)")
        }
        #expect(try reach(agent, "a", "10.4.0.5", 443), "behind a routed guest")
        #expect(try !reach(agent, "a", "10.4.0.5", 22, patience: 600), "no rule of the sender")
        #expect(try reach(agent, "x", "10.4.0.5", 443), "behind a routed guest, from beyond")
        #expect(try !reach(agent, "x", "10.4.0.5", 22, patience: 600), "no rule of the target")
        let ways = try ChildProcess.run("ip", ["-n", agent.host.name, "route", "show", "10.4.0.0/24"]).output
        #expect(ways.contains("via 10.9.1.12 dev gh-o"), "\(ways)")
        #expect(try has(agent, "b", "10.2.0.0/26") && has(agent, "b", "10.9.0.30") && has(agent, "b", "10.9.0.21"))
        // What is another's, and what is a pair's by another MAC, is refused at the port.
        let (x, spoofs) = (try address("10.9.0.99"), [("a", "10.2.0.5"), ("b", "10.9.0.30"), ("b", "10.2.0.64")])
        for (guest, source) in spoofs {
            let before = try refused(agent, guest)["spoof", default: 0]
            let key = FlowKey(
                initiator: try address(source), target: x, transport: .udp, initiatorPort: 7, targetPort: 443)
            try agent.send(HandmadePacket(key), as: guest)
            try eventually("\(source) of \(guest) refused") {
                try refused(agent, guest)["spoof", default: 0] == before + 1
            }
        }
        try balance(agent)
        try eventually("events") { try agent.events().count { $0.instance == "b" } >= 8 }
        let told = try agent.events().filter { $0.target == (try? address("10.2.0.5")) }
        #expect(Set(told.map(\.instance)) == ["b"], "\(told)")
        #expect(Set(told.map(\.verdict)) == [.accept, .drop])
        #expect(try agent.status().problems == [])
    }

    private func refused(_ agent: AgentUnderTest, _ guest: String) throws -> [String: UInt64] {
        try agent.interfaces().first { $0.interface == "\(guest)/eth0" }?.refused ?? [:]
    }

    @Test(.kernel) func `a virtual address is judged by the groups of whose port has claimed it`() throws {
        let agent = try prepare("pv")
        defer { agent.remove() }
        let pair = ", pairs: [{address: 10.9.0.100}]"
        try agent.apply(Self.policy(a: pair, b: Self.onBridge + pair, o: Self.onOwn))
        let vip = try address("10.9.0.100")
        try ip(agent, "a", "addr add 10.9.0.100/32 dev lo")
        try ip(agent, "b", "addr add 10.9.0.100/32 dev lo")
        for guest in ["a", "b"] {
            for key in ["conf/all/arp_ignore=2", "conf/all/arp_announce=2"] {
                try TestHost.run("sysctl", "-qw", "net/ipv4/\(key)", in: try agent.guest(guest).namespace)
            }
        }
        let servers = try ["a", "b"].map {
            try GuestServer(try agent.guest($0), [vip], tcp: [443, 8443], answer: 2000)
        }
        defer { servers.forEach { $0.stop() } }
        func lead(to mac: String) throws {
            try ip(agent, "x", "neigh replace 10.9.0.100 lladdr 02:00:00:00:00:\(mac) dev eth0 nud permanent")
        }
        for mac in ["0a", "0b"] {
            try lead(to: mac)
            #expect(try !reach(agent, "x", "10.9.0.100", 443, patience: 400), "nobody has claimed it")
            #expect(try !reach(agent, "x", "10.9.0.100", 8443, patience: 400), "nobody has claimed it")
        }
        var moves: [Int64] = []
        for (holder, mac, open, closed) in [
            ("a", "0a", 443, 8443), ("b", "0b", 8443, 443), ("a", "0a", 443, 8443),
        ] as [(String, String, UInt16, UInt16)] {
            try claim(agent, holder, "10.9.0.100")
            let began = SystemClock.monotonic
            try eventually("\(holder) has it") { try has(agent, holder, "10.9.0.100") }
            moves.append(SystemClock.monotonic - began)
            try lead(to: mac)
            #expect(try reach(agent, "x", "10.9.0.100", open), "\(holder)")
            #expect(try !reach(agent, "x", "10.9.0.100", closed, patience: 600), "\(holder)")
            // The other's port is led nowhere.
            try lead(to: mac == "0a" ? "0b" : "0a")
            #expect(try !reach(agent, "x", "10.9.0.100", open, patience: 400), "\(holder)")
            #expect(try !reach(agent, "x", "10.9.0.100", closed, patience: 400), "\(holder)")
        }
        // The quickest: a processor that others use as well takes from each.
        #expect(moves.min() ?? .max < 1_000_000_000, "within a second: \(moves)")
        // Whom no pair permits it: the outsider is believed of what lies beyond, other guests are not.
        try claim(agent, "a", "10.9.0.11")
        try eventually("refused") { try refused(agent, "a")["arp", default: 0] == 1 }
        #expect(try has(agent, "b", "10.9.0.11"))
        try balance(agent)
        try agent.supervisor.stop()
        try agent.start()
        #expect(try has(agent, "a", "10.9.0.100"), "an agent that begins knows who has it")
        try claim(agent, "x", "10.9.0.100")
        try eventually("nobody of this host") { try !has(agent, "a", "10.9.0.100") }
        try balance(agent)
    }

    @Test(.kernel) func `a virtual address of routed guests moves its route`() throws {
        let agent = try prepare("pr")
        defer { agent.remove() }
        let pair = ", pairs: [{address: 10.9.1.100}]"
        try agent.apply(Self.policy(b: Self.onBridge, o: Self.onOwn + pair, p: pair))
        for guest in ["o", "p"] { try ip(agent, guest, "addr add 10.9.1.100/32 dev eth0") }
        let vip = try address("10.9.1.100")
        let servers = try ["o", "p"].map {
            try GuestServer(try agent.guest($0), [vip], tcp: [443, 8443], answer: 2000)
        }
        defer { servers.forEach { $0.stop() } }
        for (holder, open, closed) in [("p", 8443, 443), ("o", 443, 8443)] as [(String, UInt16, UInt16)] {
            try claim(agent, holder, "10.9.1.100")
            try eventually("\(holder) has it") { try has(agent, holder, "10.9.1.100") }
            #expect(try reach(agent, "x", "10.9.1.100", open), "\(holder)")
            #expect(try !reach(agent, "x", "10.9.1.100", closed, patience: 600), "\(holder)")
        }
        try balance(agent)
    }

    @Test(.kernel) func `what holders of a virtual address tell each other needs a rule`() throws {
        let agent = try prepare("pm")
        defer { agent.remove() }
        let pair = ", pairs: [{address: 10.9.0.100}]"
        try agent.apply(Self.policy(a: pair, b: Self.onBridge + pair, o: Self.onOwn))
        let ears = try GuestProgram(
            try agent.guest("b").namespace,
            """
            door = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112); door.settimeout(3)
            door.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.18") + socket.inet_aton("10.9.0.11"))
            reply("ready")
            for line in lines():
                try: reply(door.recvfrom(2048)[1][0])
                except OSError: reply("nothing")
            """)
        let mouths = try ["a", "x"].map { guest in
            try GuestProgram(
                try agent.guest(guest).namespace,
                """
                door = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
                door.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
                for line in lines(): door.sendto(b"!advertisement", ("224.0.0.18", 0)); reply("said")
                """)
        }
        defer { ([ears] + mouths).forEach { $0.stop() } }
        #expect(try ears.answer() == "ready")
        // Of the outsider no rule speaks.
        for mouth in mouths.reversed() { #expect(try mouth.ask("once") == "said") }
        #expect(try ears.ask("hear") == "10.9.0.10")
        #expect(try ears.ask("hear") == "nothing")
        try balance(agent)
    }

    @Test(.kernel) func `what interfaces of two VPCs may use is refused in words`() throws {
        let agent = try AgentUnderTest("p2")
        defer { agent.remove() }
        try agent.start()
        let pair = ", pairs: [{address: 10.9.0.0/24}]"
        let other = """

              - name: other
                cidrs: [10.8.0.0/16]
                subnets: [{name: s, cidr: 10.8.0.0/24}]
                instances:
                  - name: q
                    interfaces: [{name: eth0, subnet: s, address: 10.8.0.10, device: gh-q, pairs: [{address: 10.9.0.100}]}]
            """
        let text = Self.policy(a: pair, b: Self.onBridge, o: Self.onOwn) + other
        #expect {
            try agent.apply(text)
        } throws: {
            "\($0)".contains("VPCs shop and other both may use 10.9.0.0/24")
        }
        #expect(try agent.status().revision == 0)
    }
}
