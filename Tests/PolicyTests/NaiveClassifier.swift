import Model

@testable import Policy

/// The order of decision written down as plainly as possible, to hold the compiled classifier against.
struct NaiveClassifier {
    let policy: Policy

    private struct End {
        let vpc: VPC
        let interface: Interface
    }

    private var ends: [End] {
        policy.vpcs.flatMap { vpc in vpc.instances.flatMap(\.interfaces).map { End(vpc: vpc, interface: $0) } }
    }

    func judge(_ packet: Packet) -> Judgement {
        let target = ends.first { $0.interface.addresses.contains(packet.key.target) }
        var sender: End?
        if case .interface(let id) = packet.origin { sender = ends.first { $0.interface.id == id } }
        if let sender {
            if let refused = refusedByGuard(packet, sender.interface) {
                let leg = Judgement.Leg(
                    interface: sender.interface.id, direction: .egress, verdict: .drop, stage: .guard,
                    rule: refused.id)
                return Judgement(verdict: .drop, legs: [leg])
            }
            if isUpkeep(packet, sender.interface) { return Judgement(verdict: .accept, legs: []) }
        } else if packet.key.transport == .icmpv6, packet.key.initiator.family == .ipv6,
            [130, 131, 132, 133, 134, 135, 136, 143].contains(packet.key.initiatorPort)
        {
            return Judgement(verdict: .accept, legs: [])
        }
        var legs: [Judgement.Leg] = []
        if let sender {
            let leg = leg(sender, .egress, packet.key)
            legs.append(leg)
            if leg.verdict == .drop { return Judgement(verdict: .drop, legs: legs) }
        }
        if let target { legs.append(leg(target, .ingress, packet.key)) }
        return Judgement(verdict: legs.contains { $0.verdict == .drop } ? .drop : .accept, legs: legs)
    }

    private func refusedByGuard(_ packet: Packet, _ interface: Interface) -> GuardRule? {
        let key = packet.key
        let ports = [key.initiatorPort, key.targetPort]
        if key.transport == .udp, ports == (key.initiator.family == .ipv4 ? [67, 68] : [547, 546]) {
            return .dhcpServer
        }
        if key.initiator.family == .ipv6, key.transport == .icmpv6, [134, 137].contains(key.initiatorPort) {
            return .routerAdvertisement
        }
        if isUpkeep(packet, interface) { return nil }
        if !interface.addresses.contains(key.initiator) { return .spoof }
        if let mac = packet.sourceMAC, let own = interface.mac, mac != own { return .spoof }
        return nil
    }

    private func isUpkeep(_ packet: Packet, _ interface: Interface) -> Bool {
        let key = packet.key
        let isOwn = interface.addresses.contains(key.initiator)
        let ports = [key.initiatorPort, key.targetPort]
        if key.initiator.family == .ipv4 {
            return key.transport == .udp && ports == [68, 67] && (isOwn || key.initiator.description == "0.0.0.0")
        }
        let text = key.initiator.description
        let isLink = text == "::" || ["fe8", "fe9", "fea", "feb"].contains(String(text.prefix(3)))
        guard isOwn || isLink else { return false }
        if key.transport == .udp { return ports == [546, 547] }
        return key.transport == .icmpv6 && [130, 131, 132, 133, 135, 136, 143].contains(key.initiatorPort)
    }

    private func leg(_ end: End, _ direction: Direction, _ key: FlowKey) -> Judgement.Leg {
        let groups = end.interface.groups.compactMap { name in end.vpc.groups.first { $0.name == name } }
        for rule in groups.flatMap(\.rules) where rule.direction == direction {
            guard matches(rule.service, key) else { continue }
            let peer = direction == .ingress ? key.initiator : key.target
            guard matches(rule.remote, peer, end.vpc) else { continue }
            return Judgement.Leg(
                interface: end.interface.id, direction: direction, verdict: .accept, stage: .group, rule: rule.id)
        }
        let refusal = groups.first?.defaultRefusal(direction) ?? end.interface.bareRefusal(direction)
        return Judgement.Leg(
            interface: end.interface.id, direction: direction, verdict: .drop, stage: .group, rule: refusal)
    }

    private func matches(_ service: Service, _ key: FlowKey) -> Bool {
        switch service {
        case .any: return true
        case .transport(let transport, let ports):
            return key.transport == transport && (ports?.contains(key.targetPort) ?? true)
        case .icmp(let transport, let type, let code):
            guard key.transport == transport, key.initiator.family == service.family else { return false }
            return (type ?? key.icmpType) == key.icmpType && (code ?? key.icmpCode) == key.icmpCode
        }
    }

    private func matches(_ remote: Remote, _ peer: IPAddress, _ vpc: VPC) -> Bool {
        switch remote {
        case .any: true
        case .prefix(let prefix): prefix.contains(peer)
        case .group(let name):
            vpc.instances.flatMap(\.interfaces).contains { $0.groups.contains(name) && $0.addresses.contains(peer) }
        }
    }
}
