package import Model

/// How bad something is that a scan has found.
package enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    case low, medium, high, critical

    package static func < (first: Severity, second: Severity) -> Bool { first.rank < second.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// One step less.
    var lowered: Severity { Self.allCases[max(rank - 1, 0)] }
}

/// A weakness of a policy, or of the host that enforces it.
package struct PostureFinding: Hashable, Sendable {
    package let check: PostureCheck.Name
    package var severity: Severity
    /// Where: `web-1/eth0`, `shop/web`, `vpc/shop`, the name of a collector, a bridge or an enterprise rule.
    package let resource: String
    /// What is so.
    package let detail: String
    /// Texts of the rules that are why.
    package let rules: [String]
    /// What to do.
    package let mend: String
    /// A packet that shows it; nil where there is none.
    package let witness: FlowKey?
    /// Set for what settings exempt: the reason.
    package var exemption: String?

    init(
        _ check: PostureCheck.Name, _ severity: Severity, _ resource: String, _ detail: String, mend: String,
        rules: [String] = [], witness: FlowKey? = nil
    ) {
        self.check = check
        self.severity = severity
        self.resource = resource
        self.detail = detail
        self.rules = rules
        self.mend = mend
        self.witness = witness
    }

    /// An interface that its host does not enforce.
    package init(notEnforced interface: String, because reason: String) {
        self.init(.notEnforced, .critical, interface, reason, mend: "hang it where it can be judged, or take it away")
    }

    /// Something that is wrong with a host.
    package init(problem: String) { self.init(.hostProblem, .high, "host", problem, mend: "see gatehouse status") }

    /// The same for the same weakness from scan to scan: its check, its resource and the rules that are why.
    package var id: String {
        Identifier<PostureFinding>(derivedFrom: "posture", check.rawValue, resource, rules.joined(separator: "\n"))
            .description
    }
}
