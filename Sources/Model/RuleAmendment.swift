/// Rules that groups got and lost, where nothing else happened: what turns one revision into a later one without being
/// told the whole policy again.
package struct RuleAmendment: Hashable, Sendable, Codable {
    package struct Addition: Hashable, Sendable, Codable {
        package let group: Identifier<SecurityGroup>
        /// Never one that names a group as its peer: the host may not know the peer.
        package let rule: Rule
        /// The revision that made the rule.
        package let since: Int

        package init(group: Identifier<SecurityGroup>, rule: Rule, since: Int) {
            self.group = group
            self.rule = rule
            self.since = since
        }
    }

    package let number: Int
    package let madeAt: Timestamp
    package let actor: String
    package let origin: String
    /// In the order in which they were made.
    package let added: [Addition]
    package let removed: [Identifier<Rule>]
    package let notes: [Catalogue.RevisionNote]

    package init(
        number: Int, madeAt: Timestamp, actor: String, origin: String, added: [Addition],
        removed: [Identifier<Rule>], notes: [Catalogue.RevisionNote]
    ) {
        self.number = number
        self.madeAt = madeAt
        self.actor = actor
        self.origin = origin
        self.added = added
        self.removed = removed
        self.notes = notes
    }

    /// The part that concerns some groups; which group a removed rule was in is not known here, so all of those stay.
    package func limited(to groups: Set<Identifier<SecurityGroup>>) -> RuleAmendment {
        RuleAmendment(
            number: number, madeAt: madeAt, actor: actor, origin: origin,
            added: added.filter { groups.contains($0.group) }, removed: removed, notes: notes)
    }
}

extension Revision {
    /// The revision that an amendment makes of this one; nil where it names a group that is not in this policy.
    package func amended(by amendment: RuleAmendment) -> Revision? {
        var policy = self.policy
        var origins = ruleOrigins
        let removed = Set(amendment.removed)
        var known: Set<Identifier<SecurityGroup>> = []
        for vpc in policy.vpcs.indices {
            for place in policy.vpcs[vpc].groups.indices {
                let group = policy.vpcs[vpc].groups[place]
                known.insert(group.id)
                let added = amendment.added.filter { $0.group == group.id }
                // A group that is only named as a peer has no rules here.
                let isCarried = policy.vpcs[vpc].instances.contains { instance in
                    instance.interfaces.contains { $0.groups.contains(group.name) }
                }
                guard isCarried else { continue }
                policy.vpcs[vpc].groups[place].rules.removeAll { removed.contains($0.id) }
                policy.vpcs[vpc].groups[place].rules += added.map(\.rule)
            }
        }
        guard amendment.added.allSatisfy({ known.contains($0.group) }) else { return nil }
        for id in amendment.removed { origins[id.description] = nil }
        for addition in amendment.added { origins[addition.rule.id.description] = addition.since }
        let numbers = Set(origins.values).union([amendment.number])
        let notes = Dictionary(((notes ?? []) + amendment.notes).map { ($0.number, $0) }) { _, new in new }
        return Revision(
            number: amendment.number, madeAt: amendment.madeAt, actor: amendment.actor, origin: amendment.origin,
            policy: policy, ruleOrigins: origins,
            notes: notes.values.filter { numbers.contains($0.number) }.sorted { $0.number < $1.number })
    }
}
