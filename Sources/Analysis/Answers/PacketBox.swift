package import Model

/// One line of an answer: packets between two ends, and what is told of them.
package struct PacketBox<Word: Hashable & Sendable>: Hashable, Sendable {
    /// An interface, as `web-1/eth0`, or a prefix: of the prefix those addresses that no interface has, or a block or an
    /// address of one interface.
    package let from: String
    package let to: String
    package let space: SpaceBox
    /// What is told: a verdict, or a change of it.
    package let word: Word
    /// What becomes of answers; nil where the packets are refused.
    package let answer: Verdict?
    /// One of the packets.
    package let witness: FlowKey
}

/// How the fate of packets differs between two policies.
package enum PacketChange: String, Hashable, Sendable, CaseIterable {
    case accepted
    case refused
    /// Accepted by both, and answers are let back only now.
    case answerAccepted = "answer-accepted"
    /// Accepted by both, and answers are no longer let back.
    case answerRefused = "answer-refused"
}
