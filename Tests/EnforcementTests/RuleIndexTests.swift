import Model
import Testing

@testable import Enforcement

@Suite struct RuleIndexTests {
    @Test func `indexes that unknown sessions bear are given to no rule until they are free`() throws {
        var indexes = RuleIndexes()
        indexes.avoid([0x0001_0002, 0x0003_0002, 0xffff_0000])
        let rules = (0..<3).map { Identifier<Rule>(derivedFrom: "rule", "\($0)") }
        #expect(try rules.map { try indexes.index(of: $0, .egress) } == [2, 4, 5])
        #expect(try rules.map { try indexes.index(of: $0, .ingress) } == [1, 3, 4])
        indexes.reclaim(wanted: [rules[0]], borne: [])
        #expect(indexes.known(rules[0], .ingress) == 1)
        #expect(try indexes.index(of: rules[1], .ingress) == 2)
    }
}
