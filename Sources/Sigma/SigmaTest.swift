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
    /// The part of an instant in microseconds, in UTC; a week is that of ISO 8601.
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
            // The week is its Thursday's, and the first one is that of the year's first Thursday.
            let days = (instant.seconds - (instant.seconds % 86_400 + 86_400) % 86_400) / 86_400
            let thursday = days - ((days + 3) % 7 + 7) % 7 + 3
            let year = CivilTime(Timestamp(seconds: thursday * 86_400)).year
            var first = thursday
            while CivilTime(Timestamp(seconds: (first - 7) * 86_400)).year == year { first -= 7 }
            return UInt64((thursday - first) / 7 + 1)
        }
    }
}
