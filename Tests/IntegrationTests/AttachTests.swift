import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Devices that are made an interface's beside the policy file, and taken away again.
@Suite(.serialized) struct AttachTests {
    private static func policy(_ instances: String = "[]") -> String {
        """
        project: shop
        bridges: [{name: br0, unknown: refuse, uplinks: [gh-x]}]
        vpcs:
          - name: shop
            cidrs: [10.9.0.0/16]
            subnets: [{name: all, cidr: 10.9.0.0/24}]
            groups: [{name: server, rules: [ingress tcp/443 from 10.9.0.0/24]}]
            instances: \(instances)
        """
    }

    private static let named =
        "[{name: web, interfaces: [{name: eth0, subnet: all, address: 10.9.0.11, mac: \"02:00:00:00:00:0b\", groups: [server]}]}]"

    private func prepare(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addBridge("br0", addresses: ["10.9.0.1/24"])
        try agent.addBridgedGuest(
            "b", on: "br0", addresses: ["10.9.0.11/24"], mac: "02:00:00:00:00:0b", device: "vnet0")
        try agent.addBridgedGuest("x", on: "br0", addresses: ["10.9.0.99/24"], mac: "02:00:00:00:00:99")
        // Nobody waits for an answer that came while the guest was refused.
        for (name, target, mac) in [("x", "10.9.0.11", "0b"), ("b", "10.9.0.99", "99")] {
            try TestHost.run(
                "ip", "-n", try agent.guest(name).namespace, "neigh", "add", target, "lladdr", "02:00:00:00:00:\(mac)",
                "dev", "eth0", "nud", "permanent")
        }
        try agent.start()
        return agent
    }

