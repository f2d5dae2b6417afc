import Model

/// Goes through records in hours, and through what rules find in the order of records.
package struct RuleRun {
    private let rules: SigmaRules
    package let program: RuleProgram
    private var windows: [CorrelationWindows]
    private var found: [Found] = []
    /// Findings that were not kept, for want of room.
    package private(set) var refused = 0

    /// A record that a rule found, with what correlations ask of it.
    private struct Found {
        let start: Int64
        let id: String
        let rule: Int
        /// For each correlation that names the rule: the group's values and the field's.
        let asked: [(groups: [String]?, value: String?)]
    }

    package init(_ rules: SigmaRules) {
        self.rules = rules
        program = RuleProgram(rules)
        windows = rules.correlations.map { CorrelationWindows($0, rules.places($0)) }
    }

    /// Takes the rows of a batch that began in a span; all batches of an hour come before it is settled.
    package mutating func take(_ batch: SigmaBatch, from: Int64, until: Int64) {
        let (windows, rules) = (windows, rules)
        var fresh: [Found] = []
        var refused = 0
        let room = Limit.matchesOfHour.bound - found.count
        program.run(batch) { rule, row in
            let start = batch.start(row)
            guard start >= from, start < until else { return }
            guard fresh.count < room else {
                refused += 1
                return
            }
            let asked = windows.enumerated().map { number, window -> (groups: [String]?, value: String?) in
                guard let place = window.places.firstIndex(of: rule) else { return (nil, nil) }
                let correlation = rules.correlations[number]
                var groups: [String] = []
                for fields in correlation.groups {
                    guard let text = batch.text(fields[place], row) else { return (nil, nil) }
                    groups.append(text)
                }
                return (groups, correlation.field.flatMap { batch.text($0, row) })
            }
            fresh.append(Found(start: start, id: batch.id(row), rule: rule, asked: asked))
        }
        found += fresh
        self.refused += refused
    }

    /// Tells what was found in an hour, in the order of records.
    package mutating func settle(_ tell: (SigmaMatch) -> Void) {
        found.sort { one, other in
            one.start != other.start
                ? one.start < other.start : one.id != other.id ? one.id < other.id : one.rule < other.rule
        }
        var last: (id: String, rule: Int)?
        var place = found.startIndex
        while place < found.endIndex {
            let instant = found[place].start
            while place < found.endIndex, found[place].start == instant {
                let item = found[place]
                place += 1
                // A record that is there twice is found once.
                if let last, last.id == item.id, last.rule == item.rule { continue }
                last = (item.id, item.rule)
                if !rules.silent.contains(item.rule) { tell(match(item)) }
                for number in windows.indices {
                    guard let groups = item.asked[number].groups else { continue }
                    let value = item.asked[number].value
                    windows[number].add(.init(time: instant, rule: item.rule, record: item.id, value: value), groups)
                }
            }
            judge(instant, tell)
        }
        found = []
    }

    private func match(_ item: Found) -> SigmaMatch {
        let rule = rules.rules[item.rule]
        return SigmaMatch(
            ruleID: rule.id, title: rule.title, level: rule.level, tags: rule.tags, record: item.id, start: item.start,
            evidence: [item.id], count: 1, group: [], value: nil)
    }

    /// Judges all correlations at the end of an instant; what one found is an event of those behind it that name it.
    private mutating func judge(_ instant: Int64, _ tell: (SigmaMatch) -> Void) {
        for number in windows.indices {
            let own = rules.rules.count + number
            for match in windows[number].judge() {
                if !rules.silent.contains(own) { tell(match) }
                let known = Dictionary(match.group.map { ($0.name, $0.value) }) { first, _ in first }
                for later in windows.indices where later > number && windows[later].places.contains(own) {
                    let groups = rules.correlations[later].groupNames.compactMap { known[$0] }
                    guard groups.count == rules.correlations[later].groupNames.count else { continue }
                    windows[later].add(.init(time: instant, rule: own, record: match.record, value: nil), groups)
                }
            }
        }
    }
}
