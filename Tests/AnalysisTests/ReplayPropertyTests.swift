import Model
import Policy
import TestSupport
import Testing

@testable import Analysis

/// What replaying says of a flow at one end, against the whole judgement of its first packet.
@Suite struct ReplayPropertyTests {
    @Test(arguments: 1...8)
    func `an end's verdict is that of its leg`(seed: UInt64) throws {
        var source = RandomNetwork(seed: seed &+ 5000)
        let policy = source.policy()
        let revision = Revision(
            number: 1, madeAt: Timestamp(nanoseconds: 0), actor: "", origin: "", policy: policy, ruleOrigins: [:])
        let (replay, classifier, oracle) = (Replay(revision), Classifier(revision), Oracle(policy))
        var outcomes: Set<Replay.Outcome> = []
        for _ in 0..<300 {
            let key = source.key(policy)
            let sender = oracle.owner(key.initiator)
            let judgement = classifier.judge(Packet(key, from: sender.map { .interface($0.interface.id) } ?? .outside))
            for direction in Direction.allCases {
                let isThere = (direction == .egress ? sender : oracle.owner(key.target)) != nil
                let leg = judgement.legs.first { $0.direction == direction }?.verdict
                // An end that is not reached tells of the refusal that kept the packet from it.
                let expected = !isThere ? nil : leg ?? (judgement.verdict == .drop ? .drop : nil)
                let outcome = replay.outcome(key, direction, recorded: .accept)
                outcomes.insert(outcome)
                switch expected {
                case nil: try #require(outcome == .nobody, "\(key) \(direction)")
                case .accept?: try #require(outcome == .same, "\(key) \(direction)")
                case .drop?: try #require(outcome == .changed(.drop), "\(key) \(direction)")
                }
            }
        }
        #expect(outcomes.isSuperset(of: [.nobody, .changed(.drop)]))
    }
}
