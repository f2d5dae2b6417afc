import Model
import Policy
import TestSupport
import Testing

@testable import Analysis

/// What lint says of rules, against judging with and without them.
@Suite struct LintPropertyTests {
    @Test(arguments: 1...10)
    func `a policy without the rules that decide nothing judges alike`(seed: UInt64) throws {
        var source = RandomNetwork(seed: seed)
        let policy = keeping(source.policy()) { _, texts, index in !texts.prefix(index).contains(texts[index]) }
        let superfluous: Set<Finding.Kind> = [.shadowed, .redundant, .contradictory, .irrelevant]
        let told = Lint(policy).findings.filter { superfluous.contains($0.kind) }
        let less = keeping(policy) { place, texts, index in
            !told.contains { $0.place == place && $0.rule == texts[index] }
        }
        #expect(PacketDifference(from: policy, to: less).boxes.isEmpty, "\(told)")
    }

    @Test func `random policies have rules of each kind that decides nothing`() {
        var kinds: Set<Finding.Kind> = []
        for seed in UInt64(1)...24 {
            var source = RandomNetwork(seed: seed)
            kinds.formUnion(Lint(source.policy()).findings.map(\.kind))
        }
        #expect(kinds.isSuperset(of: [.shadowed, .redundant, .contradictory, .irrelevant, .overlap, .answerRefused]))
    }

    /// The policy with those rules alone that a condition keeps, asked with the list's place, its texts and the rule's number.
    private func keeping(_ policy: Policy, _ isKept: (String, [String], Int) -> Bool) -> Policy {
        var policy = policy
        for vpc in policy.vpcs.indices {
            let name = policy.vpcs[vpc].name
            for group in policy.vpcs[vpc].groups.indices {
                let (list, rules) = (policy.vpcs[vpc].groups[group].name, policy.vpcs[vpc].groups[group].rules)
                policy.vpcs[vpc].groups[group].rules = rules.indices.filter {
                    isKept("\(name)/\(list)", rules.map(\.text), $0)
                }.map { rules[$0] }
            }
            for acl in policy.vpcs[vpc].acls.indices {
                let (list, rules) = (policy.vpcs[vpc].acls[acl].name, policy.vpcs[vpc].acls[acl].rules)
                policy.vpcs[vpc].acls[acl].rules = rules.indices.filter {
                    isKept("\(name)/\(list)", rules.map(\.text), $0)
                }.map { rules[$0] }
            }
        }
        return policy
    }
}
