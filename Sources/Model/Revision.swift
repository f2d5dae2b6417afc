/// One policy state with its number, and who made it.
package struct Revision: Hashable, Sendable, Codable {
    /// Rises from 1; 0 is the state before any policy. Without holes, but for a host that a controller gives only what
    /// concerns it.
    package let number: Int
    package let madeAt: Timestamp
    /// Who made the change: the login name behind the request.
    package let actor: String
    /// Where it came from, as the actor gave it: usually a file name.
    package let origin: String
    package let policy: Policy
    /// For each rule the number of the revision that made it.
    package let ruleOrigins: [String: Int]
    /// Who made the revisions that `ruleOrigins` names, where this host has not seen them itself.
    package let notes: [Catalogue.RevisionNote]?

    package static let none = Revision(
        number: 0, madeAt: Timestamp(nanoseconds: 0), actor: "", origin: "", policy: .empty, ruleOrigins: [:])

    /// A revision as a controller numbers it: its rules have their ids already.
    package init(
        number: Int, madeAt: Timestamp, actor: String, origin: String, policy: Policy, ruleOrigins: [String: Int],
        notes: [Catalogue.RevisionNote]? = nil
    ) {
        self.number = number
        self.madeAt = madeAt
        self.actor = actor
        self.origin = origin
        self.policy = policy
        self.ruleOrigins = ruleOrigins
        self.notes = notes
    }

    /// The revision with another policy in its place, to judge by: with what interfaces have at present.
    package func with(policy: Policy) -> Revision {
        Revision(
            number: number, madeAt: madeAt, actor: actor, origin: origin, policy: policy, ruleOrigins: ruleOrigins,
            notes: notes)
    }

    /// The revision that follows this one when `policy` is wanted.
    ///
    /// A rule that stood in the same group with the same text keeps its id; any other rule gets an id that no earlier
    /// revision used, because the new revision's number is part of it.
    package func next(policy: Policy, actor: String, origin: String, at madeAt: Timestamp) -> Revision {
        var kept: [String: Identifier<Rule>] = [:]
        for vpc in self.policy.vpcs {
            for group in vpc.groups {
                for rule in group.rules { kept[ruleKey(vpc, "group", group.name, rule.text)] = rule.id }
            }
            for acl in vpc.acls {
                for rule in acl.rules { kept[ruleKey(vpc, "acl", acl.name, rule.text)] = rule.id }
            }
        }
        let formerRules = Dictionary((self.policy.enterprise ?? []).map { ($0.name, $0) }) { first, _ in first }
        var adopted = policy
        var origins: [String: Int] = [:]
        func adopt(_ key: String, _ fresh: @autoclosure () -> Identifier<Rule>) -> Identifier<Rule> {
            let id = kept[key] ?? fresh()
            origins[id.description] = ruleOrigins[id.description] ?? number + 1
            return id
        }
        for (place, rule) in (adopted.enterprise ?? []).enumerated() {
            let former = formerRules[rule.name].flatMap { $0.doesSame(as: rule) ? $0.id : nil }
            let id =
                former
                ?? Identifier(derivedFrom: "enterprise-rule", policy.project, rule.name, rule.text, "\(number + 1)")
            origins[id.description] = ruleOrigins[id.description] ?? number + 1
            adopted.enterprise?[place].id = id
        }
        for vpcIndex in adopted.vpcs.indices {
            let vpc = adopted.vpcs[vpcIndex]
            for (groupIndex, group) in vpc.groups.enumerated() {
                for (ruleIndex, rule) in group.rules.enumerated() {
                    adopted.vpcs[vpcIndex].groups[groupIndex].rules[ruleIndex].id = adopt(
                        ruleKey(vpc, "group", group.name, rule.text),
                        Identifier(derivedFrom: "rule", vpc.id.description, group.name, rule.text, "\(number + 1)"))
                }
            }
            for (aclIndex, acl) in vpc.acls.enumerated() {
                for (ruleIndex, rule) in acl.rules.enumerated() {
                    adopted.vpcs[vpcIndex].acls[aclIndex].rules[ruleIndex].id = adopt(
                        ruleKey(vpc, "acl", acl.name, rule.text),
                        Identifier(
                            derivedFrom: "acl-rule", vpc.id.description, acl.name, rule.text, "\(number + 1)"))
                }
            }
        }
        return Revision(
            number: number + 1, madeAt: madeAt, actor: actor, origin: origin, policy: adopted, ruleOrigins: origins)
    }

    private func ruleKey(_ vpc: VPC, _ kind: String, _ holder: String, _ text: String) -> String {
        "\(vpc.id)\u{0}\(kind)\u{0}\(holder)\u{0}\(text)"
    }

    /// What each rule id of this revision stands for: allow rules, network ACLs' rules, the enterprise policy's, default
    /// refusals, the guard.
    package var ruleReferences: [RuleReference] {
        var references =
            GuardRule.allCases.map(\.reference) + [.unnamedAccept, .unnamedRefusal, .unnamedGuard, .unnamedBlock]
        references += (policy.enterprise ?? []).map {
            RuleReference(
                id: $0.id, stage: .enterprise, group: "", groupID: nil, text: "\($0.name): \($0.text)",
                since: ruleOrigins[$0.id.description] ?? number, name: $0.name, refuses: $0.action == .block)
        }
        for vpc in policy.vpcs {
            for group in vpc.groups {
                references += group.rules.map {
                    RuleReference(
                        id: $0.id, stage: .group, group: group.name, groupID: group.id, text: $0.text,
                        since: ruleOrigins[$0.id.description] ?? number)
                }
                references += Direction.allCases.map {
                    RuleReference(
                        id: group.defaultRefusal($0), stage: .group, group: group.name, groupID: group.id,
                        text: "default refusal of \($0.rawValue) in group \(group.name)", since: 0, refuses: true)
                }
            }
            for acl in vpc.acls {
                references += acl.rules.map {
                    RuleReference(
                        id: $0.id, stage: .acl, group: acl.name, groupID: nil, text: $0.text,
                        since: ruleOrigins[$0.id.description] ?? number)
                }
                references += Direction.allCases.map {
                    RuleReference(
                        id: acl.defaultRefusal($0), stage: .acl, group: acl.name, groupID: nil,
                        text: acl.defaultRefusalText($0), since: 0, refuses: true)
                }
            }
            for interface in vpc.instances.flatMap(\.interfaces) where interface.groups.isEmpty {
                references += Direction.allCases.map {
                    RuleReference(
                        id: interface.bareRefusal($0), stage: .group, group: "", groupID: nil,
                        text: "\($0.rawValue) refused: no group is attached", since: 0, refuses: true)
                }
            }
        }
        return references
    }
}
