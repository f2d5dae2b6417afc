import Model
import Netlink
import Rehearsal
import TestSupport
import Testing

/// What the host itself sends, also where another table translates its target.
@Suite(.serialized) struct HostTrafficTests {
    private static let service = IPAddress(ipv4: 0x0a60_0001)

    /// Another table that leads the host's own packets for a service address to guest 0.
    private func publish(_ gate: Gate, port: UInt16) throws {
        try TestHost.run("nft", "delete", "table", "inet", "mute", in: gate.judged.host.name)
        try TestHost.run("ip", "-n", gate.judged.host.name, "route", "add", "10.96.0.0/16", "dev", "up0")
        for command in [
            "add table ip nat", "add chain ip nat output { type nat hook output priority -100; }",
            "add rule ip nat output ip daddr \(Self.service) tcp dport 80 dnat to \(Gate.address(0)):\(port)",
            "add rule ip nat output ip daddr \(Self.service) udp dport 53 dnat to \(Gate.address(0)):\(port)",
        ] { try TestHost.run("nft", command, in: gate.judged.host.name) }
    }

    private func key(_ target: IPAddress, _ port: UInt16, from source: UInt16 = 40_000) -> FlowKey {
        FlowKey(
            initiator: Gate.host[0], target: target, transport: .tcp, initiatorPort: source, targetPort: port)
    }

    @Test(.kernel, arguments: [true, false])
    func `the host's packet to a translated target is judged where it arrives, once`(isAdmitted: Bool) throws {
        let gate = try Gate("h1")
        defer { gate.remove() }
        try gate.enforce([0: isAdmitted ? ["ingress tcp/8080 from 10.1.0.1"] : ["ingress tcp/80 from any"]])
        try publish(gate, port: 8080)
        try gate.watch(0, "tcp dport 8080")
        let before = try gate.judged.counters()
        #expect(try gate.judged.sendFromHost(key(Self.service, 80), tcpFlags: 2) == isAdmitted)
        #expect(try gate.arrived(0) == (isAdmitted ? 1 : 0))
        #expect(
            try gate.told() == [
                isAdmitted
                    ? "ingress i0 accept: ingress tcp/8080 from 10.1.0.1"
                    : "ingress i0 drop: default refusal of ingress in group g0"
            ])
        let after = try gate.judged.counters()
        #expect(after.values.reduce(0, +) - before.values.reduce(0, +) == 1)
        #expect(try gate.counted().count == (isAdmitted ? 0 : 1))
        #expect(try gate.judged.sessions().filter { $0.mark != 0 }.count == (isAdmitted ? 1 : 0))
    }

    @Test(.kernel) func `the host's packets to an instance are judged and counted once each`() throws {
        let gate = try Gate("h2")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress tcp/22 from 10.1.0.1"]])
        try TestHost.run("nft", "delete", "table", "inet", "mute", in: gate.judged.host.name)
        try gate.watch(0, "tcp dport { 22, 23 }")
        let before = try gate.judged.counters()
        #expect(try gate.judged.sendFromHost(key(Gate.address(0), 22), tcpFlags: 2))
        #expect(try !gate.judged.sendFromHost(key(Gate.address(0), 23), tcpFlags: 2))
        #expect(try gate.arrived(0) == 1)
        #expect(
            try gate.told() == [
                "ingress i0 accept: ingress tcp/22 from 10.1.0.1",
                "ingress i0 drop: default refusal of ingress in group g0",
            ])
        let after = try gate.judged.counters()
        #expect(after.values.reduce(0, +) - before.values.reduce(0, +) == 2)
    }

    /// Real sockets, with the kernel's own retransmissions, acknowledgements and resets.
    @Test(.kernel) func `every packet of the host's own session is counted once`() throws {
        let gate = try Gate("h3")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress tcp/8080 from 10.1.0.1"]])
        try publish(gate, port: 8080)
        try TestHost.run("nft", "delete", "table", "inet", "mute", in: gate.judged.space(0))
        try TestHost.run(
            "ip", "-n", gate.judged.space(0), "addr", "add", "\(Gate.address(0))/24", "dev", "eth0")
        let server = try GuestServer(
            Guest(namespace: gate.judged.space(0)), [Gate.address(0)], tcp: [8080], udp: [])
        defer { server.stop() }
        let before = try gate.judged.counters()
        let guest = Guest(namespace: gate.judged.host.name)
        #expect(try guest.tcp(Self.service, 80, bytes: 20_000).isAnswered)
        #expect(try guest.probe(Self.service, 81) != .answered(0))
        let after = try gate.judged.counters()
        let counted = after.values.reduce(0, +) - before.values.reduce(0, +)
        let sessions = try gate.judged.sessions().filter { $0.mark != 0 }
        #expect(sessions.count == 1)
        #expect(sessions.map { $0.fromOriginal.packets + $0.fromReply.packets }.reduce(0, +) == counted)
        #expect(counted > 8)
    }

    @Test(.kernel) func `what the host sends to many is judged once`() throws {
        let gate = try Gate("h4")
        defer { gate.remove() }
        try gate.enforce([0: []])
        try TestHost.run("nft", "delete", "table", "inet", "mute", in: gate.judged.host.name)
        try TestHost.run(
            "ip", "-n", gate.judged.host.name, "route", "add", "multicast", "239.1.2.3", "dev", "gh-i0", mayFail: true)
        try TestHost.run("ip", "-n", gate.judged.host.name, "route", "add", "239.1.2.3", "dev", "gh-i0", mayFail: true)
        let key = FlowKey(
            initiator: Gate.host[0], target: IPAddress(ipv4: 0xef01_0203), transport: .udp, initiatorPort: 5000,
            targetPort: 5000)
        let before = try gate.judged.counters()
        _ = try gate.judged.sendFromHost(key)
        let after = try gate.judged.counters()
        #expect(after.values.reduce(0, +) - before.values.reduce(0, +) == 1)
        #expect(try gate.told() == ["ingress i0 drop: default refusal of ingress in group g0"])
    }
}
