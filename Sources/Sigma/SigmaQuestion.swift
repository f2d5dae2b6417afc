import Parquet
import Records

/// A question with the column that it is asked of, ready for rows.
struct SigmaQuestion {
    private enum Work {
        case nothing
        /// What each text of the table answers.
        case codes([UInt32], [Bool], [UInt8]?)
        case numbers([Int64], [UInt8]?, (UInt64) -> Bool)
        case addresses([UInt128], [UInt8]?, UInt128, UInt128)
        /// Each row's text, one by one: for what is neither.
        case rows((Int) -> Bool?)
        case presence((Int) -> Bool)
    }

    private let work: Work

    init(_ test: SigmaTest, _ batch: SigmaBatch) { work = Self.work(test, batch) }

    private static func work(_ test: SigmaTest, _ batch: SigmaBatch) -> Work {
        let field = test.field
        switch test.question {
        case .exists:
            let vectors = field.columns.compactMap { batch.vector($0) }
            return .presence { row in vectors.contains { $0.isPresent(row) } }
        case .pattern(let pattern, let isCased):
            return texts(field, batch) { pattern.fits(Array((isCased ? $0 : $0.lowercased()).unicodeScalars)) }
        case .expression(let text, let ignoresCase, let isMultiline, let dotFitsLines):
            guard
                let regex = try? Regex(text).ignoresCase(ignoresCase).anchorsMatchLineEndings(isMultiline)
                    .dotMatchesNewlines(dotFitsLines)
            else { return .nothing }
            return texts(field, batch) { $0.firstMatch(of: regex) != nil }
        case .equals(let number): return numbers(field, batch) { $0 == number }
        case .compares(let comparison, let number):
            if field.kind == .instant {
                let bound = Int64(bitPattern: number)
                return numbers(field, batch) { comparison.holds(Int64(bitPattern: $0), bound) }
            }
            return numbers(field, batch) { comparison.holds($0, number) }
        case .part(let part, let comparison, let number):
            return numbers(field, batch) {
                let value = part.value(Int64(bitPattern: $0))
                return comparison?.holds(value, number) ?? (value == number)
            }
        case .range(let first, let last):
            guard case .column(let column) = field, let vector = batch.vector(column),
                case .fixed16(let values) = vector.values
            else { return .nothing }
            return .addresses(values, vector.presence, first, last)
        case .field(let other, let before, let after):
            return .rows { row in
                guard let own = batch.text(field, row)?.lowercased(), let text = batch.text(other, row)?.lowercased()
                else {
                    return nil
                }
                let pattern = SigmaPattern(literal: text).open(before: before, after: after)
                return pattern.fits(Array(own.unicodeScalars))
            }
        }
    }

    private static func numbers(_ field: SigmaField, _ batch: SigmaBatch, _ holds: @escaping (UInt64) -> Bool) -> Work {
        guard case .column(let column) = field else { return .rows { row in batch.number(field, row).map(holds) } }
        guard let vector = batch.vector(column), case .integers(let values) = vector.values else { return .nothing }
        return .numbers(values, vector.presence, holds)
    }

    private static func texts(_ field: SigmaField, _ batch: SigmaBatch, _ holds: @escaping (String) -> Bool) -> Work {
        if case .column(let column) = field, let vector = batch.vector(column),
            case .texts(let codes, let table) = vector.values
        {
            return .codes(codes, (0..<UInt32(table.count)).map { holds(table.text($0)) }, vector.presence)
        }
        return .rows { row in batch.text(field, row).map(holds) }
    }

    /// For which of some rows the answer is yes, and for which no.
    func truth(_ rows: Range<Int>) -> Truth {
        let first = rows.lowerBound
        let count = rows.count
        switch work {
        case .nothing: return Truth(yes: RowSet(count: count), no: RowSet(count: count))
        case .presence(let isPresent):
            let yes = RowSet(count: count) { isPresent(first + $0) }
            var no = RowSet(count: count, filled: true)
            no.subtract(yes)
            return Truth(yes: yes, no: no)
        case .codes(let codes, let answers, let presence):
            return Self.truth(count, presence, first) { answers.isEmpty ? false : answers[Int(codes[first + $0])] }
        case .numbers(let values, let presence, let holds):
            return Self.truth(count, presence, first) { holds(UInt64(bitPattern: values[first + $0])) }
        case .addresses(let values, let presence, let low, let high):
            return Self.truth(count, presence, first) { values[first + $0] >= low && values[first + $0] <= high }
        case .rows(let answer):
            let answers = rows.map { answer($0) }
            return Truth(
                yes: RowSet(count: count) { answers[$0] == true }, no: RowSet(count: count) { answers[$0] == false })
        }
    }

    @inline(__always)
    private static func truth(_ count: Int, _ presence: [UInt8]?, _ first: Int, _ holds: (Int) -> Bool) -> Truth {
        var yes = RowSet(count: count, holds)
        guard let presence else {
            var no = RowSet(count: count, filled: true)
            no.subtract(yes)
            return Truth(yes: yes, no: no)
        }
        var no = RowSet(count: count) { presence[first + $0] == 1 }
        yes.formIntersection(no)
        no.subtract(yes)
        return Truth(yes: yes, no: no)
    }
}
