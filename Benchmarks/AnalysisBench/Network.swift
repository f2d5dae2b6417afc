import Model
import Policy

/// Policies of a given size, the same each time.
struct Network {
    let policy: Policy

    init(interfaces: Int, groups: Int, rulesPerGroup: Int, acls: Int = 0) {
        let names = (0..<groups).map { "g\($0)" }
        let all = names.enumerated().map { number, name in
            SecurityGroup(
                id: Identifier(derivedFrom: "group", name), name: name,
                rules: (0..<rulesPerGroup).map { Self.rule(group: number, $0, groups) })
        }
        let lists = (0..<acls).map { number in
            NetworkACL(
                id: Identifier(derivedFrom: "acl", "\(number)"), name: "a\(number)",
                rules: (0..<10).map { Self.aclRule(list: number, $0) })
        }
        let subnets = (0..<max(acls, 1)).map { number in
            Subnet(
                id: Identifier(derivedFrom: "subnet", "\(number)"), name: "s\(number)",
                prefixes: [IPPrefix(containing: IPAddress(ipv4: UInt32(0x0a00_0000 + number << 16)), length: 16)],
                acl: acls > 0 ? "a\(number)" : nil)
        }
        let instances = (0..<interfaces).map { number in
            let subnet = number % subnets.count
            let interface = Interface(
                id: Identifier(derivedFrom: "interface", "\(number)"), name: "eth0", subnet: "s\(subnet)",
                addresses: [IPAddress(ipv4: UInt32(0x0a00_0000 + subnet << 16 + number + 10))], mac: nil, device: nil,
                groups: [names[number % groups], names[(number * 7 + 3) % groups]])
            return Instance(
                id: Identifier(derivedFrom: "instance", "\(number)"), name: "i\(number)", interfaces: [interface])
        }
        policy = Policy(
            project: "bench",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [], subnets: subnets, acls: lists,
                    groups: all, instances: instances)
            ])
    }

    private static func rule(group: Int, _ number: Int, _ groups: Int) -> Rule {
        let port = UInt16(1000 + (group * 31 + number * 17) % 5000)
        let remote: Remote =
            switch number % 4 {
            case 0: .any
            case 1: .group("g\((group + number) % groups)")
            case 2:
                .prefix(IPPrefix(containing: IPAddress(ipv4: UInt32(0xac10_0000 + group << 8)), length: 24))
            default:
                .prefix(IPPrefix(containing: IPAddress(ipv4: UInt32(0x0a00_0000 + number << 16)), length: 16))
            }
        return Rule(
            id: Identifier(derivedFrom: "rule", "\(group)", "\(number)"),
            direction: number % 2 == 0 ? .ingress : .egress,
            service: .transport(.tcp, PortRange(port, port + UInt16(number % 5))), remote: remote)
    }

    private static func aclRule(list: Int, _ number: Int) -> ACLRule {
        let block = IPPrefix(containing: IPAddress(ipv4: UInt32(0x0a00_0000 + (list + number) % 40 << 16)), length: 16)
        return ACLRule(
            id: Identifier(derivedFrom: "acl-rule", "\(list)", "\(number)"), action: number % 3 == 0 ? .deny : .allow,
            direction: number % 2 == 0 ? .ingress : .egress,
            service: number < 8 ? .transport(.tcp, PortRange(UInt16(1000 + list * 10), 6000)) : .any,
            source: number < 8 && number % 2 == 0 ? block : nil, target: number < 8 && number % 2 == 1 ? block : nil)
    }

    /// One group of so many rules, some of which are covered by others.
    static func oneGroup(rules: Int) -> Policy {
        let own = (0..<rules).map { number in
            let port = UInt16(1 + (number * 7919) % 60_000)
            let length = [8, 16, 24, 32][number % 4]
            let base = IPAddress(ipv4: UInt32(truncatingIfNeeded: 0x0a00_0000 + number &* 2_654_435_761 % 0x0100_0000))
            return Rule(
                id: Identifier(derivedFrom: "rule", "\(number)"), direction: number % 2 == 0 ? .ingress : .egress,
                service: .transport(number % 3 == 0 ? .udp : .tcp, PortRange(port, port + UInt16(number % 200))),
                remote: .prefix(IPPrefix(containing: base, length: length)))
        }
        let group = SecurityGroup(id: Identifier(derivedFrom: "group"), name: "g", rules: own)
        return Policy(
            project: "bench",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [], subnets: [], groups: [group],
                    instances: [])
            ])
    }

    /// The policy with so many rules that admit another port.
    static func changed(_ policy: Policy, rules: Int) -> Policy {
        var policy = policy
        for number in 0..<rules {
            let group = number * 23 % policy.vpcs[0].groups.count
            let old = policy.vpcs[0].groups[group].rules[number % 4]
            policy.vpcs[0].groups[group].rules[number % 4] = Rule(
                id: old.id, direction: old.direction, service: .transport(.tcp, PortRange(9000, 9000)),
                remote: old.remote)
        }
        return policy
    }

    static func revision(_ policy: Policy) -> Revision {
        Revision(
            number: 1, madeAt: Timestamp(nanoseconds: 0), actor: "", origin: "", policy: policy, ruleOrigins: [:])
    }

    /// A packet between two interfaces.
    static func packet(_ policy: Policy, _ number: Int) -> Packet {
        let instances = policy.vpcs[0].instances
        let (source, target) = (
            instances[number % instances.count].interfaces[0],
            instances[(number * 13 + 5) % instances.count].interfaces[0]
        )
        let key = FlowKey(
            initiator: source.addresses[0], target: target.addresses[0], transport: .tcp, initiatorPort: 50_000,
            targetPort: UInt16(1000 + number % 5000))
        return Packet(key, from: .interface(source.id))
    }
}
