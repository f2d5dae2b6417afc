import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// Addresses that guests get by DHCP, learned from their leases.
@Suite(.serialized) struct LeaseTests {
    private static func policy(servers: String = "") -> String {
        """
        project: shop
        bridges: [{name: br0, uplinks: [gh-x]}]
        vpcs:
          - name: shop
            cidrs: [10.9.0.0/16]
            subnets: [{name: all, cidr: 10.9.0.0/24, dhcp: true\(servers)}]
            groups:
              - {name: web, rules: [ingress tcp/443 from any]}
              - {name: client, rules: [egress tcp/443 to group:web]}
            instances:
              - name: a
                interfaces: [{name: eth0, subnet: all, mac: "02:00:00:00:00:0a", device: gh-a, groups: [web]}]
              - name: b
                interfaces: [{name: eth0, subnet: all, address: 10.9.0.11, mac: "02:00:00:00:00:0b", device: gh-b, groups: [client]}]
        """
    }

    private func prepare(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addBridge("br0", addresses: ["10.9.0.1/24"], switches: false)
        try agent.addBridgedGuest("a", on: "br0", addresses: [], mac: "02:00:00:00:00:0a")
        try agent.addBridgedGuest("b", on: "br0", addresses: ["10.9.0.11/24"], mac: "02:00:00:00:00:0b")
        try agent.addBridgedGuest("x", on: "br0", addresses: ["10.9.0.99/24"], mac: "02:00:00:00:00:99")
        try agent.start()
        return agent
    }

    private func background(_ words: String..., in namespace: String) throws -> ChildProcess {
        var options = ChildProcess.Options()
        options.namespace = namespace
        options.diesWithParent = true
        return try ChildProcess(words[0], Array(words.dropFirst()), options: options)
    }

    private func addresses(_ agent: AgentUnderTest) throws -> [String] {
        try agent.interfaces().first { $0.interface == "a/eth0" }?.addressTexts ?? []
    }

    /// Acknowledgements of a server, byte for byte: `ADDRESS MAC SECONDS`.
    private func server(_ namespace: String, device: String) throws -> GuestProgram {
        let program = try GuestProgram(
            namespace,
            """
            door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"\(device)")
            door.bind(("", 67))
            reply("ready")
            for address, mac, seconds in lines():
                body = struct.pack("!BBBBIHH", 2, 1, 6, 0, 7, 0, 0x8000) + b"\\0" * 4 + socket.inet_aton(address) + b"\\0" * 8
                body += bytes.fromhex(mac.replace(":", "")) + b"\\0" * 202 + bytes.fromhex("63825363")
                body += bytes([53, 1, 5, 51, 4]) + struct.pack("!I", int(seconds)) + b"\\xff"
                door.sendto(body, ("255.255.255.255", 68)); reply("told")
            """)
        #expect(try program.answer() == "ready")
        return program
    }

    @Test(.kernel) func `an address is learned from the lease of dnsmasq, kept over a restart, and given back`() throws
    {
        let agent = try prepare("dl")
        defer { agent.remove() }
        try agent.apply(Self.policy())
        #expect(try addresses(agent) == [])
        let folder = agent.folder.path + "-dhcp"
        try DurableFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try background(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--interface=br0",
            "--bind-dynamic", "--dhcp-authoritative", "--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h",
            "--dhcp-leasefile=\(folder)/leases", "--pid-file=\(folder)/pid", in: agent.host.name)
        defer {
            server.terminate()
            _ = try? server.wait()
        }
        let script = folder + "/lease"
        try DurableFile.replace(
            script, with: Array("#!/bin/sh\n[ $1 != bound ] || ip addr add $ip/24 dev eth0\n".utf8))
        try TestHost.run("chmod", "755", script)
        let client = try background(
            "udhcpc", "-f", "-R", "-i", "eth0", "-t", "100", "-T", "1", "-s", script, in: try agent.guest("a").namespace
        )
        try eventually("the lease") { try addresses(agent) == ["10.9.0.50"] }
        try eventually("the guest's address") {
            try TestHost.run("ip", "-n", try agent.guest("a").namespace, "addr").contains("10.9.0.50")
        }
        let lease = try address("10.9.0.50")
        let web = try GuestServer(try agent.guest("a"), [lease], tcp: [443, 22], answer: 2000)
        defer { web.stop() }
        func reach(_ guest: String, _ port: UInt16, patience: Int32 = 5000) throws -> Bool {
            try agent.guest(guest).tcp(lease, port, bytes: 1000, patience: patience).isAnswered
        }
        #expect(try reach("b", 443), "a member of its group")
        #expect(try reach("x", 443))
        #expect(try !reach("x", 22, patience: 600))
        #expect(try agent.books(settle: 20).isBalanced)
        try agent.supervisor.stop()
        try agent.start()
        #expect(try addresses(agent) == ["10.9.0.50"])
        #expect(try reach("x", 443))
        client.terminate()
        _ = try client.wait()
        try eventually("given back") { try addresses(agent) == [] }
        #expect(try !reach("x", 443, patience: 600))
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
    }

