import Model

@testable import Policy

/// The order of decision written down as plainly as possible, to hold the compiled classifier against.
struct NaiveClassifier {
    let policy: Policy

    init(policy: Policy) { self.policy = policy.holding() }

    private struct End {
        let vpc: VPC
        let interface: Interface
    }

    private var ends: [End] {
        policy.vpcs.flatMap { vpc in vpc.instances.flatMap(\.interfaces).map { End(vpc: vpc, interface: $0) } }
    }

    /// Whose an address is: the single one comes before the block, the longer block before the shorter.
    private func owner(_ address: IPAddress) -> End? {
        if let end = ends.first(where: { $0.interface.allAddresses.contains(address) }) { return end }
        let blocks = ends.flatMap { end in end.interface.allPrefixes.map { (end, $0) } }
        let around = blocks.filter { $0.1.contains(address) }
        let longest = around.map(\.1.length).max()
        return around.first { $0.1.length == longest }?.0
    }

    func judge(_ packet: Packet) -> Judgement {
        let target = owner(packet.key.target)
        var sender: End?
        if case .interface(let id) = packet.origin { sender = ends.first { $0.interface.id == id } }
        if let early = earlyJudgement(packet, sender, target) { return early }
        if let refused = refusedByStatelessGroups(packet, sender, target) { return refused }
        var legs: [Judgement.Leg] = []
        if let sender {
            if isDHCPAnswer(packet.key) {
                let leg = Judgement.Leg(
                    interface: sender.interface.id, direction: .egress, verdict: .drop, stage: .guard,
                    rule: GuardRule.dhcpServer.id)
                return Judgement(verdict: .drop, legs: [leg])
            }
            var leg = leg(sender, .egress, packet.key)
            if isDHCPRequest(packet.key), staysHere(packet) {
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

    private func refusedByStatelessGroups(_ packet: Packet, _ sender: End?, _ target: End?) -> Judgement? {
        let key = packet.key
        let isDHCP =
            isDHCPRequest(key)
            ? staysHere(packet) && packet.origin != .host : isDHCPAnswer(key) && packet.origin == .host
        let isNeighbourhood = isOfLink(key)
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

    private func staysHere(_ packet: Packet) -> Bool {
        let text = packet.key.target.description
        let isInterface = owner(packet.key.target) != nil
        let gateways = policy.vpcs.flatMap(\.subnets).flatMap(\.prefixes).compactMap(\.gateway)
        return packet.isForHost || text == "255.255.255.255" || text.hasPrefix("ff")
            || gateways.contains(packet.key.target) && !isInterface
            || packet.key.target.family == .ipv4
                && (224..<240).contains(text.split(separator: ".").first.flatMap { Int($0) } ?? 0)
    }

    private func isDHCPRequest(_ key: FlowKey) -> Bool {
        isUDP(key, .ipv4, [68, 67]) || isUDP(key, .ipv6, [546, 547])
    }
    private func isDHCPAnswer(_ key: FlowKey) -> Bool { isUDP(key, .ipv4, [67, 68]) || isUDP(key, .ipv6, [547, 546]) }

    private func isOfLink(_ key: FlowKey) -> Bool {
        key.transport == .icmpv6 && key.initiator.family == .ipv6
            && [130, 131, 132, 133, 134, 135, 136, 137, 143].contains(key.initiatorPort)
    }

    /// What the guard says before any group.
    private func earlyJudgement(_ packet: Packet, _ sender: End?, _ target: End?) -> Judgement? {
        func refuse(_ rule: GuardRule) -> Judgement {
            let ends: [(End?, Direction)] = [(sender, .egress), (target, .ingress)]
            guard let (end, direction) = ends.first(where: { $0.0 != nil }), let end else {
                return Judgement(verdict: rule == .impostor ? .drop : .accept, legs: [])
            }
            let leg = Judgement.Leg(
                interface: end.interface.id, direction: direction, verdict: .drop, stage: .guard, rule: rule.id)
            return Judgement(verdict: .drop, legs: [leg])
        }
        let key = packet.key
        if key.initiator.family == .ipv6, key.transport.rawValue == 51 || packet.hasAuthenticationHeader {
            return refuse(.headers)
        }
        let upkeep = Judgement(verdict: .accept, legs: [])
        if packet.origin == .host { return isOfLink(key) || isDHCPAnswer(key) ? upkeep : nil }
        guard let sender else {
            if owner(key.initiator) != nil { return refuse(.impostor) }
            guard isOfLink(key) else { return nil }
            return staysHere(packet) ? upkeep : refuse(.linkUpkeep)
        }
        let isOwn = hasOwnSource(packet, sender.interface)
        if isOwn, let limit = packet.hopLimit, limit < 2, !staysHere(packet) { return refuse(.hopLimit) }
        if isOfLink(key), isOwn || isLinkSource(key) {
            if [134, 137].contains(key.initiatorPort) { return refuse(.routerAdvertisement) }
            let limit: UInt8 = [130, 131, 132, 143].contains(key.initiatorPort) ? 1 : 255
            return staysHere(packet) && (packet.hopLimit ?? limit) == limit ? upkeep : refuse(.linkUpkeep)
        }
        if isUDP(key, .ipv4, [68, 67]), key.initiator.description == "0.0.0.0",
            key.target.description == "255.255.255.255"
        {
            return upkeep
        }
        if isUDP(key, .ipv6, [546, 547]), isLinkSource(key), key.initiator.description != "::" { return upkeep }
        return isOwn ? nil : refuse(.spoof)
    }

    private func hasOwnSource(_ packet: Packet, _ interface: Interface) -> Bool {
        guard owner(packet.key.initiator)?.interface.id == interface.id else { return false }
        guard let mac = packet.sourceMAC else { return true }
        return interface.sources.contains {
            $0.prefix.contains(packet.key.initiator) && ($0.mac == nil || $0.mac == mac)
        }
    }

    private func isLinkSource(_ key: FlowKey) -> Bool {
        let text = key.initiator.description
        return text == "::" || ["fe8", "fe9", "fea", "feb"].contains(String(text.prefix(3)))
    }

    private func isUDP(_ key: FlowKey, _ family: AddressFamily, _ ports: [UInt16]) -> Bool {
        key.transport == .udp && key.initiator.family == family && ports == [key.initiatorPort, key.targetPort]
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
            return key.transport == transport && (ports.map { key.targetPort.map($0.contains) ?? false } ?? true)
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
            owner(peer).map { $0.vpc.id == vpc.id && $0.interface.groups.contains(name) } ?? false
        }
    }
}
