import Host
import Link
import Model
import Rehearsal
import Spools
import TestSupport
import Testing

/// What a VPC has not collected is in no record, and in the books to the packet.
@Suite(.serialized) struct TrafficCollectionTests {
    private static func policy(_ collect: String) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            collect: \(collect)
            subnets: [{name: front, cidr: 10.1.2.0/24}, {name: back, cidr: 10.1.3.0/24}]
            groups: [{name: open, rules: [ingress tcp from any, egress any to any]}]
            instances:
              - {name: a, interfaces: [{name: eth0, subnet: front, address: 10.1.2.21, device: gh-a, groups: [open]}]}
              - {name: b, interfaces: [{name: eth0, subnet: front, address: 10.1.2.22, device: gh-b, groups: [open]}]}
              - {name: c, interfaces: [{name: eth0, subnet: back, address: 10.1.3.31, device: gh-c, groups: [open]}]}
          - name: other
            cidrs: [10.9.0.0/16]
            subnets: [{name: all, cidr: 10.9.0.0/24}]
            groups: [{name: open, rules: [ingress tcp from any, egress any to any]}]
            instances:
              - {name: d, interfaces: [{name: eth0, subnet: all, address: 10.9.0.41, device: gh-d, groups: [open]}]}
        """
    }

    private func agent(_ label: String, _ collect: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.addGuest("a", addresses: ["10.1.2.21/24"], gateway: "10.1.2.1")
        try agent.addGuest("b", addresses: ["10.1.2.22/24"], gateway: "10.1.2.1")
        try agent.addGuest("c", addresses: ["10.1.3.31/24"], gateway: "10.1.3.1")
        try agent.addGuest("d", addresses: ["10.9.0.41/24"], gateway: "10.9.0.1")
        try agent.start()
        try agent.apply(Self.policy(collect))
        return agent
    }

    /// The ports of sessions that are in records, by the instance whose they are.
    private func recorded(_ agent: AgentUnderTest) throws -> [String: Set<UInt16>] {
        try agent.ask(.flush)
        let names = Dictionary(
            uniqueKeysWithValues: try agent.policy(Self.policy("{}")).vpcs.flatMap(\.instances).map {
                ($0.interfaces[0].id, $0.name)
            })
        var found: [String: Set<UInt16>] = [:]
        for record in try agent.records() where record.verdict == .accept {
            found[try #require(names[record.interface]), default: []].insert(record.key.targetPort ?? 0)
        }
        return found
    }

    /// From `a`: to its own subnet, to another one, and to another VPC; each on a port of its own.
    private func talk(_ agent: AgentUnderTest, from port: UInt16) throws {
        let a = try agent.guest("a")
        #expect(try a.tcp(address("10.1.2.22"), port, bytes: 20_000).isAnswered)
        #expect(try a.tcp(address("10.1.3.31"), port + 1, bytes: 20_000).isAnswered)
        #expect(try a.tcp(address("10.9.0.41"), port + 2, bytes: 20_000).isAnswered)
    }

    @Test(.kernel) func `only the paths that are on are in records, at once, over a kill, and the books balance`()
        throws
    {
        let agent = try agent("tc", "{between_subnets: true}")
        defer { agent.remove() }
        let ports: [UInt16] = [81, 82, 83, 91, 92, 93]
        let servers = try [("b", "10.1.2.22"), ("c", "10.1.3.31"), ("d", "10.9.0.41")].map {
            try GuestServer(try agent.guest($0), [try address($1)], tcp: ports)
        }
        defer { servers.forEach { $0.stop() } }
        try talk(agent, from: 81)
        #expect(try agent.guest("a").tcp(address("10.1.2.22"), 85, patience: 300) != .silence)
        // The other VPC says nothing of it: there everything is recorded.
        #expect(try recorded(agent) == ["a": [82], "c": [82], "d": [83]])
        agent.supervisor.process?.kill()
        try eventually("the agent's end") { try agent.supervisor.look() != nil }
        try agent.start()
        try balanced(agent)
        // Refusals are recorded whatever is off; at the other end it was let out.
        #expect(try agent.guest("d").udp(address("10.1.2.21"), 99, patience: 300) == .silence)
        // Switched over at once: what was done before stays as it was to be.
        try agent.apply(Self.policy("{within_subnets: true, in_out: true}"))
        try talk(agent, from: 91)
        #expect(try recorded(agent) == ["a": [82, 91, 93], "b": [91], "c": [82], "d": [83, 93, 99]])
        let refused = try agent.records().filter { $0.verdict == .drop }
        #expect(refused.contains { $0.key.targetPort == 99 })
        try balanced(agent)
        // Readers are told how much, for each interface and way.
        var told: [Identifier<Interface>: Traffic] = [:]
        try SpoolReader(folder: agent.folder.spool).forEach {
            if case .loss(let loss) = $0, loss.reason == .notCollected {
                told[loss.interface, default: .zero] += loss.traffic
            }
        }
        let books = try agent.books()
        for line in books.lines {
            #expect(line.interface.hasPrefix("d/") == line.uncollected.isZero, "\(line)")
        }
        let sum = books.lines.reduce(Traffic.zero) { $0 + $1.uncollected }
        #expect(told.count == 3 && told.values.reduce(.zero, +) == sum && sum.packets > 50)
    }

    private func balanced(_ agent: AgentUnderTest) throws {
        let books = try agent.books(settle: 20)
        #expect(books.isBalanced && books.lines.allSatisfy { $0.lost.isZero }, "\(books.lines)")
    }
}
