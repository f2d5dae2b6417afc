import Model

extension Classifier {
    /// What the network ACLs refuse at the edges that a packet crosses; nil where they let it through.
    ///
    /// They are asked before any session and any group, as the kernel asks them before connection tracking. What the
    /// target's edge refuses is refused at the sender as well, where both are on this host.
    func edgeJudgement(_ packet: Packet, sender: Int32, target: Int32) -> Judgement? {
        guard let refusal = edges.refusal(packet, sender: sender, target: target, staysHere: staysHere(packet)) else {
            return nil
        }
        return earlyRefusal(edges.id(refusal), .acl, refusal.direction, sender: sender, target: target)
    }

    /// What the guard, network ACLs and stateless groups decide of a packet as it stands on the wire, before connection tracking
    /// and any translation; nil where they let it pass.
    package func judgementBeforeTracking(_ packet: Packet) -> Judgement? {
        let source = interfaces.owner(packet.key.initiator)
        let sender = interfaces.sender(packet.origin, source: source)
        return guardJudgement(packet, sender: sender, source: source)
            ?? earlyJudgement(packet, sender: sender, source: source, target: interfaces.owner(packet.key.target))
    }

    /// What is refused before connection tracking, whether or not the packet follows a session; nil where it passes.
    func earlyJudgement(_ packet: Packet, sender: Int32, source: Int32, target: Int32) -> Judgement? {
        edgeJudgement(packet, sender: sender, target: target)
            ?? statelessJudgement(packet, sender: sender, source: source, target: target)
    }

    /// What network ACLs and stateless groups say to the answer of an accepted packet, which needs rules of its own; nil
    /// where it passes.
    package func refusalOfAnswer(_ packet: Packet) -> Judgement? {
        guard let answer = packet.key.answer else { return nil }
        let sender = interfaces.owner(answer.initiator)
        let origin: Packet.Origin = sender >= 0 ? .interface(interfaces.id(sender)) : .outside
        return earlyJudgement(
            Packet(answer, from: origin), sender: sender, source: sender, target: interfaces.owner(answer.target))
    }
}

extension FlowKey {
    /// The five-tuple of packets the other way; nil for ICMP messages that have no answer.
    var answer: FlowKey? {
        guard let reversed = SessionTuple(self, echoID: nil).reversed else { return nil }
        return FlowKey(
            initiator: reversed.source, target: reversed.target, transport: transport, initiatorPort: reversed.first,
            targetPort: reversed.second)
    }
}
