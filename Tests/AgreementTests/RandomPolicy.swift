import Model
import TestSupport

/// Random policies over a fixed set of interfaces, each with an address of either family.
struct RandomPolicy {
    static let instances = (0..<5).map { "i\($0)" }
    static let transports: [TransportProtocol] = [.tcp, .udp, .sctp, TransportProtocol(rawValue: 47)]
    static let ports: [UInt16] = [22, 53, 80, 443, 5000, 5005, 8080]

    static func addresses(_ index: Int) -> [IPAddress] {
        [
            IPAddress(ipv4: 0x0a01_000a + UInt32(index)),
            IPAddress(ipv6High: 0xfd00_0001_0000_0000, low: 0x10 + UInt64(index)),
        ]
    }

    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func make(_ number: Int) throws -> Policy {
        let names = (0..<Int.random(in: 1...4, using: &random)).map { "g\($0)" }
        let stateless = Set(names.filter { _ in random.chance(40) })
        let groups = try names.map { name in
            var rules: [Rule] = []
            for place in 0..<Int.random(in: 0...9, using: &random) {
                rules.append(try rule(names, id: "\(number) \(name) \(place)"))
            }
            return SecurityGroup(
                id: Identifier(derivedFrom: "group", name), name: name, rules: rules,
                isStateful: !stateless.contains(name))
        }
        let instances = Self.instances.enumerated().map { index, name in
            let isStateless = random.chance(50)
            let attached = names.filter { stateless.contains($0) == isStateless }.shuffled(using: &random)
                .prefix(Int.random(in: 0...3, using: &random))
            return Instance(
                id: Identifier(derivedFrom: "instance", name), name: name,
                interfaces: [
                    Interface(
                        id: Identifier(derivedFrom: "interface", name), name: "eth0",
                        subnet: index < 2 ? "left" : "right",
                        addresses: Self.addresses(index), mac: nil, device: "gh-\(name)", groups: Array(attached))
                ])
        }
        let prefixes = [try IPPrefix(parsing: "10.1.0.0/24"), try IPPrefix(parsing: "fd00:1::/64")]
        let acls = try ["edge0", "edge1"].map { name in
            NetworkACL(
                id: Identifier(derivedFrom: "acl", name), name: name,
                rules: try (0..<Int.random(in: 1...6, using: &random)).map { place in
                    try aclRule(id: "\(number) \(name) \(place)")
                })
        }
        let blocks = [
            ("left", ["10.1.0.8/30", "fd00:1::10/127"]),
            ("right", ["10.1.0.12/30", "fd00:1::12/127", "fd00:1::14/128"]),
        ]
        let subnets = try blocks.map { name, blocks in
            Subnet(
                id: Identifier(derivedFrom: "subnet", name), name: name,
                prefixes: try blocks.map(IPPrefix.init(parsing:)),
                acl: random.chance(25) ? random.pick(acls).name : nil)
        }
        return Policy(
            project: "agreement",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: prefixes, subnets: subnets,
                    acls: acls, groups: groups, instances: instances)
            ])
    }

    private mutating func rule(_ groups: [String], id: String) throws -> Rule {
        Rule(
            id: Identifier(derivedFrom: "rule", id), direction: random.chance(50) ? .ingress : .egress,
            service: service(), remote: try remote(groups), local: random.chance(15) ? try prefix() : nil)
    }

    private mutating func aclRule(id: String) throws -> ACLRule {
        let service = service()
        let hasPorts = if case .transport(let transport, _) = service { transport.hasPorts } else { false }
        return ACLRule(
            id: Identifier(derivedFrom: "acl-rule", id), action: random.chance(65) ? .allow : .deny,
            direction: random.chance(50) ? .ingress : .egress,
            family: random.chance(10) ? random.pick(AddressFamily.allCases) : nil, service: service,
            sourcePorts: hasPorts && random.chance(20) ? PortRange(1000, 40_000) : nil,
            source: random.chance(30) ? try prefix() : nil, target: random.chance(30) ? try prefix() : nil)
    }

    mutating func chance(_ percent: Int) -> Bool { random.chance(percent) }
    mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func pick<Value>(_ values: [Value]) -> Value { random.pick(values) }

    mutating func service() -> Service {
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 11: return .any
        case 10: return .icmpTCPUDP
        case 1: return .transport(random.pick(Self.transports), nil)
        case 2: return .icmp(.icmp, type: random.chance(50) ? 8 : nil, code: nil)
        case 3: return .icmp(.icmpv6, type: random.chance(50) ? 128 : nil, code: nil)
        case 4: return .icmp(.icmp, type: 8, code: random.chance(50) ? 0 : 3)
        default:
            let ports = [random.pick(Self.ports), random.pick(Self.ports)].sorted()
            return .transport(
                random.chance(60) ? .tcp : .udp,
                random.chance(50) ? PortRange(ports[0], ports[0]) : PortRange(ports[0], ports[1]))
        }
    }

    private mutating func remote(_ groups: [String]) throws -> Remote {
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 3: return .any
        case 1, 2: return .group(random.pick(groups))
        default: return .prefix(try prefix())
        }
    }

    mutating func prefix() throws -> IPPrefix {
        try IPPrefix(
            parsing: random.pick([
                "10.1.0.0/24", "10.1.0.8/30", "10.1.0.12", "0.0.0.0/0", "192.0.2.0/25", "fd00:1::/64",
                "fd00:1::10/127", "fd00:1::12", "::/0", "2001:db8::/32",
            ]))
    }
}

extension Policy {
    /// The policy with the same addresses at the same guests, had in other ways: by a block that other guests' single addresses
    /// lie in, by a pair's block, by a pair's address.
    func spread() throws -> Policy {
        let ways: [Int: (prefixes: [String], pairs: [String])] = [
            1: (["10.1.0.8/29", "fd00:1::10/124"], []), 3: ([], ["10.1.0.13", "fd00:1::13"]),
            4: ([], ["10.1.0.14/32", "fd00:1::14"]),
        ]
        var policy = self
        for (place, way) in ways {
            let interface = policy.vpcs[0].instances[place].interfaces[0]
            policy.vpcs[0].instances[place].interfaces[0] = interface.with(
                addresses: [IPAddress(ipv4: 0x0a01_0900 + UInt32(place))],
                prefixes: try way.prefixes.map { try IPPrefix(parsing: $0) },
                pairs: try way.pairs.map { AddressPair(try IPPrefix(parsing: $0)) })
        }
        return policy
    }
}
