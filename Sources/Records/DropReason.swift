package import Model

/// Why a packet was refused, in a word.
package enum DropReason: String, Hashable, Sendable, CaseIterable {
    /// No rule of the interface's groups admits it, or of its target's where those are stateless.
    case noRule = "no-rule"
    /// A network ACL refuses it at its subnet's edge.
    case acl
    case spoof
    case dhcpServer = "dhcp-server"
    case routerAdvertisement = "router-advertisement"
    case invalid
    case untracked
    case linkUpkeep = "link-upkeep"
    case impostor
    case headers = "unclear-headers"

    /// Finds the reason behind the rule that refused; nil for a rule of the guard that is not known.
    package init?(stage: Stage, rule: Identifier<Rule>) {
        switch stage {
        case .group: self = .noRule
        case .acl: self = .acl
        case .guard:
            guard let reason = Self.byRule[rule] else { return nil }
            self = reason
        }
    }

    private static let byRule: [Identifier<Rule>: DropReason] = Dictionary(
        GuardRule.allCases.compactMap { rule in DropReason(rawValue: rule.rawValue).map { (rule.id, $0) } }
    ) { first, _ in first }
}

extension Catalogue {
    /// Who is answerable for a decision, and since when.
    ///
    /// For an allow rule that is the revision which made the rule. A default refusal was made by nobody: it holds
    /// because no rule of the revision in force admits the packet, so it is that revision. The guard answers to nobody.
    package func change(behind rule: Identifier<Rule>, inForce revision: Int) -> RevisionNote? {
        guard let reference = self.rule(rule), reference.stage != .guard else { return nil }
        return self.revision(reference.since > 0 ? reference.since : revision)
    }
}
