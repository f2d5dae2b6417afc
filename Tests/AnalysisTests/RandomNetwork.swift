import Model
import Policy
import TestSupport

/// Policies with everything that any stage asks, from small pools of values, and questions about them.
struct RandomNetwork {
    var random: SplitMix64
    private let ports: [UInt16] = [1, 22, 67, 68, 80, 443, 546, 547, 5000, 5005, 65535]
    private let transports: [TransportProtocol] = [.tcp, .udp, .icmp, .icmpv6, .sctp, TransportProtocol(rawValue: 47)]
    private let icmpTypes: [UInt8] = [0, 3, 8, 128, 129, 133, 135, 143]

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    func address(_ vpc: Int, _ subnet: Int, _ host: Int, _ family: AddressFamily) -> IPAddress {
        family == .ipv4
            ? IPAddress(ipv4: UInt32(0x0a00_0000 + vpc << 16 + subnet << 8 + host))
            : IPAddress(ipv6High: 0xfd00_0000_0000_0000 + UInt64(vpc) << 16 + UInt64(subnet), low: UInt64(host))
    }

    mutating func policy() -> Policy {
        var policy = Policy(project: "random", vpcs: (0..<Int.random(in: 1...2, using: &random)).map { vpc($0) })
        if random.chance(40) {
            policy.enterprise = (0..<Int.random(in: 1...8, using: &random)).map { enterpriseRule($0, policy) }
        }
        if random.chance(15) { policy.vpcs[0].mode = .observe }
        if random.chance(15) { policy.vpcs[0].groups[0].mode = .observe }
        if random.chance(15) { policy.vpcs[0].instances[0].interfaces[0].mode = .observe }
        return policy
    }

    private mutating func enterpriseRule(_ number: Int, _ policy: Policy) -> EnterpriseRule {
        EnterpriseRule(
            id: Identifier(derivedFrom: "enterprise", "\(number)"), name: "e\(number)",
            action: random.pick([.block, .block, .allow, .observe]), direction: random.pick([.ingress, .egress]),
            source: enterpriseEnd(policy), target: enterpriseEnd(policy),
            services: (0..<Int.random(in: 1...2, using: &random)).map { _ in service() },
            scope: random.chance(20) ? EnterpriseScope(vpcs: ["v0"]) : nil, isEnabled: random.chance(90))
    }

    private mutating func enterpriseEnd(_ policy: Policy) -> EnterpriseEnd {
        if random.chance(35) { return .any }
        let elements = (0..<Int.random(in: 1...2, using: &random)).map { _ in enterpriseElement(policy) }
        return random.chance(25) ? .noneOf(elements) : .anyOf(elements)
    }

    private mutating func enterpriseElement(_ policy: Policy) -> EnterpriseElement {
        let vpc = Int.random(in: 0..<policy.vpcs.count, using: &random)
        let name = "v\(vpc)"
        switch Int.random(in: 0...6, using: &random) {
        case 0: return .vpc(name)
        case 1: return .subnet(vpc: name, name: random.pick(["s0", "s1"]))
        case 2: return .instance(vpc: name, name: random.pick(policy.vpcs[vpc].instances).name)
        case 3: return .group(vpc: name, name: random.pick(policy.vpcs[vpc].groups).name)
        default: return .prefix(prefix(vpc))
        }
    }

