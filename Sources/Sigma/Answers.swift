import Parquet

/// The answers of all questions for some rows, each reckoned when it is first asked for.
///
/// Questions whether a column is one of many numbers are answered together: each row is looked up once.
final class Answers {
    private let questions: [SigmaQuestion]
    private let rows: Range<Int>
    private var known: [RowSet?]
    private let none: RowSet

    init(_ questions: [SigmaQuestion], _ equalities: [Equalities], _ rows: Range<Int>) {
        (self.questions, self.rows) = (questions, rows)
        known = Array(repeating: nil, count: questions.count)
        none = RowSet(count: rows.count)
        for group in equalities { group.answer(rows, none, &known) }
    }

    subscript(number: Int) -> RowSet {
        if let rows = known[number] { return rows }
        let answer = questions[number].answer(rows)
        known[number] = answer
        return answer
    }
}

/// Questions whether one field equals a number, by the number.
struct Equalities {
    private let values: [Int64]
    private let presence: [UInt8]?
    private let tests: [Int64: [Int]]
    private let all: [Int]

    /// Groups the questions of a batch; fields of few are left to be asked one by one.
    static func groups(_ tests: [SigmaTest], _ batch: SigmaBatch) -> [Equalities] {
        var fields: [SigmaField: [Int64: [Int]]] = [:]
        for (number, test) in tests.enumerated() {
            guard case .equals(let value) = test.question else { continue }
            fields[test.field, default: [:]][Int64(bitPattern: value), default: []].append(number)
        }
        return fields.compactMap { field, tests in
            guard tests.count > 8, let vector = batch.vector(field), case .integers(let values) = vector.values else {
                return nil
            }
            return Equalities(
                values: values, presence: vector.presence, tests: tests, all: tests.values.flatMap { $0 })
        }
    }

    func answer(_ rows: Range<Int>, _ none: RowSet, _ known: inout [RowSet?]) {
        for number in all { known[number] = none }
        for row in rows {
            guard let numbers = tests[values[row]], presence.map({ $0[row] == 1 }) ?? true else { continue }
            for number in numbers { known[number]?.insert(row - rows.lowerBound) }
        }
    }
}
