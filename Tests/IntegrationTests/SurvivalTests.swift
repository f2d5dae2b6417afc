import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// What must not end an agent, and what must not leave its host open.
@Suite(.serialized) struct SurvivalTests {
    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label, arguments: ["--host", "node-7"])
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        return agent
    }

    @Test(.kernel) func `a second up is refused at once, and the first goes on`() throws {
        let agent = try agent("s1")
        defer { agent.remove() }
        let start = SystemClock.monotonic
        let up = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"), ["up", "--data", agent.folder.path], namespace: agent.host.name)
        // Nobody waits for an agent that does not come, which takes a minute.
        #expect(SystemClock.monotonic - start < 30_000_000_000)
        #expect(up.exit == .code(1))
        #expect(up.errors.contains("process \(Machine.processID) runs an agent in it; stop that one"))
        // The first one's supervisor is still the one that is told.
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        try agent.start()
        #expect(try agent.status().socketsAreKept)
        #expect(try agent.status().revision == 1)
    }

    @Test(.kernel) func `a second agent is refused, and names the first`() throws {
        let agent = try agent("s2")
        defer { agent.remove() }
        let pid = try #require(agent.supervisor.process?.pid)
        let second = try ChildProcess.run(
            AgentUnderTest.program("gatehouse-agent"), ["--data", agent.folder.path], namespace: agent.host.name)
        #expect(second.exit != .code(0))
        #expect(second.errors.contains("another agent (process \(pid)) works in it; stop that one"))
        #expect(try agent.status().revision == 1)
    }

    @Test(.kernel) func `up ends at once where its agent does not start`() throws {
        let host = try TestHost("s3")
        defer { host.remove() }
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-\(host.name)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try DurableFile.makeFolder(folder)
        // Where a folder should be there is a file.
        try DurableFile.replace(folder + "/journals", with: [])
        let start = SystemClock.monotonic
        let up = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"), ["up", "--data", folder], namespace: host.name)
        #expect(SystemClock.monotonic - start < 30_000_000_000)
        #expect(up.exit == .code(1))
        #expect(up.errors.contains("journals"), "\(up.errors)")
    }

    @Test(.kernel) func `records, receipts and status have the name that --host gives`() throws {
        let agent = try agent("s4")
        defer { agent.remove() }
        #expect(try agent.status().host == "node-7")
        _ = try agent.guest("web").tcp(try address("10.1.0.11"), 22, patience: 200)
        try eventually("an event") { try !agent.events().isEmpty }
        let text = String(decoding: try DurableFile.read(agent.folder.eventsJSON) ?? [], as: UTF8.self)
        #expect(text.contains("\"node-7\""))
    }

    /// Damages files while no agent runs, as after a boot, and starts one.
    private func restart(_ agent: AgentUnderTest, damaging paths: [String]) throws {
        try agent.supervisor.stop()
        try TestHost.run("nft", "delete", "table", "inet", "gatehouse", in: agent.host.name)
        agent.supervisor.forgetSockets()
        for path in paths { try DurableFile.replace(path, with: Array("{\"revi".utf8)) }
        try agent.start()
    }

    @Test(.kernel) func `a damaged state leaves the last revision in force`() throws {
        let agent = try agent("s5")
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        try restart(agent, damaging: [agent.folder.state])
        let status = try agent.status()
        #expect(status.revision == 1)
        #expect(status.problems.contains { $0.hasPrefix("start: \(agent.folder.state) cannot be read") }, "\(status)")
        #expect(try agent.guest("web").tcp(target, 8080) == .answered(1000))
        #expect(try agent.guest("web").tcp(target, 22, patience: 300) == .silence)
    }

    @Test(.kernel) func `what an agent was killed before it could say of missing rules is said by its successor`()
        throws
    {
        let agent = try agent("s8")
        defer { agent.remove() }
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        let since = SystemClock.realtime - 5_000_000_000
        try DurableFile.replace(agent.folder.path + "/unguarded-since", with: Array("\(since)".utf8))
        for _ in 0..<2 {
            try agent.start()
            #expect(try agent.status().unguarded?.filter { $0.since.nanoseconds == since }.count == 1)
            agent.supervisor.process?.kill()
            try eventually("the agent's end") { try agent.supervisor.look() != nil }
        }
        try agent.start()
    }

    @Test(.kernel) func `without any readable revision known devices are refused everything`() throws {
        let agent = try agent("s6")
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        try restart(agent, damaging: [agent.folder.revision(1)])
        let status = try agent.status()
        #expect(status.revision == 0)
        #expect(
            status.problems.contains {
                $0.hasPrefix("start: revision 1 cannot be read") && $0.contains("gh-app, gh-web")
            },
            "\(status)")
        #expect(try agent.guest("web").tcp(target, 8080, patience: 300) == .silence)
        #expect(try agent.guest("web").tcp(target, 22, patience: 300) == .silence)
        // The mend that the words name.
        try agent.apply(FirstSessionTests.policy)
        #expect(try agent.status().problems.isEmpty)
        #expect(try agent.guest("web").tcp(target, 8080) == .answered(1000))
    }

    @Test(.kernel) func `behind a damaged revision the one before is in force, and its devices alone talk`() throws {
        let agent = try agent("s7")
        defer { agent.remove() }
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080, 22], udp: [])
        defer { servers.stop() }
        try agent.apply(FirstSessionTests.policy.replacing("udp/53", with: "udp/54"))
        try restart(agent, damaging: [agent.folder.revision(2)])
        let status = try agent.status()
        #expect(status.revision == 1)
        #expect(status.problems.contains { $0.contains("revision 1 is enforced") }, "\(status)")
        #expect(try agent.guest("web").tcp(target, 8080) == .answered(1000))
        #expect(try agent.guest("web").tcp(target, 22, patience: 300) == .silence)
    }
}
