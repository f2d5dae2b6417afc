import Model

/// A small policy of two instances, with knobs.
enum SamplePolicy {
    static func policy(
        groupsOfApp: [String], extraRule: Bool = false, isStateful: Bool = true, elsewhere: [IPAddress] = []
    ) throws -> Policy {
        func rule(_ direction: Direction, _ service: Service, _ remote: Remote) -> Rule {
            Rule(
                id: Identifier(derivedFrom: "rule", "\(direction) \(service) \(remote)"), direction: direction,
                service: service, remote: remote)
        }
        let web = SecurityGroup(
            id: Identifier(derivedFrom: "web"), name: "web",
            rules: [
                rule(.ingress, .transport(.tcp, PortRange(443, 443)), .any),
                rule(.egress, .transport(.tcp, PortRange(8080, 8090)), .group("app")),
                rule(.ingress, .icmp(.icmp, type: 8, code: 0), .prefix(try IPPrefix(parsing: "10.0.0.0/8"))),
                rule(.ingress, .icmp(.icmpv6, type: nil, code: nil), .any),
            ] + (extraRule ? [rule(.ingress, .any, .prefix(try IPPrefix(parsing: "192.0.2.1")))] : []),
            membersElsewhere: elsewhere, isStateful: isStateful)
        let app = SecurityGroup(
            id: Identifier(derivedFrom: "app"), name: "app",
            rules: [rule(.ingress, .transport(.tcp, nil), .group("web")), rule(.egress, .any, .any)],
            isStateful: isStateful)
        func instance(_ name: String, _ address: String, _ groups: [String]) -> Instance {
            Instance(
                id: Identifier(derivedFrom: "instance", name), name: name,
                interfaces: [
                    Interface(
                        id: Identifier(derivedFrom: "interface", name), name: "eth0", subnet: "all",
                        addresses: [IPAddress(address), IPAddress("fd00::\(address.split(separator: ".")[3])")]
                            .compactMap(\.self), mac: nil,
                        device: "gh-\(name)", groups: groups)
                ])
        }
        let subnet = Subnet(
            id: Identifier(derivedFrom: "subnet"), name: "all", prefixes: [try IPPrefix(parsing: "10.1.1.0/24")])
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "shop", prefixes: subnet.prefixes, subnets: [subnet],
            groups: [web, app],
            instances: [instance("web", "10.1.1.10", ["web"]), instance("app", "10.1.1.11", groupsOfApp)])
        return Policy(project: "shop", vpcs: [vpc])
    }

    static func devices(_ policy: Policy) -> [Identifier<Interface>: String] {
        Dictionary(
            policy.placements.map { ($0.interface, $0.device) }, uniquingKeysWith: { first, _ in first })
    }
}
