import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// The hook that `gatehouse integrate libvirt` writes, called as libvirt calls it, before a machine runs.
@Suite(.serialized) struct LibvirtHookTests {
    private struct Hook {
        let agent: AgentUnderTest
        let root: String

        init(_ agent: AgentUnderTest) throws {
            self.agent = agent
            root = agent.folder.path + "-root"
            let run = try ChildProcess.run(
                AgentUnderTest.program("gatehouse"),
                ["integrate", "libvirt", "--root", root, "--data", agent.folder.path])
            try #require(run.exit == .code(0), "\(run.errors)")
        }

        func callAsFunction(_ name: String, _ operation: String, _ phase: String, _ xml: String) throws -> (
            code: Int32, words: String
        ) {
            let run = try ChildProcess.run(
                "\(root)/etc/libvirt/hooks/qemu.d/gatehouse", [name, operation, phase, "-"], input: Array(xml.utf8),
                namespace: agent.host.name)
            guard case .code(let code) = run.exit else { return (-1, run.errors) }
            return (code, run.errors)
        }
    }

    private func machine(_ name: String, metadata: String, device: String, type: String = "bridge") -> String {
        """
        <domain type='kvm'><name>\(name)</name>\(metadata)<devices><interface type='\(type)'>
        <mac address='02:00:00:00:00:0b'/><source bridge='virbr9'/><target dev='\(device)'/></interface></devices></domain>
        """
    }

    @Test(.kernel)
    func `a machine of the page is judged when the hook has returned, and does not run where it cannot be`()
        throws
    {
        let page = try GuidePage("libvirt")
        let agent = try AgentUnderTest("lv")
        defer { agent.remove() }
        try agent.addBridge("virbr9", addresses: ["10.77.0.1/24"])
        try agent.addBridgedGuest(
            "web", on: "virbr9", addresses: ["10.77.0.10/24"], mac: "02:00:00:00:00:0b", device: "vnet0")
        try agent.start()
        try agent.apply(try page.policy)
        let hook = try Hook(agent)
        defer { try? FileManager.default.removeItem(atPath: hook.root) }
        let (metadata, host) = (try page.block("xml"), Guest(namespace: agent.host.name))
        let server = try GuestServer(try agent.guest("web"), [try address("10.77.0.10")], tcp: [443, 80])
        defer { server.stop() }
        // What libvirt says beside is none of ours.
        for (operation, phase) in [("prepare", "begin"), ("started", "begin"), ("stopped", "end")] {
            #expect(try hook("web-1", operation, phase, "").code == 0)
        }
        #expect(try !host.tcp(try address("10.77.0.10"), 443, patience: 400).isAnswered)
        let xml = machine("web-1", metadata: metadata, device: "vnet0")
        let started = try hook("web-1", "start", "begin", xml)
        #expect(started.code == 0, "\(started.words)")
        let state = try #require(try agent.interfaces().first)
        #expect(state.interface == "web-1/eth0" && state.isInForce && state.groups == ["web", "allow_ssh"])
        try eventually("the machine") { try host.tcp(try address("10.77.0.10"), 443, patience: 1000).isAnswered }
        #expect(try !host.tcp(try address("10.77.0.10"), 80, patience: 400).isAnswered)
        #expect(try hook("web-1", "reconnect", "begin", xml).code == 0)
        // What must not run.
        let refused: [(xml: String, words: String)] = [
            (machine("web-2", metadata: metadata.replacing("allow_ssh", with: "sever"), device: "vnet0"), "sever"),
            (machine("web-2", metadata: metadata, device: "vnet0", type: "direct"), "type 'direct'"),
            (machine("web-2", metadata: metadata, device: "vnet7"), "vnet7"),
            (machine("web-2", metadata: metadata.replacing("10.77.0.10", with: "ten"), device: "vnet0"), "\"ten\""),
            ("<domain>", "cannot be read"),
        ]
        for (xml, words) in refused {
            let run = try hook("web-2", "start", "begin", xml)
            #expect(run.code == 1 && run.words.contains(words), "\(run)")
        }
        // One that nobody described starts, and that is said.
        let stranger = try hook(
            "other", "start", "begin",
            machine("other", metadata: "", device: "vnet9").replacing("00:0b", with: "00:0c"))
        #expect(stranger.code == 0 && stranger.words.contains("neither its metadata nor the policy"), "\(stranger)")
        #expect(try hook("web-1", "release", "end", xml).code == 0)
        #expect(try !agent.interfaces().contains { $0.interface == "web-1/eth0" })
        try agent.supervisor.stop()
        let away = try hook("web-1", "start", "begin", xml)
        #expect(away.code == 1 && away.words.contains("no agent answers"), "\(away)")
    }
}