    @Test(.kernel) func `no other server than the host or a permitted one gives an address, and time ends it`() throws {
        let agent = try prepare("de")
        defer { agent.remove() }
        try agent.apply(Self.policy())
        let own = try server(agent.host.name, device: "br0")
        let rogues = try ["b", "x"].map { try server(try agent.guest($0).namespace, device: "eth0") }
        defer { ([own] + rogues).forEach { $0.stop() } }
        let mac = "02:00:00:00:00:0a"
        for rogue in rogues { #expect(try rogue.ask("10.9.0.66 \(mac) 600") == "told") }
        // Another's MAC, another subnet, another's address, the host's own.
        for line in [
            "10.9.0.60 02:00:00:00:00:0b 600", "10.8.0.60 \(mac) 600", "10.9.0.11 \(mac) 600", "10.9.0.1 \(mac) 600",
        ] {
            #expect(try own.ask(line) == "told")
        }
        try eventually("said") { try agent.status().problems.contains { $0.contains("another interface has") } }
        #expect(try addresses(agent) == [])
        let b = try agent.interfaces().first { $0.interface == "b/eth0" }
        // What it says itself, and what the other says to everybody.
        #expect(b?.refused["dhcp-server", default: 0] == 2, "\(String(describing: b))")
        #expect(try own.ask("10.9.0.60 \(mac) 3") == "told")
        try eventually("learned") { try addresses(agent) == ["10.9.0.60"] }
        try eventually("over") { try addresses(agent) == [] }
        try agent.apply(Self.policy(servers: ", dhcp_servers: [10.9.0.99]"))
        #expect(try rogues[0].ask("10.9.0.67 \(mac) 600") == "told")
        #expect(try rogues[1].ask("10.9.0.68 \(mac) 600") == "told")
        try eventually("learned from the permitted server") { try addresses(agent) == ["10.9.0.68"] }
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
    }

    @Test(.kernel) func `what attach makes without an address learns it`() throws {
        let agent = try prepare("da")
        defer { agent.remove() }
        try agent.apply(Self.policy())
        try agent.addBridgedGuest("c", on: "br0", addresses: [], mac: "02:00:00:00:00:0c")
        let request = DeviceAttachRequest(
            instance: "c", interface: "eth0", device: "gh-c", mac: MACAddress("02:00:00:00:00:0c"), groups: ["web"])
        guard case .receipt = try agent.ask(.attach(request)) else { throw AgentUnderTest.Unexpected() }
        let own = try server(agent.host.name, device: "br0")
        defer { own.stop() }
        #expect(try own.ask("10.9.0.70 02:00:00:00:00:0c 600") == "told")
        try eventually("learned") {
            try agent.interfaces().contains { $0.interface == "c/eth0" && $0.addressTexts == ["10.9.0.70"] }
        }
        // Over an apply as well.
        try agent.apply(Self.policy())
        #expect(try agent.interfaces().contains { $0.interface == "c/eth0" && $0.addressTexts == ["10.9.0.70"] })
    }
}
