import Model
import Policy

/// Vigna's SplitMix64: the same stream everywhere.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// One VPC of 1,000 interfaces with 2–4 of 50 groups each, and 20 rules a group; packets between its ends.
struct Workload {
    static let groupCount = 50
    static let rulesPerGroup = 20
    static let interfaceCount = 1000

    let revision: Revision
    let packets: [Packet]

    init(packetCount: Int, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let groups = (0..<Self.groupCount).map { Self.group($0, &random) }
        let interfaces = (0..<Self.interfaceCount).map { Self.interface($0, &random) }
        let instances = interfaces.map {
            Instance(id: Identifier(derivedFrom: "instance", $0.name), name: $0.name, interfaces: [$0])
        }
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "bench", prefixes: [], subnets: [], groups: groups,
            instances: instances)
        self.revision = Revision.none.next(
            policy: Policy(project: "bench", vpcs: [vpc]), actor: "bench", origin: "bench", at: Timestamp(seconds: 0))
        self.packets = (0..<packetCount).map { _ in Self.packet(interfaces, &random) }
    }

    private static func address(_ number: Int) -> IPAddress { IPAddress(ipv4: 0x0a01_0000 + UInt32(number)) }

    private static func port(_ random: inout SplitMix64) -> UInt16 {
        [22, 53, 80, 443, 3306, 5432, 6379, 8080, 8443, 9090][Int.random(in: 0..<10, using: &random)]
    }

    private static func group(_ number: Int, _ random: inout SplitMix64) -> SecurityGroup {
        let rules = (0..<rulesPerGroup).map { index in
            let transport: TransportProtocol = Int.random(in: 0..<4, using: &random) == 0 ? .udp : .tcp
            let lower = port(&random)
            let upper = Int.random(in: 0..<4, using: &random) == 0 ? lower + 100 : lower
            let remote: Remote =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: .any
                case 1...6: .group("g\(Int.random(in: 0..<groupCount, using: &random))")
                default:
                    .prefix(
                        IPPrefix(
                            containing: address(Int.random(in: 0..<interfaceCount, using: &random)),
                            length: Int.random(in: 22...30, using: &random)))
                }
            return Rule(
                id: Identifier(derivedFrom: "rule", "\(number)", "\(index)"),
                direction: index % 2 == 0 ? .ingress : .egress,
                service: index == 19
                    ? .icmp(.icmp, type: 8, code: nil) : .transport(transport, PortRange(lower, upper)),
                remote: remote)
        }
        return SecurityGroup(id: Identifier(derivedFrom: "group", "\(number)"), name: "g\(number)", rules: rules)
    }

    private static func interface(_ number: Int, _ random: inout SplitMix64) -> Interface {
        var groups: [String] = []
        while groups.count < 2 + number % 3 {
            let name = "g\(Int.random(in: 0..<groupCount, using: &random))"
            if !groups.contains(name) { groups.append(name) }
        }
        return Interface(
            id: Identifier(derivedFrom: "interface", "\(number)"), name: "eth0", subnet: "s",
            addresses: [address(number)], mac: nil, device: "d\(number)", groups: groups)
    }

    /// Four of five packets go between two interfaces, the others come from outside.
    private static func packet(_ interfaces: [Interface], _ random: inout SplitMix64) -> Packet {
        let source = Int.random(in: 0..<interfaces.count, using: &random)
        let target = Int.random(in: 0..<interfaces.count, using: &random)
        let isInner = Int.random(in: 0..<5, using: &random) < 4
        let key = FlowKey(
            initiator: isInner
                ? address(source) : IPAddress(ipv4: UInt32.random(in: 0xc000_0000...0xcfff_ffff, using: &random)),
            target: address(target), transport: Int.random(in: 0..<4, using: &random) == 0 ? .udp : .tcp,
            initiatorPort: UInt16.random(in: 32768...65535, using: &random), targetPort: port(&random))
        return Packet(key, from: isInner ? .interface(interfaces[source].id) : .outside)
    }
}
