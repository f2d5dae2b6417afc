import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// What records and books say after an agent was killed or ended, and another one goes on.
@Suite(.serialized) struct RestartRecordTests {
    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("client", addresses: ["10.1.0.10/24"])
        try agent.addGuest("server", addresses: ["10.1.0.11/24"])
        for guest in ["client", "server"] {
            try TestHost.run(
                "nft",
                "add table inet mute; add chain inet mute out { type filter hook output priority 0; }; "
                    + "add rule inet mute out meta l4proto { icmp, udp } drop", in: try agent.guest(guest).namespace)
        }
        try agent.start()
        try agent.apply(BooksTests.policy)
        // What was there before the interfaces were bound is stated first.
        try eventually("books that nothing is pending in") {
            try agent.books(settle: 1).lines.allSatisfy { !$0.isPending }
        }
        return agent
    }

    /// Ends the agent, does something while nobody is there, and starts another.
    private func restart(_ agent: AgentUnderTest, kills: Bool, keepsSockets: Bool, meanwhile: () throws -> Void = {})
        throws
    {
        if kills {
            agent.supervisor.process?.kill()
            try eventually("the agent's end") { try agent.supervisor.look() != nil }
        } else {
            // What it was handed so far is in its hands, not on the way.
            _ = try agent.supervisor.look()
            try agent.supervisor.stop()
        }
        if !keepsSockets { agent.supervisor.forgetSockets() }
        try meanwhile()
        try agent.start()
    }

    private func out(_ agent: AgentUnderTest) throws -> BooksReport.Line {
        try #require(try agent.books(settle: 1).lines.first { $0.interface == "client/eth0" && $0.way == "out" })
    }

    private func send(_ agent: AgentUnderTest, _ port: UInt16) throws {
        try agent.send(HandmadePacket(try agent.udp("10.1.0.10", "10.1.0.11", 5000, port)), as: "client")
    }

    @Test(.kernel, arguments: [true, false])
    func `what is unexplained stays so after a restart, and only what nobody heard is a loss`(kills: Bool) throws {
        let agent = try agent("rr\(kills ? 1 : 2)")
        defer { agent.remove() }
        // Another table drops behind us what our counters have seen and conntrack then forgets.
        for command in [
            "add table inet other", "add chain inet other forward { type filter hook forward priority 10; }",
            "add rule inet other forward udp dport 7001 drop",
        ] { try TestHost.run("nft", command, in: agent.host.name) }
        try send(agent, 7001)
        #expect(try out(agent).unexplained.packets == 1)
        try agent.ask(.flush)
        try restart(agent, kills: kills, keepsSockets: false) {
            try send(agent, 7000)
            try TestHost.run("conntrack", "-F", in: agent.host.name, mayFail: true)
        }
        try eventually("the loss to be stated") { try !out(agent).isPending }
        let settled = try out(agent)
        #expect(settled.lost.packets == 1, "\(settled)")
        #expect(try out(agent).unexplained.packets == 1)
        #expect(try !agent.books(settle: 1).isBalanced)
        try restart(agent, kills: kills, keepsSockets: true)
        #expect(try out(agent).unexplained.packets == 1)
        // A table that is made anew counts from zero, and explains nothing.
        try agent.supervisor.stop()
        try TestHost.run("nft", "delete", "table", "inet", "gatehouse", in: agent.host.name)
        try agent.start()
        try eventually("nothing to be pending") { try !out(agent).isPending }
        #expect(try out(agent).unexplained.packets == 1)
        #expect(try out(agent).lost.packets == 1)
    }

    @Test(.kernel) func `nothing is recorded twice, however often an agent is ended and another goes on`() throws {
        let agent = try agent("rr3")
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let server = try GuestServer(try agent.guest("server"), [target], tcp: [8080])
        defer { server.stop() }
        for _ in 0..<3 { #expect(try agent.guest("client").tcp(target, 8080).isAnswered) }
        try send(agent, 7000)
        try eventually("sessions that wait for their end") {
            try TestHost.run("conntrack", "-L", "-p", "tcp", in: agent.host.name).split(separator: "\n").count {
                $0.contains("TIME_WAIT") || $0.contains("CLOSE ")
            } >= 3
        }
        try agent.ask(.flush)
        let before = try agent.records()
        #expect(before.count { $0.key.transport == .tcp } == 6)
        for (kills, keeps) in [(true, true), (false, true), (true, false), (false, false), (true, true)] {
            try restart(agent, kills: kills, keepsSockets: keeps)
            try agent.ask(.flush)
            let after = try agent.records()
            #expect(
                after.count { $0.key.transport == .tcp } == 6,
                "killed: \(kills), sockets kept: \(keeps): \(after.dropFirst(before.count))")
            try expectOnce(after)
        }
        // What a snapshot does not have yet, the spool says.
        for _ in 0..<3 { #expect(try agent.guest("client").tcp(target, 8080).isAnswered) }
        let snapshot = try DurableFile.read(agent.folder.snapshot) ?? []
        try agent.ask(.flush)
        try expectOnce(agent.records())
        try restart(agent, kills: true, keepsSockets: true) {
            try DurableFile.replace(agent.folder.snapshot, with: snapshot)
        }
        try agent.ask(.flush)
        try expectOnce(agent.records())
    }

    /// Each packet is in one record of its session at an interface, and the end is told once. A session may end at any moment.
    private func expectOnce(_ records: [FlowRecord]) throws {
        struct Leg: Hashable {
            let connection: UInt64
            let direction: Direction
        }
        for (_, own) in Dictionary(
            grouping: records.filter { $0.connection != 0 },
            by: { Leg(connection: $0.connection, direction: $0.direction) })
        {
            let last = try #require(own.max { $0.sequence < $1.sequence })
            #expect(own.map(\.fromInitiator).reduce(.zero, +) == last.cumulativeFromInitiator, "\(own)")
            #expect(own.map(\.fromTarget).reduce(.zero, +) == last.cumulativeFromTarget, "\(own)")
            #expect(own.count { $0.state == .ended } <= 1, "\(own)")
        }
    }
}
