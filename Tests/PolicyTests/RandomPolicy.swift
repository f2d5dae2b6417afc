import Model
import TestSupport

@testable import Policy
@testable import PolicyFiles

/// Policies and packets from small pools of values, so that matches and near misses are both frequent.
struct RandomPolicy {
    var random: SplitMix64
    private let ports: [UInt16] = [0, 1, 22, 67, 68, 80, 443, 546, 547, 5000, 5005, 65535]
    private let transports: [TransportProtocol] = [.tcp, .udp, .icmp, .icmpv6, .sctp, TransportProtocol(rawValue: 47)]
    private let icmpTypes: [UInt8] = [0, 3, 8, 11, 128, 129, 130, 133, 134, 135, 136, 137, 143]

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    private func address(_ vpc: Int, _ host: Int, _ family: AddressFamily) -> IPAddress {
        family == .ipv4
            ? IPAddress(ipv4: UInt32(0x0a00_0000 + vpc << 16 + host))
            : IPAddress(ipv6High: 0xfd00_0000_0000_0000 + UInt64(vpc) << 16, low: UInt64(host))
    }

    mutating func policy() -> Policy {
        let vpcs = (0..<Int.random(in: 1...2, using: &random)).map { vpc(number: $0) }
        return Policy(project: "random", vpcs: vpcs)
    }

