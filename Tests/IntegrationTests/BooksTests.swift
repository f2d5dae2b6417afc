import Capture
import Foundation
import Host
import Link
import Model
import Rehearsal
import Spools
import Synchronization
import TestSupport
import Testing

/// The books balance exactly, whatever is done to traffic and agent.
@Suite(.serialized) struct BooksTests {
    static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: all, cidr: 10.1.0.0/24}]
            groups:
              - name: client
                rules: [egress tcp/8080 to group:server, egress udp/7000-9000 to group:server, egress tcp/9 to any]
              - name: server
                rules: [ingress tcp/8080 from group:client, ingress udp/7000-9000 from group:client]
            instances:
              - name: client
                interfaces: [{name: eth0, subnet: all, address: 10.1.0.10, device: gh-client, groups: [client]}]
              - name: server
                interfaces: [{name: eth0, subnet: all, address: 10.1.0.11, device: gh-server, groups: [server]}]
        """

    /// Long transfers, many short sessions, a flood of refusals at the source and at the target, spoofed packets.
    private func load(_ agent: AgentUnderTest, seconds: Double, meanwhile: () throws -> Void) throws {
        let client = try agent.guest("client")
        let mac = MACAddress(
            bits: try NetworkNamespace.within(agent.host.name) { try NetworkDevices.linkAddress("gh-client") })
        let from = try address("10.1.0.10")
        let target = try address("10.1.0.11")
        var sessions = Storm(from: from, to: target, via: mac, packets: UInt64(5500 * seconds))
        sessions.rate = 5500
        sessions.targetPorts = 7000...9000
        var refused = Storm(from: from, to: target, via: mac, packets: UInt64(8000 * seconds))
        refused.rate = 8000
        refused.transport = .tcp
        refused.targetPorts = 1...6000
        // Let out at the source, refused at the target.
        var inside = Storm(from: from, to: target, via: mac, packets: UInt64(500 * seconds))
        inside.rate = 500
        inside.transport = .tcp
        inside.targetPorts = 9...9
        var spoofed = Storm(from: try address("172.16.0.1"), to: target, via: mac, packets: UInt64(1000 * seconds))
        spoofed.rate = 1000
        spoofed.sourceSpan = 5000
        let storms = [sessions, refused, inside, spoofed]
        let failures = Mutex<[String]>([])
        let group = DispatchGroup()
        func background(_ body: @escaping @Sendable () throws -> Void) {
            group.enter()
            Thread.detachNewThread {
                do { try body() } catch { failures.withLock { $0.append("\(error)") } }
                group.leave()
            }
        }
        for storm in storms {
            background {
                var storm = storm
                storm.seconds = seconds + 5
                _ = try storm.send(from: client.namespace)
            }
        }
        for _ in 0..<3 {
            background {
                _ = try client.tcp(target, 8080, bytes: 3_000_000, milliseconds: Int32(seconds * 1000), patience: 5000)
            }
        }
        background {
            let end = SystemClock.monotonic + Int64(seconds * 1e9)
            while SystemClock.monotonic < end { _ = try client.tcp(target, 8080, bytes: 2000, patience: 1000) }
        }
        try meanwhile()
        group.wait()
        #expect(failures.withLock { $0 } == [])
    }

    private func prepare(_ label: String, window: Int) throws -> (AgentUnderTest, GuestServer) {
        let agent = try AgentUnderTest(label, window: window)
        try agent.addGuest("client", addresses: ["10.1.0.10/24"])
        try agent.addGuest("server", addresses: ["10.1.0.11/24"])
        try agent.start()
        try agent.apply(Self.policy)
        let target = try address("10.1.0.11")
        return (agent, try GuestServer(try agent.guest("server"), [target], tcp: [8080], answer: 5000))
    }

    /// Records and stated loss, read from the spool, against the kernel's counters.
    private func check(_ agent: AgentUnderTest, lossAllowed: Bool) throws {
        // Answers and retransmissions of the flood die down.
        var report = try agent.books(settle: 30)
        try agent.ask(.flush)
        report = try agent.books(settle: 10)
        #expect(report.isBalanced, "\(report.lines)")
        var books = Books()
        try SpoolReader(folder: agent.folder.spool).forEach {
            switch $0 {
            case .record(let record): books.record(record)
            case .loss(let loss): books.state(loss)
            case .uncollected(let session): books.record(session)
            case .closed, .damaged: break
            }
        }
        for (account, entry) in books.entries {
            let line = try #require(
                report.lines.first {
                    $0.interface == (account.interface == Self.id("client") ? "client/eth0" : "server/eth0")
                        && $0.way == (account.way == .out ? "out" : "into")
                })
            #expect(entry.recorded + entry.uncollected + entry.lost == line.kernel, "\(line)")
            #expect(line.kernel.packets > 1000)
            if !lossAllowed { #expect(entry.lost.isZero) }
        }
        #expect(books.entries.count == 4)
    }

    private static func id(_ instance: String) -> Identifier<Interface> {
        Identifier(derivedFrom: "interface", "shop", "shop", instance, "eth0")
    }

    @Test(.kernel) func `records equal the kernel's counters after mixed load`() throws {
        let (agent, server) = try prepare("b1", window: 2)
        defer { agent.remove() }
        defer { server.stop() }
        try load(agent, seconds: 5) {}
        try check(agent, lossAllowed: false)
    }

    @Test(.kernel) func `killing the agent at random moments loses nothing while its sockets are kept`() throws {
        let (agent, server) = try prepare("b2", window: 1)
        defer { agent.remove() }
        defer { server.stop() }
        var random = SplitMix64(seed: 7)
        try load(agent, seconds: 8) {
            for _ in 0..<6 {
                _ = try Polling.wait(
                    [], timeoutNanoseconds: Int64.random(in: 300_000_000...1_300_000_000, using: &random))
                agent.supervisor.process?.kill()
                while try agent.supervisor.look() == nil { _ = try Polling.wait([], timeoutNanoseconds: 2_000_000) }
                _ = try Polling.wait([], timeoutNanoseconds: Int64.random(in: 0...400_000_000, using: &random))
                try agent.start()
            }
        }
        #expect(agent.supervisor.starts == 7)
        try check(agent, lossAllowed: false)
    }

    @Test(.kernel) func `what an agent misses while nobody keeps its sockets is stated exactly`() throws {
        let (agent, server) = try prepare("b3", window: 1)
        defer { agent.remove() }
        defer { server.stop() }
        try load(agent, seconds: 4) {
            agent.supervisor.process?.kill()
            while try agent.supervisor.look() == nil { _ = try Polling.wait([], timeoutNanoseconds: 2_000_000) }
            agent.supervisor.forgetSockets()
            _ = try Polling.wait([], timeoutNanoseconds: 500_000_000)
            // Every connection that is there now ends unheard.
            try TestHost.run("conntrack", "-F", in: agent.host.name, mayFail: true)
            try agent.start()
        }
        try check(agent, lossAllowed: true)
    }
}
