import Foundation
import Gzip
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// The use cases of flow logs with real packets: finest granularity wins, and an attacker who tries ports. That of security
/// groups and network ACLs is in NetworkACLTests.
@Suite(.serialized) struct FlowLogUseCaseTests {
    private static func policy(_ more: String = "", collectors: [String]) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: green, cidr: 10.1.1.0/24}, {name: grey, cidr: 10.1.2.0/24}]
            groups:
              - {name: open, rules: [ingress any from any, egress any to any]}
              - {name: ssh, rules: [ingress tcp/22 from any, egress any to any]}
            instances:
              - {name: i1, interfaces: [{name: eth0, subnet: green, address: 10.1.1.11, device: gh-i1, groups: [open]}]}
              - {name: i2, interfaces: [{name: eth0, subnet: green, address: 10.1.1.12, device: gh-i2, groups: [ssh]}]}
              - {name: i5, interfaces: [{name: eth0, subnet: grey, address: 10.1.2.15, device: gh-i5, groups: [open]}]}
              - {name: i6, interfaces: [{name: eth0, subnet: grey, address: 10.1.2.16, device: gh-i6, groups: [open]}]}
              \(more)
        collectors: [\(collectors.joined(separator: ", "))]
        """
    }

    private static let addresses = [
        "i1": "10.1.1.11", "i2": "10.1.1.12", "i3": "10.1.1.13", "i5": "10.1.2.15", "i6": "10.1.2.16",
    ]
    private static let blue = #"{name: umbrella, target: vpc/shop, bucket: "file:bucket-e"}"#
    private static let green = #"{name: green, target: subnet/shop/green, bucket: "file:bucket-c"}"#
    private static let red = #"{name: trouble, target: instance/shop/i5, bucket: "file:bucket-d"}"#

    private static func id(_ instance: String) -> Identifier<Interface> {
        Identifier(derivedFrom: "interface", "shop", "shop", instance, "eth0")
    }

    private func agent(_ label: String) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        for (instance, address) in Self.addresses.sorted(by: { $0.key < $1.key }) where instance != "i3" {
            try add(instance, address, agent)
        }
        try agent.start()
        return agent
    }

    private func add(_ instance: String, _ address: String, _ agent: AgentUnderTest) throws {
        try agent.addGuest(
            instance, addresses: ["\(address)/24"], gateway: address.hasPrefix("10.1.1") ? "10.1.1.1" : "10.1.2.1")
    }

    /// The sessions that a bucket tells, by the instance at whose interface it saw them: `i1>i6` or `i6<i1`.
    private func told(_ bucket: String, _ agent: AgentUnderTest) throws -> [String] {
        let names = Dictionary(uniqueKeysWithValues: Self.addresses.map { ($0.value, $0.key) })
        return try logs(bucket, agent).compactMap { interface, log in
            let own = try #require(Self.addresses.keys.first { Self.id($0).description == interface })
            guard log["was_initiated"] as? Bool == true, let from = log["initiator_ip"] as? String,
                let to = log["target_ip"] as? String
            else { return nil }
            return log["direction"] as? String == "O"
                ? "\(own)>\(names[to] ?? to)" : "\(own)<\(names[from] ?? from)"
        }.sorted()
    }

    /// The records of a bucket's objects, each with its interface.
    private func logs(_ bucket: String, _ agent: AgentUnderTest) throws -> [(String, [String: Any])] {
        let folder = "\(agent.folder.path)/\(bucket)"
        return try files(below: folder).filter { $0.hasPrefix("ibm_") }.flatMap { path in
            let content = try Gzip.decompress(try bytes("\(folder)/\(path)"), limit: 1 << 24)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(content)) as? [String: Any])
            let interface = try #require(object["network_interface_id"] as? String)
            return try #require(object["flow_logs"] as? [[String: Any]]).map { (interface, $0) }
        }
    }

    private func flush(_ agent: AgentUnderTest, until isTrue: () throws -> Bool) throws {
        try agent.ask(.flush)
        try eventually("the records in the buckets", isTrue: isTrue)
    }

    @Test(.kernel) func `finest granularity wins`() throws {
        let agent = try agent("u1")
        defer { agent.remove() }
        try agent.apply(Self.policy(collectors: [Self.blue, Self.green, Self.red]))
        let server = try GuestServer(try agent.guest("i6"), [try address("10.1.2.16")], tcp: [80])
        defer { server.stop() }
        func visit(_ instances: String...) throws {
            for instance in instances {
                #expect(try agent.guest(instance).tcp(try address("10.1.2.16"), 80).isAnswered)
            }
        }
        try visit("i1", "i2", "i5")
        // An instance that comes to the subnet is covered without further action.
        try add("i3", "10.1.1.13", agent)
        let i3 =
            "- {name: i3, interfaces: [{name: eth0, subnet: green, address: 10.1.1.13, device: gh-i3, groups: [open]}]}"
        try agent.apply(Self.policy(i3, collectors: [Self.blue, Self.green, Self.red]))
        try visit("i3")
        // No bucket waits for another.
        try flush(agent) {
            try told("bucket-e", agent).count >= 4 && told("bucket-c", agent).count >= 3
                && !told("bucket-d", agent).isEmpty
        }
        #expect(try told("bucket-c", agent) == ["i1>i6", "i2>i6", "i3>i6"])
        #expect(try told("bucket-d", agent) == ["i5>i6"])
        #expect(try told("bucket-e", agent) == ["i6<i1", "i6<i2", "i6<i3", "i6<i5"])
        // The trouble is over: what the instance does from now on is the umbrella's again.
        try agent.apply(Self.policy(i3, collectors: [Self.blue, Self.green]))
        try visit("i5")
        try flush(agent) { try told("bucket-e", agent).count >= 6 }
        #expect(try told("bucket-d", agent) == ["i5>i6"])
        #expect(try told("bucket-e", agent) == ["i5>i6", "i6<i1", "i6<i2", "i6<i3", "i6<i5", "i6<i5"])
        #expect(try agent.books(settle: 10).isBalanced)
    }

    @Test(.kernel) func `an attacker's tries are all told`() throws {
        let agent = try agent("u3")
        defer { agent.remove() }
        try agent.apply(Self.policy(collectors: [Self.blue]))
        let mac = MACAddress(
            bits: try NetworkNamespace.within(agent.host.name) { try NetworkDevices.linkAddress("gh-i5") })
        var storm = Storm(from: try address("10.1.2.15"), to: try address("10.1.1.12"), via: mac, packets: 1000)
        storm.transport = .tcp
        storm.sourcePorts = 40_000...40_000
        storm.targetPorts = 1...1000
        storm.rate = 500
        storm.seconds = 240
        #expect(try storm.send(from: try agent.guest("i5").namespace) == 1000)
        #expect(try agent.books(settle: 20).isBalanced)
        func tried(_ instance: String, _ action: String) throws -> [[String: Any]] {
            try logs("bucket-e", agent).filter { $0.0 == Self.id(instance).description }.map(\.1).filter {
                $0["action"] as? String == action && $0["initiator_ip"] as? String == "10.1.2.15"
            }
        }
        try flush(agent) { try tried("i2", "rejected").count >= 999 && !tried("i2", "accepted").isEmpty }
        let rejected = try tried("i2", "rejected")
        #expect(
            rejected.compactMap { $0["target_port"] as? Int }.sorted() == Array(1...1000).filter { $0 != 22 })
        #expect(rejected.allSatisfy { $0["direction"] as? String == "I" && $0["bytes_from_target"] as? Int == 0 })
        #expect(rejected.reduce(0) { $0 + ($1["packets_from_initiator"] as? Int ?? 0) } == 999)
        #expect(Set(try tried("i2", "accepted").compactMap { $0["target_port"] as? Int }) == [22])
    }
}
