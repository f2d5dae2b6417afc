import Model

/// Rules of the enterprise policy that nobody answers for, or that do nothing any more.
enum EnterpriseChecks {
    static func findings(_ ground: PostureGround) -> [PostureFinding] {
        (ground.policy.enterprise ?? []).flatMap { rule -> [PostureFinding] in
            var found: [PostureFinding] = []
            let text = ["\(rule.name): \(rule.text)"]
            if let expires = rule.expires, expires <= ground.instant {
                found.append(
                    PostureFinding(
                        .expiredRule, rule.action == .block ? .medium : .low, rule.name,
                        "it is in force no more, since \(expires)", mend: "remove it, or give it another expires",
                        rules: text))
            }
            if rule.owner == nil {
                found.append(
                    PostureFinding(
                        .ruleWithoutOwner, .low, rule.name, "nobody is its owner", mend: "add owner: NAME", rules: text)
                )
            }
            if rule.action == .block, !rule.isLogged {
                found.append(
                    PostureFinding(
                        .silentBlock, .low, rule.name, "its hits are counted, and told by no event",
                        mend: "remove log: false", rules: text))
            }
            return found
        }
    }
}
