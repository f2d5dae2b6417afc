package import Model

extension Classifier {
    /// The judgement of any packet: a session's first one is judged, later ones and errors about it follow it.
    ///
    /// The guard, the network ACLs and stateless groups come before everything, for every packet. What connection tracking cannot place is refused by
    /// `GuardRule.invalid` at the first interface that it meets. A refused packet leaves no session.
    ///
    /// * `translation`: what becomes of it where it opens a session; nil where nobody translates addresses. What follows a
    ///   translated session is known by what stands on the wire before the host translates it.
    package func judge(
        _ packet: Packet, translation: Packet.Translation? = nil, sessions: inout SessionTable, now: Timestamp
    ) -> Judgement {
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
            else {
                guard packet.origin == .host, isOfRouters(packet.key) else {
                    return invalid(sender: sender, target: target)
                }
                return target >= 0
                    ? Judgement(verdict: .accept, legs: [guardLeg(.hostError, at: target, .ingress)])
                    : .acceptedUnjudged
            }
            // An instance that is no end of the session has no rule that lets it speak of it.
            guard sender < 0 || legs.contains(where: { $0.interface == interfaces.id(sender) }) else {
                return invalid(sender: sender, target: target)
            }
            return following(legs, sender: sender, target: target)
        case .following, .opening:
            if let session = sessions.follow(packet.key, echoID: packet.echoID, now: now) {
                // Where an answer of a translated session goes to is not its target on the wire.
                if session.isTranslated { return Judgement(verdict: .accept, legs: session.legs) }
                return following(session.legs, sender: sender, target: target)
            }
        }
        guard case .opening = PacketClass(packet) else { return invalid(sender: sender, target: target) }
        var judged = packet
        if let translation { judged.key = translation.judged }
        let judgement = groupJudgement(
            judged, sender: sender, source: source,
            target: translation == nil ? target : interfaces.owner(judged.key.target))
        if judgement.verdict == .accept { sessions.open(packet, translation, judgement, now: now) }
        return judgement
    }

    /// The session's legs at the interfaces that this packet meets; an error may come from elsewhere than either end.
    private func following(_ legs: [Judgement.Leg], sender: Int32, target: Int32) -> Judgement {
        let met = [sender, target].filter { $0 >= 0 }.map(interfaces.id)
        return Judgement(verdict: .accept, legs: legs.filter { met.contains($0.interface) })
    }

    /// An error that a host makes by itself about what it does not send on.
    private func isOfRouters(_ key: FlowKey) -> Bool {
        switch (key.transport, key.initiatorPort) {
        case (.icmp, 3?), (.icmp, 4?), (.icmp, 5?), (.icmp, 11?), (.icmp, 12?): true
        case (.icmpv6, .some(1...4)): true
        default: false
        }
    }

    private func invalid(sender: Int32, target: Int32) -> Judgement {
        if sender >= 0 { return Judgement(legs: [guardLeg(.invalid, at: sender, .egress)]) }
        if target >= 0 { return Judgement(legs: [guardLeg(.invalid, at: target, .ingress)]) }
        return .acceptedUnjudged
    }
}
