import Model
import Policy
import TestSupport
import Testing

@testable import Analysis

/// Boxes against the classifier, on random policies with groups, network ACLs, stateless groups, blocks and pairs.
@Suite struct ReachPropertyTests {
    @Test(arguments: 1...8)
    func `reach accepts what the classifier accepts, each packet in one box`(seed: UInt64) throws {
        var source = RandomNetwork(seed: seed)
        let policy = source.policy()
        let oracle = Oracle(policy)
        var reach = Reach(policy)
        let boxes = reach.boxes()
        let reader = BoxReader(boxes, [oracle])
        var asked = 0
        while asked < 120 {
            let key = source.key(policy)
            let ends = [oracle.owner(key.initiator), oracle.owner(key.target)].map { $0?.interface.id }
            // Neither end is ours, or both are the same interface.
            guard ends[0] != ends[1] else { continue }
            asked += 1
            let holding = reader.holding(key)
            try #require(holding.count <= 1, "\(key): \(holding)")
            let fate = holding.first.map { Oracle.Fate(verdict: $0.word, answer: $0.answer) }
            let expected = oracle.fate(key)
            try #require(fate ?? .init(verdict: .drop, answer: nil) == expected, "\(key): \(expected)")
        }
        for box in boxes.shuffled(using: &source.random).prefix(100) {
            let expected = Oracle.Fate(verdict: box.word, answer: box.answer)
            for key in corners(box) + [box.witness] {
                try #require(reader.holding(key) == [box], "\(box): \(key)")
                try #require(oracle.fate(key) == expected, "\(box): \(key)")
            }
        }
    }

    @Test(arguments: 1...14)
    func `a difference holds exactly the packets that are judged otherwise`(seed: UInt64) throws {
        var source = RandomNetwork(seed: seed &+ 1000)
        let old = source.policy()
        let new = seed % 4 == 0 ? source.policy() : source.changed(old)
        let oracles = [Oracle(old), Oracle(new)]
        let difference = PacketDifference(from: old, to: new)
        let reader = BoxReader(difference.boxes, oracles)
        var asked = 0
        while asked < 120 {
            let key = source.key(asked % 2 == 0 ? old : new)
            let ends = [key.initiator, key.target].map { address in
                oracles.reversed().lazy.compactMap { $0.owner(address)?.interface.id }.first
            }
            guard ends[0] != ends[1] else { continue }
            asked += 1
            let expected = change(oracles[0].fate(key), oracles[1].fate(key))
            let holding = reader.holding(key)
            try #require(holding.count <= 1, "\(key): \(holding)")
            try #require(holding.first?.word == expected, "\(key): \(oracles.map { $0.fate(key) })")
        }
        for box in difference.boxes.shuffled(using: &source.random).prefix(100) {
            for key in corners(box) + [box.witness] {
                try #require(reader.holding(key) == [box], "\(box): \(key)")
                let fates = oracles.map { $0.fate(key) }
                try #require(change(fates[0], fates[1]) == box.word, "\(box): \(key)")
                try #require(box.word == .refused || fates[1].answer == box.answer, "\(box): \(key)")
            }
        }
    }

    /// Pools in which everything meets one fate would prove nothing.
    @Test func `random networks accept and refuse, and refuse answers`() {
        var fates: [Oracle.Fate: Int] = [:]
        for seed in UInt64(1)...20 {
            var source = RandomNetwork(seed: seed)
            let policy = source.policy()
            let oracle = Oracle(policy)
            for _ in 0..<100 { fates[oracle.fate(source.key(policy)), default: 0] += 1 }
        }
        #expect(fates.count == 3)
        #expect(fates.values.allSatisfy { $0 > 20 }, "\(fates)")
    }

    private func change(_ old: Oracle.Fate, _ new: Oracle.Fate) -> PacketChange? {
        switch (old.verdict, new.verdict) {
        case (.drop, .accept): .accepted
        case (.accept, .drop): .refused
        case (.drop, .drop): nil
        case (.accept, .accept):
            old.answer == new.answer ? nil : new.answer == .accept ? .answerAccepted : .answerRefused
        }
    }

    /// The packets of a box with the least and greatest of both numbers, of its first and last protocol.
    private func corners<Word>(_ box: PacketBox<Word>) -> [FlowKey] {
        let ends = box.space.rectangle.map { rectangle in
            [rectangle.first.lowerBound, rectangle.first.upperBound].flatMap { first in
                [rectangle.second.lowerBound, rectangle.second.upperBound].map { (first, $0) }
            }
        }
        return [box.space.protocols.first, box.space.protocols.last].compactMap(\.self).flatMap { transport in
            (ends ?? (transport.isICMP ? [(0, 0), (255, 255)] : [(0, 0), (65535, 65535)])).map { first, second in
                FlowKey(
                    initiator: box.witness.initiator, target: box.witness.target, transport: transport,
                    initiatorPort: first, targetPort: second)
            }
        }
    }
}
