package import Model

/// Looks at a policy for weaknesses.
package enum PostureScan {
    /// What looks at a policy, one subject each.
    private static let checks: [@Sendable (PostureGround) -> [PostureFinding]] = [
        ExposureChecks.findings, RuleChecks.findings, CollectionChecks.findings, EnterpriseChecks.findings,
        ModeChecks.findings,
    ]

    /// The findings of all checks, the worst first, then by check and resource; exempted ones are marked.
    ///
    /// * `more`: what was found elsewhere, as at the host.
    package static func findings(
        _ policy: Policy, at instant: Timestamp, settings: PostureSettings = PostureSettings(),
        and more: [PostureFinding] = []
    ) -> [PostureFinding] {
        let ground = PostureGround(policy, at: instant)
        let found = checks.flatMap { $0(ground) } + more
        return found.compactMap { settings.applied(to: $0, at: instant) }.sorted { first, second in
            if first.severity != second.severity { return first.severity > second.severity }
            return (first.check.rawValue, first.resource, first.detail) < (
                second.check.rawValue, second.resource, second.detail
            )
        }
    }
}
