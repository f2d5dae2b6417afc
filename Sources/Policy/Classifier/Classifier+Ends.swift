package import Model

extension Classifier {
    /// What one end tells of a new session's first packet, as its records do: no allocation, no text.
    ///
    /// An end that the packet does not get to tells what stopped it. What the target's edge or stateless groups refuse is told at the
    /// sender too, what its groups and the enterprise policy refuse is not.
    ///
    /// - Returns: nil where no interface of the policy is at that end, or where nobody judges the packet.
    package func verdict(_ packet: Packet, at direction: Direction) -> Verdict? {
        let source = interfaces.owner(packet.key.initiator)
        let target = interfaces.owner(packet.key.target)
        let sender = interfaces.sender(packet.origin, source: source)
        guard (direction == .egress ? sender : target) >= 0 else { return nil }
        switch guardFinding(packet, sender: sender, source: source) {
        case .pass: break
        case .upkeep: return nil
        case .refuse: return .drop
        }
        let staysHere = staysHere(packet)
        if edges.refusal(packet, sender: sender, target: target, staysHere: staysHere) != nil { return .drop }
        if sender >= 0 {
            if LinkGuard.isDHCPAnswer(packet.key) { return .drop }
            if !isDHCPClient(packet) {
                if isBlocked(packet.key, at: sender, .egress) { return .drop }
                if match(sender, Probe(egress: packet.key), peer: target) < 0 { return .drop }
            }
        }
        let asksTarget =
            direction == .ingress
            || interfaces.isStateless(target) && !LinkGuard.passesEdges(packet, staysHere: staysHere)
        guard asksTarget, target >= 0 else { return .accept }
        if direction == .ingress, isBlocked(packet.key, at: target, .ingress) { return .drop }
        return match(target, Probe(ingress: packet.key), peer: source) < 0 ? .drop : .accept
    }
}

extension Classifier {
    /// Whether an address is an interface's.
    package func isInterface(_ address: IPAddress) -> Bool { interfaces.owner(address) >= 0 }

    /// Where a packet comes from whose source is nobody else's: the interface that has it, or the outside.
    package func origin(_ source: IPAddress) -> Packet.Origin {
        let owner = interfaces.owner(source)
        return owner >= 0 ? .interface(interfaces.id(owner)) : .outside
    }
}
