package import Model
import Policy

/// What a policy would have decided of recorded flows.
package struct Replay: Sendable {
    /// What becomes of one recorded flow.
    package enum Outcome: Hashable, Sendable {
        case same
        case changed(Verdict)
        /// No interface of the policy is at the end that the record is of.
        case nobody
    }

    private let classifier: Classifier
    private let references: [Identifier<Rule>: RuleReference]

    package init(_ revision: Revision) {
        classifier = Classifier(revision)
        references = Dictionary(revision.ruleReferences.map { ($0.id, $0) }) { first, _ in first }
    }

    /// What would be decided of a session.
    ///
    /// - Parameters:
    ///   - key: The session as rules are asked about it.
    ///   - direction: The end that recorded it; nil where the record does not say: then both ends are asked.
    ///   - verdict: What was decided then.
    /// - Returns: whether the same would be decided.
    package func outcome(_ key: FlowKey, _ direction: Direction?, recorded verdict: Verdict) -> Outcome {
        let packet = packet(key)
        let now =
            switch direction {
            case .egress?, .ingress?: direction.flatMap { classifier.verdict(packet, at: $0) }
            case nil: isOurs(key) ? classifier.verdict(packet) : nil
            }
        guard let now else { return .nobody }
        return now == verdict ? .same : .changed(now)
    }

    /// The rule that would decide a session at one of its ends; nil where none is asked.
    package func rule(_ key: FlowKey, _ direction: Direction?) -> RuleReference? {
        let legs = classifier.judge(packet(key)).legs
        let leg = legs.first { $0.direction == direction } ?? legs.last
        return leg.flatMap { references[$0.rule] }
    }

    private func isOurs(_ key: FlowKey) -> Bool {
        classifier.isInterface(key.initiator) || classifier.isInterface(key.target)
    }

    private func packet(_ key: FlowKey) -> Packet {
        Packet(key, from: classifier.origin(key.initiator))
    }
}
