import Parquet
import Records

/// A question with the column that it is asked of, ready for rows.
struct SigmaQuestion {
    private enum Work {
        case nothing
        /// What each text of the table answers.
        case codes([UInt32], [Bool], [UInt8]?)
        case numbers([Int64], [UInt8]?, (UInt64) -> Bool)
        case equals([Int64], [UInt8]?, Int64)
        case compares([Int64], [UInt8]?, SigmaTest.Comparison, Int64, flip: Int64)
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
        case .equals(let number):
            guard let vector = batch.vector(field), case .integers(let values) = vector.values else { return .nothing }
            return .equals(values, vector.presence, Int64(bitPattern: number))
        case .compares(let comparison, let number):
            guard let vector = batch.vector(field), case .integers(let values) = vector.values else { return .nothing }
            // Flipping the first bit puts numbers without sign in the order of those with one.
            let flip: Int64 = field.kind == .instant ? 0 : .min
            return .compares(values, vector.presence, comparison, Int64(bitPattern: number) ^ flip, flip: flip)
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
        guard let vector = batch.vector(field), case .integers(let values) = vector.values else { return .nothing }
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

    /// The rows of a range that the answer is yes for; what a record does not have is no.
    func answer(_ rows: Range<Int>) -> RowSet {
        let first = rows.lowerBound
        let count = rows.count
        switch work {
        case .nothing: return RowSet(count: count)
        case .presence(let isPresent): return RowSet(count: count) { isPresent(first + $0) }
        case .codes(let codes, let answers, let presence):
            guard !answers.isEmpty else { return RowSet(count: count) }
            return Self.rows(count, presence, first) { answers[Int(codes[first + $0])] }
        case .numbers(let values, let presence, let holds):
            return Self.rows(count, presence, first) { holds(UInt64(bitPattern: values[first + $0])) }
        case .equals(let values, let presence, let wanted):
            return Self.rows(count, presence, first) { values[first + $0] == wanted }
        case .compares(let values, let presence, let comparison, let bound, let flip):
            switch comparison {
            case .lt: return Self.rows(count, presence, first) { values[first + $0] ^ flip < bound }
            case .lte: return Self.rows(count, presence, first) { values[first + $0] ^ flip <= bound }
            case .gt: return Self.rows(count, presence, first) { values[first + $0] ^ flip > bound }
            case .gte: return Self.rows(count, presence, first) { values[first + $0] ^ flip >= bound }
            }
        case .addresses(let values, let presence, let low, let high):
            return Self.rows(count, presence, first) { values[first + $0] >= low && values[first + $0] <= high }
        case .rows(let answer): return RowSet(count: count) { answer(first + $0) == true }
        }
    }

    @inline(__always)
    private static func rows(_ count: Int, _ presence: [UInt8]?, _ first: Int, _ holds: (Int) -> Bool) -> RowSet {
        var yes = RowSet(count: count, holds)
        if let presence { yes.formIntersection(RowSet(count: count) { presence[first + $0] == 1 }) }
        return yes
    }
}
