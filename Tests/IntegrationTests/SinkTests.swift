import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// A real agent that ships to a real rsyslog by RELP.
@Suite(
    .serialized, .ownThread,
    .enabled(if: RSyslog.isInstalled, "rsyslog or rsyslog-relp is not installed: scripts/setup"))
struct SinkTests {
    private static func policy(_ sinks: String) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: front, cidr: 10.1.0.0/24}]
            groups: [{name: open, rules: [ingress tcp/80 from any, egress any to any]}]
            instances:
              - {name: web, interfaces: [{name: eth0, subnet: front, address: 10.1.0.10, device: gh-web, groups: [open]}]}
              - {name: app, interfaces: [{name: eth0, subnet: front, address: 10.1.0.11, device: gh-app, groups: [open]}]}
        \(sinks)
        """
    }

    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label, window: 2, arguments: ["--host", "node-7"])
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        return agent
    }

    /// Restarts the agent as its supervisor does after a kill.
    private func kill(_ agent: AgentUnderTest) throws {
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        try agent.start()
    }

    @Test(.kernel) func `nothing is lost when the agent is killed while it ships`() throws {
        let agent = try agent("sk")
        defer { agent.remove() }
        let receiver = try RSyslog(agent.folder.path, namespace: agent.host.name)
        defer { receiver.stop() }
        let sink =
            "{name: siem, kind: syslog, url: \"\(receiver.url("relp"))\", send: [events, flows, audit], where: \"action = drop\"}"
        try agent.apply(Self.policy("sinks: [\(sink)]"))
        let (web, app) = (try agent.guest("web"), try address("10.1.0.11"))
        for round in 0..<3 {
            for port in 0..<100 { _ = try web.udp(app, UInt16(2000 + 100 * round + port), patience: 1) }
            try kill(agent)
        }
        for port in 0..<50 { _ = try web.udp(app, UInt16(3000 + port), patience: 1) }
        try eventually("drops are told") {
            Set(try agent.events().filter { $0.verdict == .drop }.compactMap(\.targetPort)).count >= 340
        }
        _ = try agent.ask(.flush)
        let wanted = Set(try agent.events().filter { $0.verdict == .drop }.map { "node-7:event:\($0.sequence)" })
        let records = Set(try agent.records().filter { $0.verdict == .drop }.map { "node-7:\($0.sequence)" })
        #expect(wanted.count >= 340 && records.count >= 340)
        try eventually("all of them at the receiver") { Set(receiver.ids).isSuperset(of: wanted.union(records)) }
        let had = Set(receiver.ids)
        // The change that brought the sink is the first of the audit.
        #expect(had.contains("node-7:revision:1"))
        #expect(had.subtracting(wanted).subtracting(records) == ["node-7:revision:1"])
        let books = try agent.books(settle: 20)
        #expect(books.isBalanced, "\(books.lines)")
    }

    @Test(.kernel) func `the commands tell, pause, try and go on`() throws {
        let agent = try agent("sc")
        defer { agent.remove() }
        let receiver = try RSyslog(agent.folder.path, namespace: agent.host.name)
        defer { receiver.stop() }
        let url = receiver.url("relp")
        let sink = "{name: siem, kind: syslog, url: \"\(url)\", send: [events]}"
        func gatehouse(_ words: String...) throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
            let ran = try ChildProcess.run(
                AgentUnderTest.program("gatehouse"), words + ["--data", agent.folder.path], namespace: agent.host.name)
            return (ran.exit, ran.output, ran.errors)
        }
        try agent.apply(Self.policy("sinks: [\(sink)]"))
        let (web, app) = (try agent.guest("web"), try address("10.1.0.11"))
        #expect(try gatehouse("sink", "test", "siem").output.contains("the receiver took a record of action \"test\""))
        try eventually("the test's record") { receiver.ids.contains { $0.hasPrefix("node-7:test:") } }
        #expect(try gatehouse("sink", "pause", "siem").exit == .code(0))
        try eventually("paused") { try gatehouse("sink", "list", "--output", "csv").output.contains(",paused,") }
        _ = try web.udp(app, 2001, patience: 1)
        try eventually("the drop") { try agent.events().contains { $0.targetPort == 2001 } }
        try kill(agent)
        #expect(try gatehouse("sink", "list", "--output", "csv").output.contains(",paused,"))
        #expect(!receiver.messages.contains { RSyslog.data($0)?["dst_port"] == "2001" })
        #expect(try gatehouse("sink", "resume", "siem").exit == .code(0))
        try eventually("the drop at the receiver") {
            receiver.messages.contains { RSyslog.data($0)?["dst_port"] == "2001" }
        }
        #expect(try gatehouse("sink", "show", "siem").output.contains(url))
        #expect(try gatehouse("sink", "test", "sime").errors.contains("there is none of this name; write \"siem\""))
        let plan = try DataFile(Self.policy(""), in: agent.folder.path)
        let planned = try gatehouse("apply", "-f", plan.path, "--plan")
        #expect(planned.output.contains("- sink siem: syslog to relp://"), "\(planned)")
        receiver.stop()
        _ = try web.udp(app, 2002, patience: 1)
        try eventually("a problem of status") {
            try agent.status().problems.contains { $0.hasPrefix("sink siem: waiting: ") }
        }
        #expect(try gatehouse("sink", "show", "siem").exit == .code(3))
    }

    private struct DataFile {
        let path: String
        init(_ text: String, in folder: String) throws {
            path = folder + "/other.yaml"
            try DurableFile.replace(path, with: Array(text.utf8))
        }
    }
}
