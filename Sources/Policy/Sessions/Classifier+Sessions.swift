package import Model

extension Classifier {
    /// The judgement of any packet: a session's first one is judged, later ones and errors about it follow it.
    ///
    /// The guard, the network ACLs and stateless groups come before everything, for every packet. What connection tracking cannot place is refused by
    /// `GuardRule.invalid` at the first interface that it meets. A refused packet leaves no session.
    package func judge(_ packet: Packet, sessions: inout SessionTable, now: Timestamp) -> Judgement {
        let source = interfaces.owner(packet.key.initiator)
        let sender = interfaces.sender(packet.origin, source: source)
        if let early = guardJudgement(packet, sender: sender, source: source) { return early }
        let target = interfaces.owner(packet.key.target)
        if let refused = earlyJudgement(packet, sender: sender, source: source, target: target) { return refused }
        switch PacketClass(packet) {
        case .malformed: return invalid(sender: sender, target: target)
        case .error:
            // The kernel follows only errors that go to the sender of what they quote (since Linux 5.1), and an error
            // does not keep a session alive.
            guard let quote = packet.quote, quote.key.initiator == packet.key.target,
                let legs = sessions.session(quote.key, echoID: quote.echoID)?.legs
            else { return invalid(sender: sender, target: target) }
            return following(legs, sender: sender, target: target)
        case .following, .opening:
            if let legs = sessions.follow(packet.key, echoID: packet.echoID, now: now) {
                return following(legs, sender: sender, target: target)
            }
        }
        guard case .opening = PacketClass(packet) else { return invalid(sender: sender, target: target) }
        let judgement = groupJudgement(packet, sender: sender, source: source, target: target)
        if judgement.verdict == .accept { sessions.open(packet, judgement, now: now) }
        return judgement
    }

    /// The session's legs at the interfaces that this packet meets; an error may come from neither end.
    private func following(_ legs: [Judgement.Leg], sender: Int32, target: Int32) -> Judgement {
        let met = [sender, target].filter { $0 >= 0 }.map(interfaces.id)
        return Judgement(verdict: .accept, legs: legs.filter { met.contains($0.interface) })
    }

    private func invalid(sender: Int32, target: Int32) -> Judgement {
        if sender >= 0 { return Judgement(legs: [guardLeg(.invalid, at: sender, .egress)]) }
        if target >= 0 { return Judgement(legs: [guardLeg(.invalid, at: target, .ingress)]) }
        return .acceptedUnjudged
    }
}
