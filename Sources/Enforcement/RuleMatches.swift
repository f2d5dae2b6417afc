import Attribution
import Model

/// What rules of groups and network ACLs ask: of a packet by itself, or of the session that it belongs to.
///
/// A session is judged by what conntrack holds of it, so that what is admitted is what the entry will let pass: its
/// protocol and ports are conntrack's, and any packet of it can be judged, whichever way it goes.
enum RuleMatches {
    /// What a group's rule asks of a packet: once, or for each family.
    static func ofPacket(_ planned: HostPlan.PlannedRule, _ epoch: Int) -> [[Statement]] {
        let isEgress = planned.rule.direction == .egress
        return all(
            planned, epoch, service: ofPacket, near: { isEgress ? .source($0) : .target($0) },
            far: { isEgress ? .target($0) : .source($0) }, farField: { isEgress ? .target($0) : .source($0) })
    }

    /// What a group's rule asks of a session: once, or for each family.
    static func ofSession(_ planned: HostPlan.PlannedRule, _ epoch: Int) -> [[Statement]] {
        let isEgress = planned.rule.direction == .egress
        return all(
            planned, epoch, service: ofSession,
            near: { .match(isEgress ? .initiator($0) : .responder($0)) },
            far: { .match(isEgress ? .responder($0) : .initiator($0)) },
            farField: { isEgress ? .responder($0) : .initiator($0) })
    }

    private static func all(
        _ planned: HostPlan.PlannedRule, _ epoch: Int, service: (Service) -> [Statement], near: (IPPrefix) -> Statement,
        far: (IPPrefix) -> Statement, farField: (AddressFamily) -> PacketField
    ) -> [[Statement]] {
        let rule = planned.rule
        let common = (rule.local.map { [near($0)] } ?? []) + service(rule.service)
        switch rule.remote {
        case .any:
            guard let family = rule.family, rule.service.family == nil, rule.local == nil else {
                return rule.families.isEmpty ? [] : [common]
            }
            return [[.family(family)] + common]
        case .prefix(let prefix):
            return rule.families.isEmpty ? [] : [[far(prefix)] + common]
        case .group:
            guard let peer = planned.peer else { return [] }
            return rule.families.map { family in
                [.isIn(.members(group: peer, family, epoch: epoch), farField(family))] + common
            }
        }
    }

    static func ofPacket(_ service: Service) -> [Statement] {
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

    static func ofSession(_ service: Service) -> [Statement] {
        switch service {
        case .any, .icmpTCPUDP: ofPacket(service)
        // Where a family does not carry it, conntrack would hold what is within.
        case .transport(let transport, nil) where !transport.isCarried(by: .ipv6):
            [.family(.ipv4), .transport(transport)]
        case .transport(_, nil): ofPacket(service)
        case .transport(let transport, .some(let ports)): [.transport(transport), .match(.responderPorts(ports))]
        case .icmp(let transport, let type, let code):
            [.family(transport == .icmp ? .ipv4 : .ipv6), .transport(transport)]
                + (type.map { type in
                    let first = UInt16(type) << 8
                    return [
                        .match(
                            .openingICMP(code.map { first + UInt16($0)...first + UInt16($0) } ?? first...first + 255))
                    ]
                } ?? [])
        }
    }
}
