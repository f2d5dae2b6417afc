package import Model

/// The packets of which two policies decide otherwise, exactly.
///
/// A packet is asked for by its addresses: whoever has its source in a policy sends it there.
package struct PacketDifference: Sendable {
    package let boxes: [PacketBox<PacketChange>]

    /// One thing that is told of packets.
    private struct Kind {
        let change: PacketChange
        let answer: Verdict?
    }

    package init(from old: Policy, to new: Policy) {
        var survey = Survey([old, new])
        let kinds: [Kind] = [
            Kind(change: .accepted, answer: .accept), Kind(change: .accepted, answer: .drop),
            Kind(change: .refused, answer: nil), Kind(change: .answerAccepted, answer: .accept),
            Kind(change: .answerRefused, answer: .drop),
        ]
        let pieces = survey.pieces(skipsUnchanged: true, from: { _ in true }, to: { _ in true }, kinds: kinds.count) {
            walk, source, target, family in
            let before = walk.passage(from: source[0], to: target[0])
            let after = walk.passage(from: source[1], to: target[1])
            guard before != after else { return [Int32](repeating: walk.pool.empty(family), count: kinds.count) }
            let accepted = walk.pool.combine(after.accepted, before.accepted, .difference)
            let refused = walk.pool.combine(before.accepted, after.accepted, .difference)
            let both = walk.pool.combine(before.accepted, after.accepted, .intersection)
            let mended = walk.pool.combine(before.unanswered, after.unanswered, .difference)
            let broken = walk.pool.combine(after.unanswered, before.unanswered, .difference)
            return [
                walk.pool.combine(accepted, after.unanswered, .difference),
                walk.pool.combine(accepted, after.unanswered, .intersection), refused,
                walk.pool.combine(both, mended, .intersection), walk.pool.combine(both, broken, .intersection),
            ]
        }
        boxes = pieces.flatMap { piece in
            survey.space(piece.space).boxes.map { box in
                PacketBox(
                    from: piece.from, to: piece.to, space: box, word: kinds[piece.kind].change,
                    answer: kinds[piece.kind].answer, witness: box.witness(piece.source, piece.target))
            }
        }
    }
}
