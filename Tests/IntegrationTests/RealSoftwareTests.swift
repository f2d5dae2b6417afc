import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Programs that stand beside an agent on real hosts, as their packages bring them: `scripts/setup` installs them.
@Suite(.serialized) struct RealSoftwareTests {
    private static func policy(web: String = "", app: String = "ingress tcp/8080 from group:web") -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups:
              - {name: web, rules: [\(web)]}
              - {name: app, rules: [\(app)]}
            instances:
              - name: web
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-web, groups: [web]}]
              - name: app
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.11, "fd00:1::11"], device: gh-app, groups: [app]}]
        """
    }

    private func agent(_ label: String, webHasAddresses: Bool = true) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        if webHasAddresses {
            try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        } else {
            let space = try agent.host.addGuest("web", device: "gh-web", addresses: [])
            agent.adopt(Guest(namespace: space), as: "web")
        }
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        return agent
    }

    /// A program that runs until the test ends.
    private func background(_ words: String..., in namespace: String) throws -> ChildProcess {
        var options = ChildProcess.Options()
        options.namespace = namespace
        options.diesWithParent = true
        return try ChildProcess(words[0], Array(words.dropFirst()), options: options)
    }

    private func stop(_ process: ChildProcess) {
        process.terminate()
        _ = try? process.wait()
    }

    /// That the books balance, and records and events say the same of what was refused.
    private func expectBooks(_ agent: AgentUnderTest, mayLose: Bool = false) throws {
        var report = try agent.books(settle: 60)
        try agent.ask(.flush)
        report = try agent.books(settle: 30)
        #expect(report.isBalanced, "\(report.lines)")
        if !mayLose { #expect(report.lines.allSatisfy { $0.lost.isZero }, "\(report.lines)") }
    }

    // MARK: dnsmasq

    @Test(.kernel)
    func `dnsmasq on the host gives a guest without any rule its addresses and its route, and nothing else passes`()
        throws
    {
        let agent = try agent("rd", webHasAddresses: false)
        defer { agent.remove() }
        try agent.apply(Self.policy())
        let (host, web) = (agent.host.name, try agent.guest("web"))
        let folder = agent.folder.path + "-dhcp"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // As a hypervisor has it: the gateway's address on the guest's device, for dnsmasq to serve its range there.
        for address in ["10.1.0.1/24", "fd00:1::1/64"] {
            try TestHost.run("ip", "-n", host, "addr", "add", address, "dev", "gh-web", "noprefixroute", "nodad")
        }
        let server = try background(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--interface=gh-web",
            "--bind-dynamic", "--dhcp-authoritative", "--dhcp-range=10.1.0.10,10.1.0.10,255.255.255.0,1h",
            "--dhcp-range=fd00:1::10,fd00:1::10,64,1h", "--enable-ra", "--dhcp-leasefile=\(folder)/leases",
            "--pid-file=\(folder)/pid", "--log-facility=\(folder)/log", in: host)
        defer { stop(server) }
        let script = folder + "/lease"
        try DurableFile.replace(
            script,
            with: Array(
                """
                #!/bin/sh
                case "$1$reason" in
                bound) ip addr add "$ip/24" dev eth0; echo "$ip" > \(folder)/4 ;;
                BOUND6) ip addr add "$new_ip6_address/128" dev eth0 nodad; echo "$new_ip6_address" > \(folder)/6 ;;
                esac

                """.utf8))
        try TestHost.run("chmod", "755", script)
        let four = try background(
            "udhcpc", "-f", "-q", "-i", "eth0", "-t", "100", "-T", "1", "-s", script, in: web.namespace)
        defer { stop(four) }
        // A tentative address is none to bind to.
        try eventually("the guest's link-local address") {
            let text = try TestHost.run("ip", "-6", "-n", web.namespace, "addr", "show", "dev", "eth0", "scope", "link")
            return text.contains("fe80") && !text.contains("tentative")
        }
        let six = try background(
            "dhclient", "-6", "-d", "-1", "-cf", "/dev/null", "-sf", script, "-lf", "\(folder)/lease6", "-pf",
            "\(folder)/pid6", "eth0", in: web.namespace)
        defer { stop(six) }
        func read(_ name: String) -> String {
            String(decoding: (try? DurableFile.read("\(folder)/\(name)")) ?? [], as: UTF8.self)
        }
        try eventually("an IPv4 lease: \(read("log"))") { read("4") == "10.1.0.10\n" }
        try eventually("an IPv6 lease: \(read("log"))") { read("6") == "fd00:1::10\n" }
        try eventually("a route that the host advertised") {
            try TestHost.run("ip", "-6", "-n", web.namespace, "route").contains("default via fe80:")
        }
        // A server of another host is no upkeep, and the guest's own traffic needs rules.
        try TestHost.run("ip", "-n", web.namespace, "route", "replace", "default", "via", "10.1.0.1", mayFail: true)
        #expect(try web.tcp(try address("10.1.0.11"), 8080, patience: 300) == .silence)
        #expect(try web.udp(try address("10.1.0.1"), 53, patience: 300) == .silence)
        try expectBooks(agent)
        try eventually("the refusals' events") {
            let refused = try agent.events().filter { $0.verdict == .drop }
            return refused.contains { $0.targetPort == 8080 } && refused.contains { $0.targetPort == 53 }
        }
        let events = try agent.events()
        let dhcp: Set<UInt16> = [67, 68, 546, 547]
        #expect(
            events.allSatisfy { $0.verdict == .drop || $0.targetPort.map { dhcp.contains($0) } ?? false }, "\(events)")
        #expect(
            !events.contains { $0.verdict == .drop && $0.targetPort.map { dhcp.contains($0) } ?? false }, "\(events)")
    }

    // MARK: a firewall's restart

    /// As Debian's nftables.service loads it.
    private static let firewall = """
        flush ruleset
        table inet filter {
            chain input { type filter hook input priority filter; policy accept; }
            chain forward {
                type filter hook forward priority filter; policy drop;
                ct state established,related accept
                iifname "gh-*" accept
            }
            chain output { type filter hook output priority filter; policy accept; }
        }

        """

    @Test(.kernel) func `a firewall that flushes the ruleset takes neither sessions nor rules away for long`() throws {
        let agent = try agent("rf")
        defer { agent.remove() }
        try agent.apply(
            Self.policy(
                web: "egress tcp/8080 to group:app, egress udp/9000 to any",
                app: "ingress tcp/8080 from group:web, ingress udp/9000 from group:web"))
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        let web = try agent.guest("web")
        let server = try GuestProgram(
            try agent.guest("app").namespace, MovedSessionTests.server("10.1.0.11", 9000, isTCP: false))
        defer { server.stop() }
        #expect(try server.answer() == "ready")
        let client = try GuestProgram(web.namespace, MovedSessionTests.client("10.1.0.11", 9000, isTCP: false))
        defer { client.stop() }
        #expect(try client.answer() == "open")
        let path = agent.folder.path + "-nftables.conf"
        try DurableFile.replace(path, with: Array(Self.firewall.utf8))
        defer { try? FileManager.default.removeItem(atPath: path) }
        for round in 1...5 {
            let repairs = try agent.status().repairs
            try TestHost.run("nft", "-f", path, in: agent.host.name)
            try eventually("repair \(round)") { try agent.status().repairs > repairs }
            #expect(try web.tcp(target, 8080) == .answered(1000))
            #expect(try web.tcp(target, 22, patience: 300) == .silence)
            // Its session is from before; the server speaks first.
            #expect(try server.ask("3000") == "sent 3000")
            #expect(try client.ask("3000") == "3000")
        }
        #expect(
            try agent.status().foreignDrops?.contains {
                $0.hasPrefix("table inet filter, chain forward (hook forward, priority 0): policy drop")
            } == true)
        try expectBooks(agent, mayLose: true)
        #expect(try agent.events().contains { $0.verdict == .drop && $0.targetPort == 22 })
    }

    // MARK: a container engine

    private static let network = """
        {"container_id": "c1", "container_name": "box",
         "networks": {"boxes": {"static_ips": ["10.89.0.2"], "interface_name": "eth0"}},
         "network_info": {"boxes": {"name": "boxes", "driver": "bridge", "network_interface": "boxes",
           "id": "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",
           "subnets": [{"subnet": "10.89.0.0/24", "gateway": "10.89.0.1"}], "ipv6_enabled": false, "internal": false,
           "dns_enabled": false, "ipam_options": {"driver": "host-local"}}},
         "port_mappings": [{"host_ip": "", "container_port": 80, "host_port": 8088, "range": 1, "protocol": "tcp"}]}
        """

    @Test(.kernel)
    func
        `podman's network stands beside the gate: guests reach a published port by its container, and the container guests`()
        throws
    {
        let agent = try agent("rc")
        defer { agent.remove() }
        let host = agent.host.name
        try agent.apply(
            Self.policy(web: "egress tcp/80 to 10.89.0.2", app: "ingress tcp/8080 from 10.89.0.0/24"))
        let box = "\(host)box"
        try TestHost.run("ip", "netns", "add", box)
        defer { _ = try? TestHost.run("ip", "netns", "del", box, mayFail: true) }
        let engine = "/usr/lib/podman/netavark"
        let folder = agent.folder.path + "-boxes"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let setup = try ChildProcess.run(
            engine, ["--config", folder, "setup", "/run/netns/\(box)"], input: Array(Self.network.utf8), namespace: host
        )
        try #require(setup.exit == .code(0), "\(setup.errors)")
        let container = Guest(namespace: box)
        let published = try GuestServer(container, [try address("10.89.0.2")], tcp: [80, 81], udp: [])
        defer { published.stop() }
        let app = try GuestServer(try agent.guest("app"), [try address("10.1.0.11")], tcp: [8080, 22], udp: [])
        defer { app.stop() }
        let web = try agent.guest("web")
        // By the host's published port, and by itself.
        try eventually("the published port") {
            try web.tcp(try address("10.1.0.1"), 8088, patience: 1000) == .answered(1000)
        }
        #expect(try web.tcp(try address("10.89.0.2"), 80) == .answered(1000))
        #expect(try web.tcp(try address("10.89.0.2"), 81, patience: 300) == .silence)
        #expect(try agent.guest("app").tcp(try address("10.1.0.1"), 8088, patience: 300) == .silence)
        #expect(try container.tcp(try address("10.1.0.11"), 8080) == .answered(1000))
        #expect(try container.tcp(try address("10.1.0.11"), 22, patience: 300) == .silence)
        #expect(try container.tcp(try address("10.1.0.10"), 80, patience: 300) == .silence)
        try expectBooks(agent)
        let records = try agent.records()
        #expect(
            records.contains {
                $0.verdict == .accept && $0.direction == .ingress && $0.key.targetPort == 8080
                    && $0.fromTarget.bytes > 1000
            })
        try eventually("the events") {
            let events = try agent.events()
            return events.contains { $0.verdict == .accept && $0.direction == .egress && $0.targetPort == 80 }
                && events.contains { $0.verdict == .drop && $0.direction == .ingress && $0.targetPort == 22 }
                && events.contains { $0.verdict == .drop && $0.direction == .egress && $0.targetPort == 80 }
        }
        let drops = try agent.status().foreignDrops
        #expect(drops == [])
        _ = try ChildProcess.run(
            engine, ["--config", folder, "teardown", "/run/netns/\(box)"], input: Array(Self.network.utf8),
            namespace: host)
        #expect(try agent.status().repairs == 0)
    }
}
