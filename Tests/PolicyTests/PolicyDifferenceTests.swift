import Foundation
import Model
import TestSupport
import Testing

@testable import Policy

/// A difference of two policies is exact: whatever one says and the other does not is in it, a property that does not exist
/// yet too.
@Suite struct PolicyDifferenceTests {
    private static let enterprise = EnterpriseRule(
        id: Identifier(derivedFrom: "enterprise"), name: "no-telnet", action: .block, direction: .ingress,
        source: .noneOf([.prefix(IPPrefix(IPAddress(ipv4: 0x0a01_0001)))]),
        target: .anyOf([
            .vpc("shop"), .subnet(vpc: "shop", name: "front"), .group(vpc: "shop", name: "web"),
            .instance(vpc: "shop", name: "web-1"),
        ]), services: [.transport(.tcp, PortRange(23, 24))],
        scope: EnterpriseScope(projects: ["demo"], vpcs: ["shop"]), isEnabled: false, isLogged: false,
        schedule: Schedule(
            from: Timestamp(seconds: 1), until: Timestamp(seconds: 2),
            hours: [WeeklyHours(firstDay: 1, lastDay: 2, start: 60, end: 120)]),
        expires: Timestamp(seconds: 3), owner: "dba", ticket: "T-1", note: "old")

    /// A policy in which every property of every part says something; `WholePolicy` below checks that it is one.
    private static let whole: Policy = {
        let (interface, group) = (
            Identifier<Interface>(derivedFrom: "eth0"), Identifier<SecurityGroup>(derivedFrom: "web")
        )
        let prefix = IPPrefix(containing: IPAddress(ipv4: 0x0a01_0000), length: 24)
        let rule = Rule(
            id: Identifier(derivedFrom: "rule"), direction: .ingress, family: .ipv4,
            service: .transport(.tcp, PortRange(443, 444)), remote: .prefix(prefix), local: prefix,
            description: "the shop")
        let peer = Rule(
            id: Identifier(derivedFrom: "peer"), direction: .egress, family: .ipv4,
            service: .icmp(.icmp, type: 8, code: 0), remote: .group("web"), local: prefix, description: "a ping")
        let acl = NetworkACL(
            id: Identifier(derivedFrom: "acl"), name: "edge",
            rules: [
                ACLRule(
                    id: Identifier(derivedFrom: "acl-rule"), name: "no-ssh", action: .deny, direction: .ingress,
                    family: .ipv4, service: .transport(.tcp, PortRange(22, 22)), sourcePorts: PortRange(1, 9),
                    source: prefix, target: prefix)
            ])
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "shop", prefixes: [prefix],
            subnets: [
                Subnet(
                    id: Identifier(derivedFrom: "subnet"), name: "front", prefixes: [prefix], acl: "edge", zone: "r-1",
                    dhcp: SubnetDHCP(servers: [prefix.base]))
            ], acls: [acl],
            groups: [
                SecurityGroup(
                    id: group, name: "web", rules: [rule, peer], membersElsewhere: [prefix.base], isPredefined: true,
                    isStateful: false, mode: .observe)
            ],
            instances: [
                Instance(
                    id: Identifier(derivedFrom: "instance"), name: "web-1", zone: "r-1",
                    interfaces: [
                        Interface(
                            id: interface, name: "eth0", subnet: "front", addresses: [prefix.base],
                            prefixes: [prefix],
                            pairs: [AddressPair(prefix, mac: MACAddress(bits: 4), isShared: true)],
                            mac: MACAddress(bits: 2), device: "d", project: "other",
                            projectName: "others", groups: ["web"], mode: .observe)
                    ])
            ], mode: .observe, collected: [.inOut])
        return Policy(
            project: "demo", region: "r", vpcs: [vpc],
            collectors: [
                Collector(
                    id: Identifier(derivedFrom: "collector"), name: "all", project: "other", target: .vpc("shop"),
                    bucket: "file:b", isActive: false, format: FlowLogFormat(name: "aws", columns: ["bytes"]),
                    interval: 60)
            ], logs: [LogResource(id: "l", project: "demo", event: .drop, group: group, interface: interface)],
            bridges: [BridgeSettings(name: "br0", unknown: .refuse, uplinks: ["eth1"])],
            assertions: [
                PolicyAssertion(
                    .never, source: .group("web"), target: .interface("db-1"),
                    service: .transport(.tcp, PortRange(22, 23)))
            ], enterprise: [enterprise], sinks: [sink])
    }()

    private static let sink: Sink = {
        guard let address = try? SinkAddress("https://h:9/p", of: .http) else { preconditionFailure("a url") }
        var sink = Sink(
            name: "siem", kind: .http, address: address, sources: [.events], filter: "action = drop", format: .json)
        (sink.rate, sink.framing, sink.compression, sink.encoding) = (5, .lines, .gzip, .json)
        (sink.secretFile, sink.user, sink.authorityFile) = ("/s", "u", "/c")
        (sink.index, sink.topic, sink.tenant, sink.acknowledges) = ("i", "t", "n", true)
        return sink
    }()

    /// Holds the promise for two policies: empty where they are equal and nowhere else, and exact.
    private func hold(_ old: Policy, _ new: Policy, _ comment: Comment? = nil) {
        let difference = PolicyDifference(from: old, to: new)
        #expect(difference.isEmpty == (old == new), comment)
        #expect(difference.lines.isEmpty == (old == new), comment)
        #expect((difference.summary == "nothing changes") == (old == new), comment)
        #expect(old + difference == new, comment)
        #expect(new + PolicyDifference(from: new, to: old) == old, comment)
    }

    @Test func `a policy is the sum of its parts`() {
        #expect(PolicyOutline(Self.whole).policy == Self.whole)
        for seed in 0..<50 as Range<UInt64> {
            var source = RandomPolicy(seed: seed)
            let policy = source.policy()
            #expect(PolicyOutline(policy).policy == policy)
        }
    }

    @Test func `the sample of a policy says something of everything`() {
        #expect(WholePolicy.silent(in: Self.whole).isEmpty)
    }

    @Test func `two random policies differ by their difference`() {
        var policies: [Policy] = [.empty, Self.whole]
        for seed in 0..<60 as Range<UInt64> {
            var source = RandomPolicy(seed: seed)
            policies.append(source.policy())
        }
        for (one, other) in zip(policies, policies.dropFirst()) {
            hold(one, other)
            hold(one, one)
        }
    }

    /// Each text, number and flag of the sample is changed alone, as JSON: a property that nobody has thought of yet is
    /// among them as soon as there is one.
    @Test func `whatever is changed alone is told`() throws {
        let encoder = JSONEncoder()
        let json = try JSONSerialization.jsonObject(with: encoder.encode(Self.whole))
        var tried = 0
        for path in Leaf.paths(of: json) {
            for value in Leaf.others(than: Leaf.value(at: path, in: json)) {
                let data = try JSONSerialization.data(withJSONObject: Leaf.replacing(path, with: value, in: json))
                // Not every other value is one of its kind.
                guard let changed = try? JSONDecoder().decode(Policy.self, from: data), changed != Self.whole else {
                    continue
                }
                tried += 1
                hold(Self.whole, changed, "\(path.map { "\($0)" }.joined(separator: "."))")
            }
        }
        #expect(tried > 50)
    }

    @Test func `a dropped network ACL is no change of nothing`() {
        var without = Self.whole
        without.vpcs[0].acls = []
        without.vpcs[0].subnets = without.vpcs[0].subnets.map {
            Subnet(id: $0.id, name: $0.name, prefixes: $0.prefixes, acl: nil, zone: $0.zone, dhcp: $0.dhcp)
        }
        let lines = PolicyDifference(from: Self.whole, to: without).lines.map(\.text)
        #expect(
            lines == [
                "~ subnet shop/front: 10.1.0.0/24 in r-1, acl edge, dhcp of 10.1.0.0 → 10.1.0.0/24 in r-1, dhcp of 10.1.0.0",
                "- acl shop/edge",
                "- acl rule shop/edge: deny ingress tcp/22 from 10.1.0.0/24 port 1-9 to 10.1.0.0/24 (no-ssh)",
            ])
    }

    @Test func `rules of an ACL in another order are told`() {
        var (old, new) = (Self.whole, Self.whole)
        let second = ACLRule(
            id: Identifier(derivedFrom: "second"), action: .allow, direction: .ingress, service: .any)
        old.vpcs[0].acls[0].rules.append(second)
        new.vpcs[0].acls[0].rules.insert(second, at: 0)
        #expect(
            PolicyDifference(from: old, to: new).lines.map(\.text) == ["~ acl shop/edge: acl rules in another order"])
        hold(old, new)
    }
}

