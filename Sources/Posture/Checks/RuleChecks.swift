import Analysis
import Model

/// Rules that do not say what their author meant, and lists that nobody uses.
enum RuleChecks {
    static func findings(_ ground: PostureGround) -> [PostureFinding] {
        ground.lint.compactMap { finding in
            let rule = finding.rule.map { ["\(finding.place): \($0)"] } ?? []
            let others = finding.by.joined(separator: "; ")
            func make(_ check: PostureCheck.Name, _ severity: Severity, _ detail: String, _ mend: String)
                -> PostureFinding
            {
                PostureFinding(
                    check, severity, finding.place, detail, mend: mend, rules: rule, witness: finding.witness)
            }
            switch finding.kind {
            case .overWide:
                return make(
                    .anyToAny, .medium, "a rule admits every port from everywhere",
                    "name protocol, ports and peer")
            case .shadowed, .redundant:
                return make(.shadowedRule, .low, "a rule decides nothing: \(others) decides it", "remove it")
            case .contradictory:
                return make(
                    .shadowedRule, .medium, "a rule decides nothing, and \(others) before it says otherwise",
                    "put it before, or remove it")
            case .irrelevant:
                return make(.irrelevantRule, .low, "a rule can match nothing that exists: \(others)", "remove it")
            case .answerRefused:
                return make(
                    .refusedAnswer, .medium, "packets are accepted whose answers are refused",
                    "admit the answers, or refuse the packets")
            case .unattached: return make(.unusedGroup, .low, "nothing carries it", "remove it, or attach it")
            case .noMembers:
                return make(
                    .groupWithoutMembers, .low, "rules name it, and nobody is in it: \(others)",
                    "remove the rules, or attach it")
            // Matters of style.
            case .consolidatable, .overlap, .subnetSplit, .outOfRange: return nil
            }
        }
    }
}
