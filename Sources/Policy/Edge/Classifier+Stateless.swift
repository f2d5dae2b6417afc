import Model

extension Classifier {
    /// What stateless groups refuse of a packet, whether or not it follows a session; nil where they let it through.
    ///
    /// They are asked after the network ACLs and before any session, as the kernel asks them before connection tracking. What
    /// the target's groups refuse is refused at the sender as well, where both are on this host.
    func statelessJudgement(_ packet: Packet, sender: Int32, source: Int32, target: Int32) -> Judgement? {
        guard let direction = statelessRefusal(packet, sender: sender, source: source, target: target) else {
            return nil
        }
        let rule = refusal(direction == .egress ? sender : target, direction)
        return earlyRefusal(rule, .group, direction, sender: sender, target: target)
    }

    /// Whose stateless groups refuse a packet: the sender's (`egress`), the target's (`ingress`), or nobody's.
    private func statelessRefusal(_ packet: Packet, sender: Int32, source: Int32, target: Int32) -> Direction? {
        guard interfaces.isStateless(sender) || interfaces.isStateless(target),
            !LinkGuard.passesEdges(packet, staysHere: staysHere(packet))
        else { return nil }
        let key = packet.key
        if interfaces.isStateless(sender), match(sender, Probe(egress: key), peer: target) < 0 { return .egress }
        if interfaces.isStateless(target), match(target, Probe(ingress: key), peer: source) < 0 { return .ingress }
        return nil
    }

    /// A refusal before connection tracking at each end that is told of it: the sender's, and the target's by its own rule.
    func earlyRefusal(
        _ rule: Identifier<Rule>, _ stage: Stage, _ direction: Direction, sender: Int32, target: Int32
    ) -> Judgement {
        var ends: [(interface: Int32, direction: Direction)] = [(sender, .egress)]
        if direction == .ingress { ends.append((target, .ingress)) }
        return Judgement(
            legs: ends.filter { $0.interface >= 0 }.map {
                Judgement.Leg(
                    interface: interfaces.id($0.interface), direction: $0.direction, verdict: .drop, stage: stage,
                    rule: rule)
            })
    }
}
