package import Records

/// All rules made ready for batches of rows: each question is asked once, whichever rules have it.
package struct RuleProgram {
    /// A condition whose questions are numbers.
    private indirect enum Step {
        case test(Int)
        case all([Step])
        case any([Step])
        case not(Step)
    }

    private var tests: [SigmaTest] = []
    private var steps: [Step] = []
    /// The columns that are asked.
    package let columns: [FlowColumn]

    package init(_ rules: SigmaRules) {
        var tests: [SigmaTest] = []
        var places: [SigmaTest: Int] = [:]
        func step(_ condition: SigmaCondition) -> Step {
            switch condition {
            case .test(let test):
                if let place = places[test] { return .test(place) }
                places[test] = tests.count
                tests.append(test)
                return .test(tests.count - 1)
            case .all(let parts): return .all(parts.map(step))
            case .any(let parts): return .any(parts.map(step))
            case .not(let part): return .not(step(part))
            }
        }
        steps = rules.rules.map { step($0.condition) }
        self.tests = tests
        var asked = Set(tests.flatMap { $0.columns })
        for correlation in rules.correlations {
            asked.formUnion(correlation.groups.flatMap { $0 }.flatMap(\.columns))
            asked.formUnion(correlation.field?.columns ?? [])
        }
        asked.formUnion([.id, .start, .end])
        columns = FlowColumn.allCases.filter { asked.contains($0) }
    }

    /// Rows that are looked at together.
    private static let rows = 8192

    /// Hands over the rows that each rule finds.
    package func run(_ batch: SigmaBatch, _ take: (_ rule: Int, _ row: Int) -> Void) {
        let questions = tests.map { SigmaQuestion($0, batch) }
        let equalities = Equalities.groups(tests, batch)
        var first = 0
        while first < batch.count {
            let rows = first..<min(first + Self.rows, batch.count)
            let answers = Answers(questions, equalities, rows)
            for (rule, step) in steps.enumerated() {
                Self.rows(step, answers).forEach { take(rule, first + $0) }
            }
            first = rows.upperBound
        }
    }

    private static func rows(_ step: Step, _ answers: Answers) -> RowSet {
        switch step {
        case .test(let number): return answers[number]
        case .not(let part): return rows(part, answers).inverted
        case .all(let parts):
            var whole = rows(parts[0], answers)
            // Where no row is left, what else must hold need not be asked.
            for part in parts.dropFirst() where !whole.isEmpty { whole.formIntersection(rows(part, answers)) }
            return whole
        case .any(let parts):
            var whole = rows(parts[0], answers)
            for part in parts.dropFirst() { whole.formUnion(rows(part, answers)) }
            return whole
        }
    }
}

extension SigmaTest {
    /// The columns that it asks.
    var columns: [FlowColumn] {
        if case .field(let other, _, _) = question { return field.columns + other.columns }
        return field.columns
    }
}
