/// What the ids in events and records stand for.
package struct Catalogue: Sendable {
    package private(set) var placements: [Identifier<Interface>: Placement] = [:]
    package private(set) var rules: [Identifier<Rule>: RuleReference] = [:]
    package private(set) var revisions: [Int: RevisionNote] = [:]

    /// Who made a revision, and when.
    package struct RevisionNote: Hashable, Sendable, Codable {
        package let number: Int
        package let madeAt: Timestamp
        package let actor: String
        package let origin: String

        package init(number: Int, madeAt: Timestamp, actor: String, origin: String) {
            self.number = number
            self.madeAt = madeAt
            self.actor = actor
            self.origin = origin
        }

        package init(_ revision: Revision) {
            self.number = revision.number
            self.madeAt = revision.madeAt
            self.actor = revision.actor
            self.origin = revision.origin
        }
    }

    package init() {}

    /// Learns a revision's names; what is no longer in the policy stays known.
    package mutating func learn(_ revision: Revision) {
        for note in revision.notes ?? [] { revisions[note.number] = note }
        revisions[revision.number] = RevisionNote(revision)
        for placement in revision.policy.placements { placements[placement.interface] = placement }
        for reference in revision.ruleReferences { rules[reference.id] = reference }
    }

    /// Learns a device that is held.
    package mutating func learn(held device: String) { placements[.held(device)] = Placement(held: device) }

    package func placement(_ interface: Identifier<Interface>) -> Placement? { placements[interface] }
    package func rule(_ id: Identifier<Rule>) -> RuleReference? { rules[id] }
    package func revision(_ number: Int) -> RevisionNote? { revisions[number] }
}
