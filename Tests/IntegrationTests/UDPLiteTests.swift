import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// UDP-Lite by the kernel's own sockets, with sums over all of a datagram and over its header alone.
@Suite(.serialized) struct UDPLiteTests {
    private static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups:
              - {name: web, rules: [egress udplite/7000 to any]}
              - {name: app, rules: [ingress any from group:web]}
            instances:
              - name: web
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-web, groups: [web]}]
              - name: app
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.11, "fd00:1::11"], device: gh-app, groups: [app]}]
        """

    private static let server = """
        servers = []
        for target in ("10.1.0.11", "fd00:1::11"):
            for port in (7000, 7001):
                s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM, 136)
                s.bind((target, port))
                servers.append(s)
        reply("ready")
        import select
        while True:
            for s in select.select(servers, [], [])[0]:
                data, there = s.recvfrom(2000)
                s.sendto(data, there)
        """

    /// For each line of an address, a port and a coverage (UDPLITE_SEND_CSCOV) how many bytes came back.
    private static let client = """
        for target, port, coverage, patience in lines():
            s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM, 136)
            s.setsockopt(136, 10, int(coverage))
            s.settimeout(float(patience))
            s.sendto(bytes(200), (target, int(port)))
            try: reply(len(s.recv(2000)))
            except OSError as fault: reply(0)
        """

    /// Linux may lose UDP-Lite.
    private static var hasSockets: Bool {
        let script = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)"
        return (try? ChildProcess.run("python3", ["-c", script]).exit) == .code(0)
    }

    @Test(.kernel, .enabled("the kernel has UDP-Lite") { hasSockets })
    func `UDP-Lite passes under its rules, whatever its sums cover, and is counted`() throws {
        let agent = try AgentUnderTest("ul")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        try agent.apply(Self.policy)
        let server = try GuestProgram(try agent.guest("app").namespace, Self.server)
        defer { server.stop() }
        #expect(try server.answer() == "ready")
        let client = try GuestProgram(try agent.guest("web").namespace, Self.client)
        defer { client.stop() }
        for target in ["10.1.0.11", "fd00:1::11"] {
            for coverage in [0, 8, 20, 208] {
                try eventually("\(target) with \(coverage)") {
                    try client.ask("\(target) 7000 \(coverage) 2") == "200"
                }
            }
            #expect(try client.ask("\(target) 7001 8 0.3") == "0")
        }
        #expect(try agent.books(settle: 20).isBalanced)
        try agent.ask(.flush)
        let records = try agent.records().filter { $0.key.transport == .udplite }
        #expect(records.contains { $0.verdict == .drop && $0.key.targetPort == 7001 })
        #expect(records.contains { $0.verdict == .accept && $0.key.targetPort == 7000 && $0.fromTarget.packets > 0 })
    }
}
