import Host
import Link
import Model
import TestSupport
import Testing

/// Two interfaces that claim one device, or one address, of a host; devices that no interface is bound to.
@Suite(.serialized) struct DoubleClaimTests {
    /// The policy of `FirstSessionTests`, in which the second interface is changed as no policy file can say it.
    private func policy(
        _ agent: AgentUnderTest, device: String? = nil, address: String? = nil
    ) throws -> Policy {
        var policy = try agent.policy(FirstSessionTests.policy)
        let places = policy.vpcs[0].instances.indices
        let last = try #require(places.last)
        let former = policy.vpcs[0].instances[last].interfaces[0]
        policy.vpcs[0].instances[last].interfaces[0] = Interface(
            id: former.id, name: former.name, subnet: former.subnet,
            addresses: try address.map { [try #require(IPAddress($0))] } ?? former.addresses, mac: former.mac,
            device: device ?? former.device, groups: former.groups)
        return policy
    }

    @Test(.kernel) func `a revision in which two interfaces claim the same is refused, and the former stays`() throws {
        let agent = try AgentUnderTest("dc")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        let first = try agent.apply(FirstSessionTests.policy)
        let interfaces = try agent.policy(FirstSessionTests.policy).vpcs[0].instances.flatMap(\.interfaces)
        let one = interfaces[0]
        let device = try #require(one.device)
        try TestHost.run("ip", "-n", agent.host.name, "link", "property", "add", "dev", device, "altname", "alias0")
        try eventually("the altname") { try agent.status().problems.isEmpty }
        for (wanted, words) in [
            (try policy(agent, device: device), "are both bound to device \(device)"),
            (try policy(agent, device: "alias0"), "are both bound to device \(device)"),
            (try policy(agent, address: "\(one.addresses[0])"), "both have address \(one.addresses[0])"),
        ] {
            func refusal(_ request: ControlRequest) -> String {
                do { return "\(try agent.ask(request))" } catch { return "\(error)" }
            }
            #expect(refusal(.apply(policy: wanted, origin: "test", sessions: .cut)).contains(words))
            #expect(refusal(.outlook(policy: wanted)).contains(words))
            let told = Revision(
                number: first.revision + 7, madeAt: Timestamp(nanoseconds: SystemClock.realtime), actor: "ada",
                origin: "req-1", policy: wanted, ruleOrigins: [:], notes: [])
            #expect(refusal(.adopt(revision: told, sessions: .cut)).contains(words))
            let status = try agent.status()
            #expect(status.revision == first.revision)
            #expect(
                status.problems.contains { $0.hasPrefix("revision: \(told.number) is refused") && $0.contains(words) })
            #expect(status.heldDevices == [] && status.interfaces.count == 2)
        }
        try agent.apply(FirstSessionTests.policy)
        #expect(try agent.status().problems == [])
    }

    @Test(.kernel) func `a device that is never to be bound is refused by apply, and left alone`() throws {
        let agent = try AgentUnderTest("nb", arguments: ["--never-bind", "gh-web", "--never-bind", "gh-late"])
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        let words = "the agent was told never to bind gh-web (--never-bind)"
        do {
            try agent.apply(FirstSessionTests.policy)
            Issue.record("taken")
        } catch {
            #expect("\(error)".contains(words))
        }
        // A control plane's revision is put in force for the others.
        for (number, device) in [(1, "gh-web"), (2, "gh-late")] {
            let policy = try agent.policy(FirstSessionTests.policy.replacing("gh-web", with: device))
            let told = Revision(
                number: number, madeAt: Timestamp(nanoseconds: SystemClock.realtime), actor: "ada", origin: "req-1",
                policy: policy, ruleOrigins: [:], notes: [])
            try agent.ask(.adopt(revision: told, sessions: .cut))
            let status = try agent.status()
            #expect(status.revision == number)
            #expect(status.notEnforced?.map(\.device) == [device])
            #expect(status.awaited == [] && status.heldDevices == [])
            let table = try TestHost.run("nft", "list", "table", "inet", "gatehouse", in: agent.host.name)
            #expect(!table.contains("\"\(device)\"") && table.contains("\"gh-app\""))
        }
    }
}
