import Model
import TestSupport
import Testing

@testable import Policy

/// 60 random policies with 2,000 random packets each.
@Suite struct ClassifierPropertyTests {
    @Test(arguments: 1...60)
    func `the compiled classifier judges as the plain one does`(seed: UInt64) throws {
        var source = RandomPolicy(seed: seed)
        let policy = source.policy()
        let revision = Policy.revision(policy)
        let compiled = Classifier(revision)
        let naive = NaiveClassifier(policy: revision.policy)
        var verdicts: [Verdict: Int] = [:]
        for _ in 0..<2000 {
            let packet = source.packet(policy)
            let expected = naive.judge(packet)
            try #require(compiled.judge(packet) == expected, "\(packet)")
            try #require(compiled.verdict(packet) == expected.verdict, "\(packet)")
            verdicts[expected.verdict, default: 0] += 1
        }
        // A pool in which everything meets one fate would prove nothing.
        #expect((verdicts[.accept] ?? 0) > 30)
        #expect((verdicts[.drop] ?? 0) > 50)
    }
}
