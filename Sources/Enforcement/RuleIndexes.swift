import Attribution
package import Model

/// The small numbers by which the kernel's marks name rules.
///
/// An index belongs to one rule for good; only when all are used up are those of rules that have long gone, and that no
/// live connection bears, given again. Egress and ingress rules count apart, because each has a half of the mark.
package struct RuleIndexes: Equatable, Sendable, Codable {
    private var byRule: [String: UInt16] = [:]
    private var byIndex: [Direction: [UInt16: Identifier<Rule>]] = [.egress: [:], .ingress: [:]]
    private var next: [Direction: UInt32] = [.egress: 1, .ingress: 1]
    /// Indexes that connections bear from a time of which nothing is known; nil where there are none.
    private var foreign: [Direction: Set<UInt16>]?

    package init() {}

    /// Whether no rule has an index: nothing is known of what marks of living connections mean.
    package var isEmpty: Bool { byRule.isEmpty }

    /// Keeps the indexes of these marks from rules: connections bear them that other rules had admitted.
    package mutating func avoid(_ marks: Set<UInt32>) {
        foreign = Dictionary(
            uniqueKeysWithValues: Direction.allCases.map { direction in
                (direction, Set(marks.map { MarkLayout.index($0, direction) }).subtracting([0]))
            })
    }

    /// The index of the rule, a new one when it has none yet.
    ///
    /// - Throws: `EnforcementError.tooManyRules` when 65,534 rules of this direction have indexes.
    package mutating func index(of rule: Identifier<Rule>, _ direction: Direction) throws(EnforcementError) -> UInt16 {
        let key = "\(direction)\(rule)"
        if let index = byRule[key] { return index }
        guard var candidate = next[direction] else { throw .tooManyRules(direction) }
        if let foreign = foreign?[direction] {
            while let taken = UInt16(exactly: candidate), foreign.contains(taken) { candidate += 1 }
        }
        guard let index = UInt16(exactly: candidate), index < MarkLayout.dhcpClientIndex else {
            throw .tooManyRules(direction)
        }
        next[direction] = candidate + 1
        byRule[key] = index
        byIndex[direction]?[index] = rule
        return index
    }

    /// The index that the rule has; nil where it has none.
    package func known(_ rule: Identifier<Rule>, _ direction: Direction) -> UInt16? { byRule["\(direction)\(rule)"] }

    /// The rule that the index was given to.
    package func rule(_ index: UInt16, _ direction: Direction) -> Identifier<Rule>? { byIndex[direction]?[index] }

    /// How many more rules of this direction can get an index.
    package func remaining(_ direction: Direction) -> Int { 65_536 - Int(next[direction] ?? 65_536) }

    /// Takes back the indexes of rules that are not wanted and not borne by a connection, and starts counting anew.
    ///
    /// The wanted rules keep theirs.
    package mutating func reclaim(wanted: Set<Identifier<Rule>>, borne: Set<UInt32>) {
        if foreign != nil { avoid(borne) }
        for direction in Direction.allCases {
            let inUse = Set(borne.map { UInt16(truncatingIfNeeded: direction == .egress ? $0 >> 16 : $0) })
            let kept = (byIndex[direction] ?? [:]).filter { wanted.contains($0.value) || inUse.contains($0.key) }
            for (index, rule) in byIndex[direction] ?? [:] where kept[index] == nil {
                byRule["\(direction)\(rule)"] = nil
            }
            byIndex[direction] = kept
            next[direction] = UInt32(kept.keys.max() ?? 0) + 1
        }
    }
}