    /// Runs the command line; gives its exit code and what it said.
    private func gatehouse(_ agent: AgentUnderTest, _ words: String) throws -> (code: Int32, words: String) {
        let run = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"),
            words.split(separator: " ").map(String.init) + ["--data", agent.folder.path])
        guard case .code(let code) = run.exit else { return (-1, run.errors) }
        return (code, run.output + run.errors)
    }

    private func isReached(_ agent: AgentUnderTest, _ port: UInt16 = 443, patience: Int32 = 4000) throws -> Bool {
        try agent.guest("x").tcp(try address("10.9.0.11"), port, patience: patience).isAnswered
    }

    @Test(.kernel) func `an interface is made with its device, lasts over restart and apply, and ends with it`() throws
    {
        let agent = try prepare("at")
        defer { agent.remove() }
        try agent.apply(Self.policy())
        let server = try GuestServer(try agent.guest("b"), [try address("10.9.0.11")], tcp: [443, 22])
        defer { server.stop() }
        #expect(try !isReached(agent, patience: 500), "nobody claims it")
        let words =
            "attach --instance web --device vnet0 --mac 02:00:00:00:00:0b --address 10.9.0.11 --groups server,allow_ssh"
        #expect(try gatehouse(agent, words).code == 0)
        #expect(try isReached(agent) && isReached(agent, 22))
        let revision = try agent.status().revision
        // The same twice is the same.
        #expect(try gatehouse(agent, words).code == 0)
        #expect(try agent.status().revision == revision)
        try agent.supervisor.stop()
        try agent.start()
        try agent.apply(Self.policy())
        let state = try #require(try agent.interfaces().first { $0.interface == "web/eth0" })
        #expect(state.isInForce && state.attachment == .bridged && state.groups == ["server", "allow_ssh"])
        #expect(try isReached(agent))
        // Who asked for it is in the log.
        try eventually("its event") { try agent.events().contains { $0.instance == "web" && $0.targetPort == 443 } }
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
        // The device that goes takes the interface with it, and another of its name has nothing.
        try TestHost.run("ip", "-n", agent.host.name, "link", "del", "vnet0")
        try eventually("the end") { try !agent.interfaces().contains { $0.interface == "web/eth0" } }
        try TestHost.run("ip", "-n", agent.host.name, "link", "add", "vnet0", "type", "veth", "peer", "name", "vpeer")
        #expect(try agent.interfaces().allSatisfy { $0.interface.isEmpty })
    }

    @Test(.kernel) func `an interface of the policy is found by name or MAC, moves, and is let go`() throws {
        let agent = try prepare("au")
        defer { agent.remove() }
        try agent.apply(Self.policy(Self.named))
        #expect(try agent.interfaces().first?.attachment == .missing)
        let server = try GuestServer(try agent.guest("b"), [try address("10.9.0.11")], tcp: [443])
        defer { server.stop() }
        #expect(try !isReached(agent, patience: 500))
        #expect(try gatehouse(agent, "attach --mac 02:00:00:00:00:0b --device vnet0").code == 0)
        #expect(try isReached(agent))
        // Another device: the former one is refused everything.
        try TestHost.run("ip", "-n", agent.host.name, "link", "add", "vnet9", "type", "veth", "peer", "name", "vpeer")
        #expect(try gatehouse(agent, "attach --instance web --device vnet9").code == 0)
        #expect(try !isReached(agent, patience: 500))
        #expect(try agent.status().heldDevices == ["vnet0"])
        #expect(try gatehouse(agent, "attach --instance web --interface eth0 --device vnet0").code == 0)
        #expect(try isReached(agent))
        #expect(try gatehouse(agent, "detach --instance web").code == 0)
        #expect(try !isReached(agent, patience: 500))
        #expect(try agent.interfaces().first?.attachment == .missing)
        let again = try gatehouse(agent, "detach --instance web")
        #expect(again.code == 1 && again.words.contains("no device is attached to web/eth0"))
    }

    @Test(.kernel) func `an interface that moves to another port of its bridge keeps its books`() throws {
        let agent = try prepare("aw")
        defer { agent.remove() }
        try agent.apply(Self.policy())
        let words = "--instance web --address 10.9.0.11 --groups server,allow_ssh"
        #expect(try gatehouse(agent, "attach --device vnet0 \(words)").code == 0)
        let server = try GuestServer(try agent.guest("b"), [try address("10.9.0.11")], tcp: [443, 22])
        #expect(try isReached(agent))
        server.stop()
        // As a container that is started again: another device, another MAC, and no moment between for an agent to notice.
        try TestHost.run("ip", "-n", agent.host.name, "link", "del", "vnet0")
        try agent.addBridgedGuest(
            "c", on: "br0", addresses: ["10.9.0.11/24"], mac: "02:00:00:00:00:0c", device: "vnet9")
        #expect(try gatehouse(agent, "attach --device vnet9 \(words)").code == 0)
        for (name, target, mac) in [("x", "10.9.0.11", "0c"), ("c", "10.9.0.99", "99")] {
            try TestHost.run(
                "ip", "-n", try agent.guest(name).namespace, "neigh", "replace", target, "lladdr",
                "02:00:00:00:00:\(mac)", "dev", "eth0", "nud", "permanent")
        }
        let again = try GuestServer(try agent.guest("c"), [try address("10.9.0.11")], tcp: [443, 22])
        defer { again.stop() }
        #expect(try isReached(agent) && isReached(agent, 22))
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
        #expect(report.lines.contains { $0.interface == "web/eth0" && $0.way == "into" && $0.kernel.packets > 15 })
    }

    /// What is refused, and with which words.
    static let refusals = [
        ("--instance new --device vnet0", "the policy has no interface new/eth0; give --address and --groups"),
        ("--device vnet0", "nothing says which interface it is"),
        ("--instance web --device nothing0", "there is no device nothing0"),
        ("--instance web --device vnet0 --address 10.9.0.12", "has addresses 10.9.0.11, and not 10.9.0.12"),
        ("--instance web --device vnet0 --groups allow_ssh", "has groups server, and not allow_ssh"),
        ("--instance web --device vnet0 --mac 02:00:00:00:00:0c", "has mac 02:00:00:00:00:0b"),
        ("--instance new --device vnet0 --address 192.0.2.1 --groups server", "address 192.0.2.1 is in no subnet"),
        ("--instance new --device vnet0 --address 10.9.0.12 --groups sever", "there is no group \"sever\""),
        ("--instance new --device vnet0 --address 10.9.0.12 --groups server --vpc shap", "there is no VPC \"shap\""),
        ("--instance new --device vnet0 --address 10.9.0.11 --groups server", "both have address 10.9.0.11"),
        ("--instance new --device br0 --address 10.9.0.12 --groups server", "br0"),
        ("--instance new --device lo --address 10.9.0.12 --groups server", "the host's own loopback"),
    ]

    @Test(.kernel) func `what cannot be is refused in words, and changes nothing`() throws {
        let agent = try prepare("av")
        defer { agent.remove() }
        try agent.apply(Self.policy(Self.named))
        let states = try agent.interfaces()
        for (words, said) in Self.refusals {
            let run = try gatehouse(agent, "attach \(words)")
            #expect(run.code == 1, "\(words)")
            #expect(run.words.contains(said), "\(words): \(run.words)")
        }
        #expect(try agent.status().revision == 1)
        #expect(try agent.interfaces().map(\.attachment) == states.map(\.attachment))
        // A device that comes is waited for.
        let host = agent.host.name
        Thread.detachNewThread {
            _ = try? Polling.wait([], timeoutNanoseconds: 400_000_000)
            _ = try? TestHost.run("ip", "-n", host, "link", "set", "vnet0", "down")
            _ = try? TestHost.run("ip", "-n", host, "link", "set", "vnet0", "name", "vnet7")
        }
        #expect(try gatehouse(agent, "attach --instance web --device vnet7 --wait 20").code == 0)
        #expect(try agent.interfaces().first?.attachment == .bridged)
    }
}
