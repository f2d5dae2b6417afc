/// A session's keys on both sides of an address translation, of whichever end.
package struct Translation: Hashable, Sendable {
    /// As the initiator sent it: from its own address, to the one that it asked for.
    package let before: FlowKey
    /// As the target got it.
    package let after: FlowKey

    package init(before: FlowKey, after: FlowKey) {
        self.before = before
        self.after = after
    }

    /// What an interface saw, and what was on the other side; nil where nothing was translated.
    ///
    /// * `direction`: `egress` where the interface's instance opened the session.
    package init?(seen key: FlowKey, otherSide: FlowKey?, at direction: Direction) {
        guard let otherSide else { return nil }
        switch direction {
        case .egress: self.init(before: key, after: otherSide)
        case .ingress: self.init(before: otherSide, after: key)
        }
    }

    /// What the interface of an end sees.
    package func seen(at direction: Direction) -> FlowKey {
        switch direction {
        case .egress: before
        case .ingress: after
        }
    }

    /// What the interface of the other end would see.
    package func otherSide(at direction: Direction) -> FlowKey {
        switch direction {
        case .egress: after
        case .ingress: before
        }
    }

    /// What rules of both ends ask about: the initiator's own address, and the target's.
    package var judged: FlowKey {
        FlowKey(
            initiator: before.initiator, target: after.target, transport: before.transport,
            initiatorPort: before.initiatorPort, targetPort: after.targetPort)
    }
}