/// Finds what a value leaves unsaid: properties that are nil, and lists that are empty.
private enum WholePolicy {
    static func silent(in value: Any, at path: String = "policy") -> [String] {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            guard let inner = mirror.children.first else { return [path] }
            return silent(in: inner.value, at: path)
        case .collection, .set, .dictionary:
            guard !mirror.children.isEmpty else { return [path] }
            return mirror.children.enumerated().flatMap { silent(in: $1.value, at: "\(path)[\($0)]") }
        case .struct, .class, .tuple, .enum, .foreignReference, nil:
            return mirror.children.flatMap { silent(in: $0.value, at: "\(path).\($0.label ?? "")") }
        @unknown default: return ["\(path): unknown"]
        }
    }
}

/// The texts, numbers and flags of a JSON document, by their paths.
private enum Leaf {
    static func paths(of json: Any) -> [[any Hashable & Sendable]] {
        if let object = json as? [String: Any] {
            return object.keys.sorted().flatMap { key in paths(of: object[key] ?? NSNull()).map { [key] + $0 } }
        }
        if let list = json as? [Any] {
            return list.indices.flatMap { index in paths(of: list[index]).map { [index] + $0 } }
        }
        return [[]]
    }

    static func value(at path: [any Hashable & Sendable], in json: Any) -> Any {
        path.reduce(json) { value, step in
            if let key = step as? String { return (value as? [String: Any])?[key] ?? NSNull() }
            return (step as? Int).flatMap { (value as? [Any])?[$0] } ?? NSNull()
        }
    }

    static func replacing(_ path: [any Hashable & Sendable], with value: Any, in json: Any) -> Any {
        guard let step = path.first else { return value }
        let rest = Array(path.dropFirst())
        if let key = step as? String, var object = json as? [String: Any] {
            object[key] = replacing(rest, with: value, in: object[key] ?? NSNull())
            return object
        }
        if let index = step as? Int, var list = json as? [Any] {
            list[index] = replacing(rest, with: value, in: list[index])
            return list
        }
        return json
    }

    /// Values that may stand there too.
    static func others(than value: Any) -> [Any] {
        switch value {
        case let text as String:
            [
                text + "x", "ingress", "egress", "ipv6", "allow", "ACCEPT", "10.9.0.0/16", "10.9.0.1", "fd00::/64",
                "00000000-0000-8000-8000-000000000001", "02:00:00:00:00:09",
            ]
        // Flags are numbers here as well.
        case let number as NSNumber: [number.intValue + 1, !number.boolValue, number.intValue + 2]
        default: []
        }
    }
}
