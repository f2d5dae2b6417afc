package import Model

/// Everything that a policy accepts between interfaces, and between these and the outside.
///
/// Packets are a session's first, sent from an address of the sender's own. What the host itself sends is not told.
package struct Reach: Sendable {
    private var survey: Survey

    package init(_ policy: Policy) { survey = Survey([policy]) }

    /// How many ways between two ends, or an end and a block of the outside, there are on which something is accepted.
    package mutating func pairCount() -> Int {
        survey.pieces(skipsUnchanged: false, from: { _ in true }, to: { _ in true }, kinds: 1) {
            walk, source, target, _ in
            [walk.passage(from: source[0], to: target[0]).accepted]
        }.count
    }

    /// - Parameters:
    ///   - from: Which senders are asked for; nil is all.
    ///   - to: Which targets; nil is all.
    /// - Returns: disjoint boxes of what is accepted.
    package mutating func boxes(from: EndChoice? = nil, to: EndChoice? = nil) -> [PacketBox<Verdict>] {
        let answers: [Verdict] = [.accept, .drop]
        let pieces = survey.pieces(
            skipsUnchanged: false, from: { from?.holds($0) ?? true }, to: { to?.holds($0) ?? true }, kinds: 2
        ) { walk, source, target, _ in
            let passage = walk.passage(from: source[0], to: target[0])
            return [walk.pool.combine(passage.accepted, passage.unanswered, .difference), passage.unanswered]
        }
        return pieces.flatMap { piece in
            survey.space(piece.space).boxes.map { box in
                PacketBox(
                    from: piece.from, to: piece.to, space: box, word: .accept, answer: answers[piece.kind],
                    witness: box.witness(piece.source, piece.target))
            }
        }
    }
}
