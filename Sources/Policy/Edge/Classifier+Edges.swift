import Model

extension Classifier {
    /// What the network ACLs refuse at the edges that a packet crosses; nil where they let it through.
    ///
    /// They are asked before any session and any group, as the kernel asks them before connection tracking. What the
    /// target's edge refuses is refused at the sender as well, where both are on this host.
    func edgeJudgement(_ packet: Packet, sender: Int32, target: Int32) -> Judgement? {
        guard let refusal = edges.refusal(packet.key, sender: sender, target: target) else { return nil }
        let rule = edges.id(refusal)
        var ends: [(interface: Int32, direction: Direction)] = [(sender, .egress)]
        if refusal.direction == .ingress { ends.append((target, .ingress)) }
        return Judgement(
            legs: ends.filter { $0.interface >= 0 }.map { edgeLeg($0.interface, $0.direction, rule) })
    }

    private func edgeLeg(_ interface: Int32, _ direction: Direction, _ rule: Identifier<Rule>) -> Judgement.Leg {
        Judgement.Leg(
            interface: interfaces.id(interface), direction: direction, verdict: .drop, stage: .acl, rule: rule)
    }

    /// What the network ACLs say to the answer of an accepted packet, which needs rules of its own; nil where it passes.
    package func refusalOfAnswer(_ packet: Packet) -> Judgement? {
        guard let answer = packet.key.answer else { return nil }
        let sender = interfaces.owner(answer.initiator)
        let origin: Packet.Origin = sender >= 0 ? .interface(interfaces.id(sender)) : .outside
        return edgeJudgement(Packet(answer, from: origin), sender: sender, target: interfaces.owner(answer.target))
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
