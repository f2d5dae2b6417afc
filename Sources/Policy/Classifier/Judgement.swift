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

    /// An enterprise rule that noted the session at one interface.
    package struct Observation: Hashable, Sendable {
        package let interface: Identifier<Interface>
        package let direction: Direction
        package let rule: Identifier<Rule>

        package init(interface: Identifier<Interface>, direction: Direction, rule: Identifier<Rule>) {
            self.interface = interface
            self.direction = direction
            self.rule = rule
        }
    }

    package let verdict: Verdict
    /// The interfaces that were reached, the sending end first; a refusal is the last.
    package let legs: [Leg]
    /// The enterprise rules that observed it, in the order in which they were asked; they decided nothing.
    package let observations: [Observation]

    package init(verdict: Verdict, legs: [Leg], observations: [Observation] = []) {
        self.verdict = verdict
        self.legs = legs
        self.observations = observations
    }

    /// Nothing of ours was reached, or what passed is link upkeep that no group judges.
    package static let acceptedUnjudged = Judgement(verdict: .accept, legs: [])

    /// The judgement that legs amount to: refused where one is.
    init(legs: [Leg], observations: [Observation] = []) {
        self.init(
            verdict: legs.contains { $0.verdict == .drop } ? .drop : .accept, legs: legs, observations: observations)
    }

    /// The leg that refused.
    package var refusal: Leg? { legs.last { $0.verdict == .drop } }
}
