package import Model

/// Why a packet was refused, in a word.
package enum DropReason: Hashable, Sendable {
    /// No rule of the interface's groups admits it, or of its target's where those are stateless.
    case noRule
    /// The enterprise policy refuses it.
    case enterprise
    /// A network ACL refuses it at its subnet's edge.
    case acl
    /// The guard refuses it, by the rule of the same word.
    case guarded(GuardRule)

    /// Finds the reason behind the rule that refused; nil for a rule of the guard that is not known.
    package init?(stage: Stage, rule: Identifier<Rule>) {
        switch stage {
        case .group: self = .noRule
        case .enterprise: self = .enterprise
        case .acl: self = .acl
        case .guard:
            guard let reason = Self.byRule[rule] else { return nil }
            self = reason
        }
    }

    private static let byRule: [Identifier<Rule>: DropReason] = Dictionary(
        GuardRule.refusals.map { ($0.id, .guarded($0)) }
    ) { first, _ in first }
}

extension DropReason: CaseIterable {
    package static let allCases: [DropReason] = [.noRule, .enterprise, .acl] + GuardRule.refusals.map { .guarded($0) }
}

extension DropReason: RawRepresentable {
    package var rawValue: String {
        switch self {
        case .noRule: "no-rule"
        case .enterprise: "enterprise"
        case .acl: "acl"
        case .guarded(let rule): rule.rawValue
        }
    }

    package init?(rawValue: String) {
        guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = known
    }
}

extension Catalogue {
    /// Who is answerable for a decision, and since when.
    ///
    /// For an allow rule that is the revision which made the rule. A default refusal was made by nobody: it holds
    /// because no rule of the revision in force admits the packet, so it is that revision. The guard answers to nobody.
    package func change(behind rule: Identifier<Rule>, inForce revision: Int) -> RevisionNote? {
        guard let reference = self.rule(rule), reference.stage.hasAuthor else { return nil }
        return self.revision(reference.since > 0 ? reference.since : revision)
    }
}
