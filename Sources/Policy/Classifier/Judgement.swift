package import Model

/// What was decided about a packet, and where.
package struct Judgement: Hashable, Sendable {
    /// The decision at one interface.
    package struct Leg: Hashable, Sendable {
        package let interface: Identifier<Interface>
        package let direction: Direction
        package let verdict: Verdict
        package let stage: Stage
        package let rule: Identifier<Rule>

        package init(
            interface: Identifier<Interface>, direction: Direction, verdict: Verdict, stage: Stage,
            rule: Identifier<Rule>
        ) {
            self.interface = interface
            self.direction = direction
            self.verdict = verdict
            self.stage = stage
            self.rule = rule
        }
    }

    package let verdict: Verdict
    /// The interfaces that were reached, the sending end first; a refusal is the last.
    package let legs: [Leg]

    package init(verdict: Verdict, legs: [Leg]) {
        self.verdict = verdict
        self.legs = legs
    }

    /// Nothing of ours was reached, or what passed is link upkeep that no group judges.
    package static let acceptedUnjudged = Judgement(verdict: .accept, legs: [])

    /// The judgement that legs amount to: refused where one is.
    init(legs: [Leg]) {
        self.init(verdict: legs.contains { $0.verdict == .drop } ? .drop : .accept, legs: legs)
    }

    /// The leg that refused.
    package var refusal: Leg? { legs.last { $0.verdict == .drop } }
}