    private mutating func vpc(_ number: Int) -> VPC {
        let names = (0..<Int.random(in: 1...5, using: &random)).map { "g\($0)" }
        let stateless = Set(names.filter { _ in random.chance(40) })
        let groups = names.map { name in
            SecurityGroup(
                id: Identifier(derivedFrom: "group", "\(number)", name), name: name,
                rules: (0..<Int.random(in: 1...8, using: &random)).map { index in
                    rule(Identifier(derivedFrom: "rule", "\(number)", name, "\(index)"), names, number)
                },
                membersElsewhere: random.chance(30)
                    ? [address(number, 1, 99, random.pick(AddressFamily.allCases))] : [],
                isStateful: !stateless.contains(name))
        }
        let acls = (0..<2).map { list in
            NetworkACL(
                id: Identifier(derivedFrom: "acl", "\(number)", "\(list)"), name: "a\(list)",
                rules: (0..<Int.random(in: 0...7, using: &random)).map { index in
                    aclRule(Identifier(derivedFrom: "acl-rule", "\(number)", "\(list)", "\(index)"), number)
                })
        }
        let subnets = (0..<3).map { subnet in
            Subnet(
                id: Identifier(derivedFrom: "subnet", "\(number)", "\(subnet)"), name: "s\(subnet)",
                prefixes: [
                    IPPrefix(containing: address(number, subnet, 0, .ipv4), length: 24),
                    IPPrefix(containing: address(number, subnet, 0, .ipv6), length: 64),
                ], acl: random.chance(25) ? "a\(Int.random(in: 0...1, using: &random))" : nil)
        }
        let instances = (1...Int.random(in: 2...6, using: &random)).map { host in
            instance(number, host, names, stateless)
        }
        return VPC(
            id: Identifier(derivedFrom: "vpc", "\(number)"), name: "v\(number)", prefixes: [], subnets: subnets,
            acls: acls, groups: groups, instances: instances)
    }

