import Model
import Records

/// One question about one field of a record.
struct SigmaTest: Hashable, Sendable {
    enum Comparison: Hashable, Sendable {
        case lt, lte, gt, gte
    }

    enum Question: Hashable, Sendable {
        /// A text, without regard of case unless it is `isCased`.
        case pattern(SigmaPattern, isCased: Bool)
        /// A regular expression, found anywhere in the text; its letters `i`, `m`, `s`.
        case expression(String, ignoresCase: Bool, isMultiline: Bool, dotFitsLines: Bool)
        case equals(UInt64)
        case compares(Comparison, UInt64)
        /// An address within both, as sixteen bytes.
        case range(UInt128, UInt128)
        /// A part of an instant.
        case part(SigmaModifier.Part, Comparison?, UInt64)
        /// Whether there is a value.
        case exists
        /// The value of another field, or a part of the text.
        case field(SigmaField, opensBefore: Bool, opensAfter: Bool)
    }

    let field: SigmaField
    let question: Question
}

extension SigmaTest.Comparison {
    func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .lt: left < right
        case .lte: left <= right
        case .gt: left > right
        case .gte: left >= right
        }
    }
}

extension SigmaModifier.Part {
    /// The part of an instant in microseconds, in UTC.
    func value(_ microseconds: Int64) -> UInt64 {
        let instant = Timestamp(nanoseconds: microseconds.multipliedReportingOverflow(by: 1000).partialValue)
        let civil = CivilTime(instant)
        switch self {
        case .minute: return UInt64(civil.minute)
        case .hour: return UInt64(civil.hour)
        case .day: return UInt64(civil.day)
        case .month: return UInt64(civil.month)
        case .year: return UInt64(max(civil.year, 0))
        case .week:
            // Mondays begin weeks, and the days before the year's first one are of week 0.
            let day = instant.aligned(to: .seconds(86_400)).seconds / 86_400
            var first = day
            while CivilTime(Timestamp(seconds: (first - 1) * 86_400)).year == civil.year { first -= 1 }
            let weekday = ((day + 3) % 7 + 7) % 7
            return UInt64((day - first + 7 - weekday) / 7)
        }
    }
}
