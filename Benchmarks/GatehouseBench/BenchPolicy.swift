import Enforcement
import Model

/// Policies of any size, with five hundred different lists of groups at the most: the two real guests first, then interfaces whose devices do not exist.
enum BenchPolicy {
    static func make(interfaces: Int, groups: Int, rules: Int, logsNothing: Bool = false) -> Policy {
        let names = (0..<groups).map { "g\($0)" }
        let all = names.enumerated().map { index, name in
            var list: [Rule] = []
            for place in 0..<max(rules - 2, 0) {
                let direction: Direction = place % 2 == 0 ? .ingress : .egress
                let remote: Remote = place % 5 == 0 ? .group(names[(index + 1) % groups]) : .any
                list.append(rule(name, direction, .tcp, UInt16(1000 + place), remote))
            }
            list.append(rule(name, .egress, .udp, nil, .any))
            list.append(rule(name, .ingress, .udp, nil, .any))
            return SecurityGroup(id: Identifier(derivedFrom: "group", name), name: name, rules: list)
        }
        let instances = (0..<interfaces).map { index in
            Instance(
                id: Identifier(derivedFrom: "instance", "\(index)"), name: "i\(index)",
                interfaces: [
                    Interface(
                        id: Identifier(derivedFrom: "interface", "\(index)"), name: "eth0", subnet: "all",
                        addresses: [IPAddress(ipv4: 0x0a01_000a + UInt32(index))], mac: nil, device: "gh-p\(index)",
                        groups: [names[index % groups], names[(index + 1 + index / groups % 5) % groups]].uniqued)
                ])
        }
        let prefix = IPPrefix(containing: IPAddress(ipv4: 0x0a01_0000), length: 16)
        return Policy(
            project: "bench",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [prefix],
                    subnets: [Subnet(id: Identifier(derivedFrom: "subnet"), name: "all", prefixes: [prefix])],
                    groups: all,
                    instances: instances)
            ])
    }

    private static func rule(
        _ group: String, _ direction: Direction, _ transport: TransportProtocol, _ port: UInt16?, _ remote: Remote
    ) -> Rule {
        Rule(
            id: Identifier(derivedFrom: "rule", "\(group) \(direction) \(transport) \(port ?? 0)"),
            direction: direction,
            service: .transport(transport, port.map { PortRange($0, $0) }), remote: remote)
    }

    static func plan(_ policy: Policy, _ indexes: inout RuleIndexes) throws -> HostPlan {
        let devices = Dictionary(policy.placements.map { ($0.interface, $0.device) }) { first, _ in first }
        return try HostPlan(policy, devices: devices, indexes: &indexes)
    }
}

extension [String] {
    /// The elements, each once, in their order.
    fileprivate var uniqued: [String] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