    private mutating func instance(_ vpc: Int, _ host: Int, _ names: [String], _ stateless: Set<String>) -> Instance {
        let subnet = Int.random(in: 0...2, using: &random)
        var addresses = [address(vpc, subnet, host + 3, .ipv4)]
        if random.chance(60) { addresses.append(address(vpc, subnet, host + 3, .ipv6)) }
        if random.chance(20) { addresses.append(address(vpc, subnet, host + 40, .ipv4)) }
        if random.chance(10) { addresses.append(address(vpc, subnet, 1, .ipv4)) }
        if random.chance(10) { addresses.append(IPAddress(ipv6High: 0xfe80 << 48, low: UInt64(host + vpc << 8))) }
        let blocks = random.chance(30) ? [IPPrefix(containing: address(vpc, 8 + host, 0, .ipv4), length: 24)] : []
        let pair = AddressPair(IPPrefix(containing: address(vpc, subnet, 200, .ipv4), length: random.pick([30, 32])))
        let isStateless = random.chance(50)
        let usable = names.filter { stateless.contains($0) == isStateless }
        let interface = Interface(
            id: Identifier(derivedFrom: "interface", "\(vpc)", "\(host)"), name: "eth0", subnet: "s\(subnet)",
            addresses: addresses, prefixes: blocks, pairs: random.chance(15) ? [pair] : [], mac: nil, device: nil,
            groups: Array(usable.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))))
        return Instance(
            id: Identifier(derivedFrom: "instance", "\(vpc)", "\(host)"), name: "i\(host)", interfaces: [interface])
    }

    private mutating func rule(_ id: Identifier<Rule>, _ groups: [String], _ vpc: Int) -> Rule {
        Rule(
            id: id, direction: random.pick([.ingress, .egress]),
            family: random.chance(10) ? random.pick(AddressFamily.allCases) : nil, service: service(),
            remote: remote(groups, vpc), local: random.chance(15) ? prefix(vpc) : nil)
    }

    private mutating func aclRule(_ id: Identifier<Rule>, _ vpc: Int) -> ACLRule {
        let service = service()
        var sourcePorts: PortRange?
        if case .transport(let transport, _) = service, transport.hasPorts, random.chance(30) { sourcePorts = range() }
        return ACLRule(
            id: id, action: random.chance(65) ? .allow : .deny, direction: random.pick([.ingress, .egress]),
            service: service, sourcePorts: sourcePorts, source: random.chance(35) ? prefix(vpc) : nil,
            target: random.chance(35) ? prefix(vpc) : nil)
    }

    private mutating func range() -> PortRange {
        let ends = [random.pick(ports), random.pick(ports)]
        let lower = min(ends[0], ends[1])
        return PortRange(lower, random.chance(40) ? lower : max(ends[0], ends[1]))
    }

    private mutating func service() -> Service {
        let transport = random.pick(transports)
        if random.chance(20) { return .any }
        if random.chance(10) { return .icmpTCPUDP }
        if transport.isICMP {
            let type = random.chance(70) ? random.pick(icmpTypes) : nil
            return .icmp(transport, type: type, code: type != nil && random.chance(40) ? random.pick([0, 1]) : nil)
        }
        guard transport.hasPorts, random.chance(80) else { return .transport(transport, nil) }
        return .transport(transport, range())
    }

    private mutating func remote(_ groups: [String], _ vpc: Int) -> Remote {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...4: .any
        case 5...6: .group(random.chance(95) ? random.pick(groups) : "gone")
        default: .prefix(prefix(vpc))
        }
    }

    private mutating func prefix(_ vpc: Int) -> IPPrefix {
        let family = random.pick(AddressFamily.allCases)
        let length = random.pick(family == .ipv4 ? [0, 8, 16, 24, 26, 32] : [0, 7, 48, 64, 126, 128])
        let subnet = random.pick([0, 1, 2, 9, 10])
        let base =
            random.chance(15) ? strange(family) : address(vpc, subnet, Int.random(in: 1...8, using: &random), family)
        return IPPrefix(containing: base, length: length)
    }

    private mutating func strange(_ family: AddressFamily) -> IPAddress {
        let texts =
            family == .ipv4
            ? ["192.0.2.1", "203.0.113.9", "224.0.0.5", "255.255.255.255"]
            : ["fe80::1", "2001:db8::1", "ff02::2", "fc00::1"]
        return IPAddress(random.pick(texts)) ?? address(0, 0, 77, family)
    }

    /// A policy that differs a little from another, or not at all.
    mutating func changed(_ policy: Policy) -> Policy {
        var policy = policy
        let vpc = Int.random(in: 0..<policy.vpcs.count, using: &random)
        let names = policy.vpcs[vpc].groups.map(\.name)
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let group = Int.random(in: 0..<policy.vpcs[vpc].groups.count, using: &random)
            let number = "\(UInt64.random(in: 0...UInt64.max, using: &random))"
            switch Int.random(in: 0...6, using: &random) {
            case 5: policy.enterprise = (policy.enterprise ?? []) + [enterpriseRule(99, policy)]
            case 6: _ = policy.enterprise?.popLast()
            case 0:
                policy.vpcs[vpc].groups[group].rules.append(rule(Identifier(derivedFrom: "rule", number), names, vpc))
            case 1: _ = policy.vpcs[vpc].groups[group].rules.popLast()
            case 2:
                policy.vpcs[vpc].acls[0].rules.insert(aclRule(Identifier(derivedFrom: "acl-rule", number), vpc), at: 0)
            case 3: policy.vpcs[vpc].instances.removeLast()
            default: policy.vpcs[vpc].instances[0].interfaces[0].groups.reverse()
            }
        }
        return policy
    }

    /// An address that something is said of, or next to it, or none.
    mutating func address(_ policy: Policy, _ family: AddressFamily) -> IPAddress {
        let vpc = Int.random(in: 0..<policy.vpcs.count, using: &random)
        if random.chance(15) { return strange(family) }
        if random.chance(20) {
            return address(vpc, random.pick([0, 1, 2, 9, 10]), random.pick([1, 2, 9, 99, 254]), family)
        }
        guard let instance = policy.vpcs[vpc].instances.randomElement(using: &random) else { return strange(family) }
        let interface = instance.interfaces[0]
        let usable = (interface.allAddresses + interface.allPrefixes.flatMap { [$0.base, $0.last] })
            .filter { $0.family == family }
        return usable.randomElement(using: &random) ?? strange(family)
    }

    mutating func key(_ policy: Policy) -> FlowKey {
        let family = random.pick(AddressFamily.allCases)
        let (source, target) = (address(policy, family), address(policy, family))
        let transport = random.pick(transports.filter { $0.isCarried(by: family) })
        if transport.isICMP {
            return FlowKey(
                initiator: source, target: target, transport: transport,
                initiatorPort: UInt16(random.pick(icmpTypes)), targetPort: random.pick([0, 1]))
        }
        let dhcp: [(UInt16, UInt16)] = [(67, 68), (68, 67), (546, 547), (547, 546)]
        var (from, to) = random.chance(15) ? random.pick(dhcp) : (random.pick(ports), random.pick(ports))
        if random.chance(30) { from = UInt16.random(in: 0...65535, using: &random) }
        return FlowKey(initiator: source, target: target, transport: transport, initiatorPort: from, targetPort: to)
    }
}
