import Model
import Policy

/// The baseline: the same rules asked one after the other, with dictionaries for addresses and members.
struct LinearScan {
    private struct End {
        let groups: [SecurityGroup]
    }

    private var ends: [IPAddress: End] = [:]
    private var members: [String: Set<IPAddress>] = [:]

    init(_ policy: Policy) {
        for vpc in policy.vpcs {
            let groups = Dictionary(vpc.groups.map { ($0.name, $0) }) { first, _ in first }
            for interface in vpc.instances.flatMap(\.interfaces) {
                for address in interface.addresses {
                    ends[address] = End(groups: interface.groups.compactMap { groups[$0] })
                    for group in interface.groups { members[group, default: []].insert(address) }
                }
            }
        }
    }

    func verdict(_ packet: Packet) -> Verdict {
        if case .interface = packet.origin, let sender = ends[packet.key.initiator] {
            guard admits(sender, .egress, packet.key) else { return .drop }
        }
        if let target = ends[packet.key.target] {
            guard admits(target, .ingress, packet.key) else { return .drop }
        }
        return .accept
    }

    private func admits(_ end: End, _ direction: Direction, _ key: FlowKey) -> Bool {
        let peer = direction == .ingress ? key.initiator : key.target
        for group in end.groups {
            for rule in group.rules where rule.direction == direction {
                if matches(rule.service, key), matches(rule.remote, peer) { return true }
            }
        }
        return false
    }

    private func matches(_ service: Service, _ key: FlowKey) -> Bool {
        switch service {
        case .any: true
        case .icmpTCPUDP: Service.isICMPTCPOrUDP(key)
        case .transport(let transport, let ports):
            key.transport.rawValue == transport.rawValue
                && (ports.map { key.targetPort.map($0.contains) ?? false } ?? true)
        case .icmp(let transport, let type, let code):
            key.transport.rawValue == transport.rawValue && (type ?? key.icmpType) == key.icmpType
                && (code ?? key.icmpCode) == key.icmpCode
        }
    }

    private func matches(_ remote: Remote, _ peer: IPAddress) -> Bool {
        switch remote {
        case .any: true
        case .prefix(let prefix): prefix.contains(peer)
        case .group(let name): members[name]?.contains(peer) ?? false
        }
    }
}
