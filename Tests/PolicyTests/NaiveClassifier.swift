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
        if let refused = refusedByStatelessGroups(packet.key, sender, target) { return refused }
        var legs: [Judgement.Leg] = []
        if let sender {
            var leg = leg(sender, .egress, packet.key)
            if isUDP(packet.key, .ipv4, [68, 67]) || isUDP(packet.key, .ipv6, [546, 547]) {
                leg = Judgement.Leg(
                    interface: sender.interface.id, direction: .egress, verdict: .accept, stage: .guard,
                    rule: GuardRule.dhcpClient.id)
            }
            legs.append(leg)
            if leg.verdict == .drop { return Judgement(verdict: .drop, legs: legs) }
        }
        if let target { legs.append(leg(target, .ingress, packet.key)) }
        return Judgement(verdict: legs.contains { $0.verdict == .drop } ? .drop : .accept, legs: legs)
    }

    private func refusedByStatelessGroups(_ key: FlowKey, _ sender: End?, _ target: End?) -> Judgement? {
        let isDHCP = [(AddressFamily.ipv4, [68, 67]), (.ipv4, [67, 68]), (.ipv6, [546, 547]), (.ipv6, [547, 546])]
            .contains { isUDP(key, $0.0, $0.1) }
        let isNeighbourhood =
            key.transport == .icmpv6 && key.initiator.family == .ipv6
            && [130, 131, 132, 133, 134, 135, 136, 137, 143].contains(key.initiatorPort)
        guard !isDHCP, !isNeighbourhood else { return nil }
        if let sender, isStateless(sender), leg(sender, .egress, key).verdict == .drop {
            return Judgement(verdict: .drop, legs: [leg(sender, .egress, key)])
        }
        guard let target, isStateless(target), leg(target, .ingress, key).verdict == .drop else { return nil }
        let refusal = leg(target, .ingress, key)
        // The sender is told of the target's refusal.
        let told = sender.map {
            Judgement.Leg(
                interface: $0.interface.id, direction: .egress, verdict: .drop, stage: .group, rule: refusal.rule)
        }
        return Judgement(verdict: .drop, legs: [told, refusal].compactMap(\.self))
    }

    private func isStateless(_ end: End) -> Bool {
        end.vpc.groups.contains { end.interface.groups.contains($0.name) && !$0.isStateful }
    }

    private func refusedByGuard(_ packet: Packet, _ interface: Interface) -> GuardRule? {
        let key = packet.key
        if isUpkeep(packet, interface) { return nil }
        let isOwn = hasOwnSource(packet, interface)
        if key.initiator.family == .ipv6, key.transport == .icmpv6, [134, 137].contains(key.initiatorPort),
            isOwn || isLinkSource(key)
        {
            return .routerAdvertisement
        }
        guard isOwn else { return .spoof }
        return isUDP(key, .ipv4, [67, 68]) || isUDP(key, .ipv6, [547, 546]) ? .dhcpServer : nil
    }

    private func hasOwnSource(_ packet: Packet, _ interface: Interface) -> Bool {
        guard interface.addresses.contains(packet.key.initiator) else { return false }
        guard let mac = packet.sourceMAC, let own = interface.mac else { return true }
        return mac == own
    }

    private func isLinkSource(_ key: FlowKey) -> Bool {
        let text = key.initiator.description
        return text == "::" || ["fe8", "fe9", "fea", "feb"].contains(String(text.prefix(3)))
    }

    private func isUDP(_ key: FlowKey, _ family: AddressFamily, _ ports: [UInt16]) -> Bool {
        key.transport == .udp && key.initiator.family == family && ports == [key.initiatorPort, key.targetPort]
    }

    private func isUpkeep(_ packet: Packet, _ interface: Interface) -> Bool {
        let key = packet.key
        if key.initiator.family == .ipv4 {
            return isUDP(key, .ipv4, [68, 67]) && key.initiator.description == "0.0.0.0"
        }
        if key.transport == .udp { return isUDP(key, .ipv6, [546, 547]) && isLinkSource(key) }
        guard hasOwnSource(packet, interface) || isLinkSource(key) else { return false }
        return key.transport == .icmpv6 && [130, 131, 132, 133, 135, 136, 143].contains(key.initiatorPort)
    }

    private func leg(_ end: End, _ direction: Direction, _ key: FlowKey) -> Judgement.Leg {
        let groups = end.interface.groups.compactMap { name in end.vpc.groups.first { $0.name == name } }
        for rule in groups.flatMap(\.rules) where rule.direction == direction {
            guard matches(rule.service, key) else { continue }
            let peer = direction == .ingress ? key.initiator : key.target
            guard matches(rule.remote, peer, end.vpc) else { continue }
            let own = direction == .ingress ? key.target : key.initiator
            if let local = rule.local, !local.contains(own) { continue }
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
        case .icmpTCPUDP: return [1, 6, 17, 58].contains(key.transport.rawValue)
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