    private mutating func vpc(number: Int) -> VPC {
        let names = (0..<Int.random(in: 1...6, using: &random)).map { "g\($0)" }
        let stateless = Set(names.filter { _ in random.chance(40) })
        var groups = names.map { name in
            SecurityGroup(
                id: Identifier(derivedFrom: "group", "\(number)", name), name: name,
                rules: (0..<Int.random(in: 0...12, using: &random)).map { index in
                    rule(id: Identifier(derivedFrom: "rule", "\(number)", name, "\(index)"), groups: names, vpc: number)
                }, isStateful: !stateless.contains(name))
        }
        groups.append(ReadyMadeGroup.allowSSH.group(project: "random", vpc: "\(number)"))
        let attachable = names + ["allow_ssh"]
        let instances = (1...Int.random(in: 2...8, using: &random)).map { host in
            var addresses = [address(number, host, .ipv4)]
            if random.chance(60) { addresses.append(address(number, host, .ipv6)) }
            var pairs: [AddressPair] = []
            while random.chance(40) { pairs.append(pair(number)) }
            let blocks = random.chance(30) ? [block(number, host)] : []
            let isStateless = random.chance(50)
            let usable = attachable.filter { stateless.contains($0) == isStateless }
            let interface = Interface(
                id: Identifier(derivedFrom: "interface", "\(number)", "\(host)"), name: "eth0", subnet: "s",
                addresses: addresses, prefixes: blocks, pairs: pairs,
                mac: random.chance(30) ? MACAddress(bits: UInt64(host)) : nil,
                device: "d\(number)-\(host)",
                groups: Array(usable.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))))
            return Instance(
                id: Identifier(derivedFrom: "instance", "\(number)", "\(host)"), name: "i\(host)",
                interfaces: [interface])
        }
        return VPC(
            id: Identifier(derivedFrom: "vpc", "\(number)"), name: "v\(number)", prefixes: [], subnets: [],
            groups: groups, instances: instances)
    }

    /// Behind a node, and within reach of single addresses of others.
    private func block(_ vpc: Int, _ host: Int) -> IPPrefix {
        IPPrefix(
            containing: address(vpc, host % 2 == 0 ? host << 8 : 0, .ipv4), length: host % 2 == 0 ? 24 : 29 + host % 3)
    }

    /// One that few have, one of somebody, or a block.
    private mutating func pair(_ vpc: Int) -> AddressPair {
        let family = random.pick(AddressFamily.allCases)
        let host = address(vpc, random.pick([1, 2, 3, 200, 201, 202]), family)
        let length = random.chance(70) ? family.addressBits : family.addressBits - 2
        return AddressPair(
            IPPrefix(containing: host, length: length),
            mac: random.chance(30) ? MACAddress(bits: UInt64.random(in: 1...8, using: &random)) : nil)
    }

    private mutating func rule(id: Identifier<Rule>, groups: [String], vpc: Int) -> Rule {
        Rule(
            id: id, direction: random.pick([.ingress, .egress]), service: service(), remote: remote(groups, vpc),
            local: random.chance(15) ? prefix(vpc) : nil)
    }

    private mutating func service() -> Service {
        let transport = random.pick(transports)
        if random.chance(15) { return .any }
        if random.chance(10) { return .icmpTCPUDP }
        if transport.isICMP {
            let type = random.chance(70) ? random.pick(icmpTypes) : nil
            return .icmp(transport, type: type, code: type != nil && random.chance(40) ? random.pick([0, 1]) : nil)
        }
        guard transport.hasPorts, random.chance(80) else { return .transport(transport, nil) }
        let ends = [random.pick(ports), random.pick(ports)]
        let lower = min(ends[0], ends[1])
        return .transport(transport, PortRange(lower, random.chance(50) ? lower : max(ends[0], ends[1])))
    }

    private mutating func remote(_ groups: [String], _ vpc: Int) -> Remote {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...2: return .any
        case 3...6: return .group(random.chance(95) ? random.pick(groups) : "gone")
        default: return .prefix(prefix(vpc))
        }
    }

    private mutating func prefix(_ vpc: Int) -> IPPrefix {
        let family = random.pick(AddressFamily.allCases)
        let length = random.pick(family == .ipv4 ? [0, 8, 16, 30, 31, 32] : [0, 7, 48, 64, 126, 128])
        return IPPrefix(containing: address(vpc, Int.random(in: 1...8, using: &random), family), length: length)
    }

    mutating func packet(_ policy: Policy) -> Packet {
        let family = random.pick(AddressFamily.allCases)
        let source = end(policy, family)
        var origin = random.chance(85) ? source.origin : random.chance(50) ? .outside : .host
        if random.chance(5) { origin = end(policy, family).origin }
        let mac = random.chance(20) ? MACAddress(bits: UInt64.random(in: 1...8, using: &random)) : nil
        return Packet(
            key(source.address, end(policy, family).address), from: origin, sourceMAC: mac,
            isForHost: random.chance(10),
            hopLimit: random.chance(50) ? random.pick([1, 64, 255]) : nil, hasAuthenticationHeader: random.chance(3))
    }

    private mutating func key(_ source: IPAddress, _ target: IPAddress) -> FlowKey {
        let transport = random.pick(transports)
        if transport.isICMP {
            return FlowKey(
                initiator: source, target: target, transport: transport, initiatorPort: UInt16(random.pick(icmpTypes)),
                targetPort: random.pick([0, 1]))
        }
        guard transport.hasPorts else { return FlowKey(initiator: source, target: target, transport: transport) }
        let dhcp: [(UInt16, UInt16)] = [(67, 68), (68, 67), (546, 547), (547, 546)]
        var (from, to) = random.chance(5) ? random.pick(dhcp) : (random.pick(ports), random.pick(ports))
        if random.chance(30) { (from, to) = (from, UInt16.random(in: 0...65535, using: &random)) }
        return FlowKey(
            initiator: source, target: target, transport: transport, initiatorPort: from, targetPort: to)
    }

    private mutating func end(_ policy: Policy, _ family: AddressFamily) -> (address: IPAddress, origin: Packet.Origin)
    {
        let vpc = Int.random(in: 0..<policy.vpcs.count, using: &random)
        if random.chance(10) {
            let strange =
                family == .ipv4 ? ["0.0.0.0", "192.0.2.1"] : ["::", "fe80::1", "febf::1", "fec0::1", "2001:db8::1"]
            return (IPAddress(random.pick(strange)) ?? address(vpc, 1, family), .outside)
        }
        let interface = random.pick(policy.vpcs[vpc].instances.flatMap(\.interfaces))
        var usable = interface.addresses + interface.pairs.flatMap { [$0.prefix.base, $0.prefix.last] }
        usable += interface.prefixes.flatMap { [$0.base, $0.last] }
        usable = usable.filter { $0.family == family }
        let own = usable.isEmpty ? address(vpc, 77, family) : random.pick(usable)
        return (own, .interface(interface.id))
    }
}
