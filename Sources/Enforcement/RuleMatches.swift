import Attribution
import Model

/// What rules of groups and network ACLs ask of a packet.
enum RuleMatches {
    /// What a group's rule asks of a packet: once, or for each family.
    static func all(_ planned: HostPlan.PlannedRule, _ epoch: Int) -> [[Statement]] {
        let rule = planned.rule
        let service = local(rule) + service(rule.service)
        switch rule.remote {
        case .any:
            guard let family = rule.family, rule.service.family == nil, rule.local == nil else {
                return rule.families.isEmpty ? [] : [service]
            }
            return [[.family(family)] + service]
        case .prefix(let prefix):
            guard !rule.families.isEmpty else { return [] }
            return [[rule.direction == .egress ? .target(prefix) : .source(prefix)] + service]
        case .group:
            guard let peer = planned.peer else { return [] }
            return rule.families.map { family in
                let other = rule.direction == .egress ? PacketField.target(family) : .source(family)
                return [.isIn(.members(group: peer, family, epoch: epoch), other)] + service
            }
        }
    }

    /// The near end: the source of what leaves, the target of what arrives.
    private static func local(_ rule: Rule) -> [Statement] {
        rule.local.map { [rule.direction == .egress ? .source($0) : .target($0)] } ?? []
    }

    static func service(_ service: Service) -> [Statement] {
        switch service {
        case .any: []
        case .icmpTCPUDP: [.transport(.tcp, .udp, .icmp, .icmpv6)]
        case .transport(let transport, nil): [.transport(transport)]
        case .transport(let transport, .some(let ports)): [.transport(transport), .match(.targetPorts(ports))]
        case .icmp(let transport, let type, let code):
            [.family(transport == .icmp ? .ipv4 : .ipv6), .transport(transport)]
                + (type.map { [.match(.icmpType(transport, [$0...$0]))] } ?? [])
                + (code.map { [.match(.icmpCode(transport, $0))] } ?? [])
        }
    }
}
