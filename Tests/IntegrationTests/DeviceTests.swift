import Glibc
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Devices that are not there, are no longer named, or are no guest's own: never open, never said to be judged.
@Suite(.serialized) struct DeviceTests {
    private func agent(_ label: String, guests: [String] = ["web", "app"]) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        for guest in guests { try add(guest, to: agent) }
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        return agent
    }

    private func add(_ guest: String, to agent: AgentUnderTest) throws {
        try agent.addGuest(guest, addresses: guest == "web" ? ["10.1.0.10/24"] : ["10.1.0.11/24"])
    }

    private func ip(_ agent: AgentUnderTest, _ words: String) throws {
        let run = try ChildProcess.run(
            "ip", ["-n", agent.host.name] + words.split(separator: " ").map(String.init))
        try #require(run.exit == .code(0), "\(words): \(run.errors)")
    }

    /// UDP datagrams that came to a guest, for whatever port.
    private func datagrams(_ agent: AgentUnderTest, _ guest: String) throws -> Int {
        let space = try agent.guest(guest).namespace
        let lines = try TestHost.run("cat", "/proc/net/snmp", in: space).split(separator: "\n").filter {
            $0.hasPrefix("Udp: ")
        }
        let names = lines[0].split(separator: " ")
        let values = lines[1].split(separator: " ")
        return ["InDatagrams", "NoPorts"].map { name in names.firstIndex { $0 == name }.flatMap { Int(values[$0]) } ?? 0
        }
        .reduce(0, +)
    }

    private func wait(_ what: String, _ agent: AgentUnderTest, _ isTrue: (AgentStatus) throws -> Bool) throws {
        try eventually("\(what): \((try? agent.status()).map { "\($0)" } ?? "no status")") {
            try isTrue(agent.status())
        }
    }

    @Test(.kernel) func `a device that comes late is judged from its first packet, also while the agent stands still`()
        throws
    {
        let agent = try agent("d1", guests: ["app"])
        defer { agent.remove() }
        #expect(try agent.status().missingDevices == ["gh-web"])
        let process = try #require(agent.supervisor.process)
        kill(process.pid, SIGSTOP)
        try add("web", to: agent)
        let web = try agent.guest("web")
        try TestHost.run("ip", "-n", web.namespace, "addr", "add", "10.1.0.77/24", "dev", "eth0")
        let before = try datagrams(agent, "app")
        // To a port that no rule admits, from its own address and from another's.
        for source in ["10.1.0.77", "10.1.0.10"] {
            try TestHost.run(
                "ip", "-n", web.namespace, "route", "replace", "10.1.0.11", "via", "10.1.0.1", "dev", "eth0",
                "onlink", "src", source)
            for _ in 0..<20 { _ = try web.udp(try address("10.1.0.11"), 7777, patience: 1) }
        }
        #expect(try datagrams(agent, "app") == before)
        kill(process.pid, SIGCONT)
        try wait("the device", agent) { $0.missingDevices.isEmpty }
        let servers = try GuestServer(try agent.guest("app"), [try address("10.1.0.11")], tcp: [8080], udp: [])
        defer { servers.stop() }
        try eventually("a session") { try web.tcp(try address("10.1.0.11"), 8080, patience: 500) == .answered(1000) }
        // What was refused before the agent looked is in books and log, under the right interface.
        let events = try agent.events().filter { $0.source.description == "10.1.0.77" }
        #expect(!events.isEmpty && events.allSatisfy { $0.device == "gh-web" && $0.reason == .guarded(.spoof) })
        #expect(try agent.books(settle: 60).lines.allSatisfy { $0.unexplained.packets == 0 })
    }

    @Test(.kernel) func `a device whose name was mistyped stays refused until it is released`() throws {
        let agent = try agent("d2")
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080], udp: [])
        defer { servers.stop() }
        let web = try agent.guest("web")
        #expect(try web.tcp(target, 8080) == .answered(1000))
        let mistyped = FirstSessionTests.policy.replacing("gh-web", with: "gh-wbe")
        guard case .outlook(let outlook) = try agent.ask(.outlook(policy: try agent.policy(mistyped))) else {
            Issue.record("no outlook")
            return
        }
        #expect(outlook == DeviceOutlook(missing: ["gh-wbe"], notEnforced: [], held: ["gh-web"]))
        let receipt = try agent.apply(mistyped)
        #expect(receipt.missingDevices == ["gh-wbe"])
        #expect(receipt.heldDevices == ["gh-web"])
        #expect(try agent.status().problems == [])
        let before = try datagrams(agent, "app")
        func isRefused() throws {
            #expect(try web.tcp(target, 8080, patience: 300) == .silence)
            _ = try web.udp(target, 7777, patience: 1)
            #expect(try datagrams(agent, "app") == before)
            #expect(try agent.status().heldDevices == ["gh-web"])
        }
        try isRefused()
        try eventually("its events") {
            try agent.events().contains { $0.device == "gh-web" && $0.reason == .guarded(.held) }
        }
        // Killed, and with the table gone.
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        try agent.start()
        try isRefused()
        #expect(
            throws: AgentClient.Failure.refused(
                "device \"gh-app\" is not held; those that are: gh-web")
        ) { try agent.ask(.release(device: "gh-app")) }
        try agent.ask(.release(device: "gh-web"))
        #expect(try agent.status().heldDevices == [])
        // Nobody judges it: the address is nobody's here.
        _ = try web.udp(target, 7777, patience: 1)
        try agent.apply(FirstSessionTests.policy)
        #expect(try web.tcp(target, 8080) == .answered(1000))
        #expect(try agent.status().heldDevices == [])
    }

    @Test(.kernel) func `a held device that goes is no longer held`() throws {
        let agent = try agent("d3")
        defer { agent.remove() }
        try agent.apply(FirstSessionTests.policy.replacing("gh-web", with: "gh-wbe"))
        #expect(try agent.status().heldDevices == ["gh-web"])
        try ip(agent, "link set gh-web name gh-w2")
        try wait("the new name", agent) { $0.heldDevices == ["gh-w2"] }
        try ip(agent, "link del gh-w2")
        try wait("its end", agent) { $0.heldDevices == [] }
    }

    @Test(.kernel) func `a device that is renamed is refused under its new name, and the span is said`() throws {
        let agent = try agent("d4")
        defer { agent.remove() }
        try ip(agent, "link set gh-web name stray0")
        try wait("the hold", agent) { $0.heldDevices == ["stray0"] }
        let web = try agent.guest("web")
        let before = try datagrams(agent, "app")
        for _ in 0..<5 { _ = try web.udp(try address("10.1.0.11"), 7777, patience: 1) }
        #expect(try datagrams(agent, "app") == before)
        let span = try #require(try agent.status().unguarded?.last)
        #expect(span.devices == ["stray0"])
        #expect(span.until.map { $0 > span.since } == true)
        // As it was: judged by its rules.
        try ip(agent, "link set stray0 name gh-web")
        try wait("the device", agent) { $0.heldDevices == [] && $0.missingDevices == [] }
        let servers = try GuestServer(try agent.guest("app"), [try address("10.1.0.11")], tcp: [8080], udp: [])
        defer { servers.stop() }
        try eventually("a session") { try web.tcp(try address("10.1.0.11"), 8080, patience: 500) == .answered(1000) }
    }

    /// What makes of `gh-web`, or of `stray`, a device that rules cannot judge; the words that name it.
    private static let unfit: [(commands: [String], device: String, words: String)] = [
        (["link add br1 type bridge"], "br1", "is a device of kind bridge"),
        (["link add vrf0 type vrf table 77", "link set gh-web master vrf0"], "gh-web", "is a member of VRF vrf0"),
        (
            ["link add bond0 type bond", "link set gh-web down", "link set gh-web master bond0"], "gh-web",
            "of bond bond0"
        ),
        (["link add mv0 link gh-web type macvlan"], "mv0", "is a device of kind macvlan"),
        (["link add mt0 link gh-web type macvtap"], "mt0", "is a device of kind macvtap"),
        (["link add vl0 link gh-web type vlan id 7"], "vl0", "is a device of kind vlan"),
        ([], "lo", "the host's own loopback"),
        (["addr add 192.0.2.1/24 dev gh-web"], "gh-web", "has the host's own address 192.0.2.1"),
        (["addr add 2001:db8::1/64 dev gh-web nodad"], "gh-web", "has the host's own address 2001:db8::1"),
        (
            ["link set gh-web up", "route add default dev gh-web"], "gh-web",
            "the host's default route leads over gh-web"
        ),
        (
            ["link set gh-web up", "-6 route add default dev gh-web"], "gh-web",
            "the host's default route leads over gh-web"
        ),
    ]

    @Test(.kernel, arguments: unfit.indices)
    func `a device that rules cannot judge is refused by name, and nothing changes`(index: Int) throws {
        let (commands, device, words) = Self.unfit[index]
        let agent = try AgentUnderTest("e\(index)")
        defer { agent.remove() }
        for guest in ["web", "app"] { try add(guest, to: agent) }
        try agent.start()
        for command in commands {
            let run = try ChildProcess.run(
                "ip", ["-n", agent.host.name] + command.split(separator: " ").map(String.init))
            // A kernel may be without VRFs, bonds or VLANs; `DeviceAttachmentTests` knows them all.
            if run.errors.contains("Unknown device type") { return }
            try #require(run.exit == .code(0), "\(command): \(run.errors)")
        }
        let policy = FirstSessionTests.policy.replacing("gh-web", with: device)
        do {
            _ = try agent.apply(policy)
            Issue.record("\(device) was taken")
        } catch let AgentClient.Failure.refused(text) {
            #expect(text.contains("shop: web/eth0: ") && text.contains(words) && text.contains(device), "\(text)")
        }
        #expect(try agent.status().revision == 0)
    }

    @Test(.kernel) func `a device that a bridge takes is judged there, and as its own when it leaves it`() throws {
        let agent = try agent("d6")
        defer { agent.remove() }
        func attachment() throws -> String? {
            let status: AgentStatus = try agent.status()
            return status.attachments?.first { $0.interface == "shop: web/eth0" }?.words
        }
        #expect(try attachment() == "shop: web/eth0 own")
        try ip(agent, "link add br0 type bridge")
        try ip(agent, "link set gh-web master br0")
        try eventually("the bridge") { try attachment() == "shop: web/eth0 bridged (br0)" }
        // A control plane's revision is taken, and says where the interface hangs.
        var next = Revision.none.next(
            policy: try agent.policy(FirstSessionTests.policy), actor: "ada", origin: "test",
            at: Timestamp(nanoseconds: SystemClock.realtime))
        next = Revision(
            number: 7, madeAt: next.madeAt, actor: "ada", origin: "test", policy: next.policy, ruleOrigins: [:],
            notes: [])
        guard case .receipt(let receipt) = try agent.ask(.adopt(revision: next, sessions: .cut)) else {
            Issue.record("no receipt")
            return
        }
        #expect(receipt.notEnforced == [] && receipt.attachments?.first?.attachment == .bridged)
        try ip(agent, "link set gh-web nomaster")
        try eventually("the end of it") { try attachment() == "shop: web/eth0 own" }
        #expect(try agent.status().problems == [])
        let servers = try GuestServer(try agent.guest("app"), [try address("10.1.0.11")], tcp: [8080], udp: [])
        defer { servers.stop() }
        let web = try agent.guest("web")
        try eventually("a session") { try web.tcp(try address("10.1.0.11"), 8080, patience: 500) == .answered(1000) }
    }

    @Test(.kernel) func `an interface with its gateway's address is refused everything, and said`() throws {
        let agent = try agent("d7")
        defer { agent.remove() }
        let former = try agent.policy(FirstSessionTests.policy)
        let vpc = former.vpcs[0]
        var instances = vpc.instances
        let web = instances[0].interfaces[0]
        instances[0] = Instance(
            id: instances[0].id, name: instances[0].name,
            interfaces: [
                Interface(
                    id: web.id, name: web.name, subnet: web.subnet, addresses: [try address("10.1.0.1")], mac: nil,
                    device: web.device, groups: web.groups)
            ])
        var policy = former
        policy.vpcs[0] = VPC(
            id: vpc.id, name: vpc.name, prefixes: vpc.prefixes, subnets: vpc.subnets, groups: vpc.groups,
            instances: instances)
        do {
            try agent.ask(.apply(policy: policy, origin: "test", sessions: .cut))
            Issue.record("the gateway's address was taken")
        } catch let AgentClient.Failure.refused(text) {
            #expect(text.contains("10.1.0.1 is the address that the host answers for"), "\(text)")
        }
    }

    @Test(.kernel) func `what another program takes before the rules is told by the device's own counts`() throws {
        let agent = try agent("d8")
        defer { agent.remove() }
        try TestHost.run(
            "nft",
            "add table netdev other; "
                + "add chain netdev other c { type filter hook ingress device gh-web priority 0; }; "
                + "add rule netdev other c ip protocol udp drop", in: agent.host.name)
        let web = try agent.guest("web")
        try eventually("the words") {
            for _ in 0..<200 { _ = try web.udp(try address("10.1.0.11"), 7777, patience: 1) }
            return try agent.status().problems.contains {
                $0.hasPrefix("counts: the guest of gh-web sent ") && $0.contains("rules saw ")
            }
        }
    }

    @Test(.kernel, arguments: ["route add default dev gh-web", "addr add 192.0.2.1/24 dev gh-web"])
    func `a guest's device that becomes the host's own later is judged on, and said`(words: String) throws {
        let agent = try agent("d9")
        defer { agent.remove() }
        try ip(agent, words)
        try wait("the words", agent) { !($0.notEnforced ?? []).isEmpty }
        func isJudged() throws {
            let web = try agent.guest("web")
            let before = try datagrams(agent, "app")
            for _ in 0..<5 { _ = try web.udp(try address("10.1.0.11"), 7777, patience: 1) }
            #expect(try datagrams(agent, "app") == before)
            let ports = try TestHost.run("nft", "list", "set", "inet", "gatehouse", "ports", in: agent.host.name)
            #expect(ports.contains("gh-web"))
        }
        try isJudged()
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        try agent.start()
        try isJudged()
        #expect(try !(agent.status().notEnforced ?? []).isEmpty)
    }

    @Test(.kernel) func `an interface whose device is at another host is a peer like any other`() throws {
        let agent = try agent("da", guests: ["app"])
        defer { agent.remove() }
        // The file names `web` as well; its device is elsewhere, and its packets come over the uplink.
        let outside = try agent.host.addGuest("o", device: "uplink", addresses: ["10.1.0.10/24"])
        try TestHost.run("ip", "-n", outside, "route", "replace", "default", "via", "10.1.0.1", "dev", "eth0", "onlink")
        try ip(agent, "addr add 192.0.2.1/24 dev uplink")
        try ip(agent, "route add 10.1.0.10 dev uplink")
        try TestHost.run("sysctl", "-qw", "net.ipv4.conf.uplink.proxy_arp=1", in: agent.host.name)
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        let web = Guest(namespace: outside)
        try eventually("a member's session") { try web.tcp(target, 8080, patience: 500) == .answered(1000) }
        #expect(try web.tcp(target, 22, patience: 300) == .silence)
        #expect(try agent.status().missingDevices == ["gh-web"])
        let books = try agent.books(settle: 10)
        #expect(books.isBalanced)
        #expect(Set(books.lines.map(\.interface)) == ["app/eth0"])
    }

    @Test(.kernel) func `a guest's device may have its gateway's address, for a DHCP server`() throws {
        let agent = try AgentUnderTest("db")
        defer { agent.remove() }
        for guest in ["web", "app"] { try add(guest, to: agent) }
        try agent.start()
        try ip(agent, "addr add 10.1.0.1/24 dev gh-web noprefixroute")
        #expect(try agent.apply(FirstSessionTests.policy).notEnforced == [])
        let servers = try GuestServer(try agent.guest("app"), [try address("10.1.0.11")], tcp: [8080], udp: [])
        defer { servers.stop() }
        let web = try agent.guest("web")
        try eventually("a session") { try web.tcp(try address("10.1.0.11"), 8080, patience: 500) == .answered(1000) }
    }
}
