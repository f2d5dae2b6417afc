/// An instant as nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// It holds what lies between the years 1677 and 2262. What is computed or read beyond becomes the last or first of these: a
/// stranger may name any year.
package struct Timestamp: Hashable, Sendable, Comparable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package init(seconds: Int64) { self.init(seconds, of: 1_000_000_000) }

    package init(hours: Int64) { self.init(hours, of: 3600 * 1_000_000_000) }

    private init(_ count: Int64, of unit: Int64) {
        let (product, isBeyond) = count.multipliedReportingOverflow(by: unit)
        nanoseconds = isBeyond ? (count < 0 ? .min : .max) : product
    }

    /// Seconds and their fraction since 1970, as Foundation counts them; no number is 1970.
    package init(secondsSince1970 seconds: Double) {
        let scaled = seconds * 1e9
        nanoseconds = scaled >= 0x1p63 ? .max : scaled <= -0x1p63 ? .min : scaled.isNaN ? 0 : Int64(scaled)
    }

    package static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

    /// Whole seconds, rounded down.
    package var seconds: Int64 {
        let quotient = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return quotient.remainder < 0 ? quotient.quotient - 1 : quotient.quotient
    }

    package func advanced(by duration: Duration) -> Timestamp {
        let parts = duration.components
        let step = Timestamp(seconds: parts.seconds).nanoseconds
        let (sum, isBeyond) = nanoseconds.addingReportingOverflow(step)
        let (whole, isFurther) = sum.addingReportingOverflow(parts.attoseconds / 1_000_000_000)
        return Timestamp(nanoseconds: isBeyond || isFurther ? (step < 0 ? .min : .max) : whole)
    }

    /// The last multiple of `length` since 1970 that is not after this instant.
    package func aligned(to length: Duration) -> Timestamp {
        let step = Timestamp(nanoseconds: 0).advanced(by: length).nanoseconds
        return Timestamp(nanoseconds: nanoseconds - nanoseconds % max(step, 1))
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(nanoseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(nanoseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with microseconds: `2026-11-03T09:54:58.000001Z`.
    package var description: String { text(fractionDigits: 6) }

    /// RFC 3339 in UTC, with 0–9 digits of the second's fraction; what is beyond is cut off.
    package func text(fractionDigits: Int) -> String {
        let calendar = CivilTime(self)
        var text = "\(padded(calendar.year, 4))-\(padded(calendar.month, 2))-\(padded(calendar.day, 2))"
        text += "T\(padded(calendar.hour, 2)):\(padded(calendar.minute, 2)):\(padded(calendar.second, 2))"
        if fractionDigits > 0 { text += ".\(padded(calendar.nanosecond, 9).prefix(fractionDigits))" }
        return text + "Z"
    }

    private func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// The parts of an instant in the proleptic Gregorian calendar, in UTC.
package struct CivilTime: Hashable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let nanosecond: Int

    package init(_ instant: Timestamp) {
        let billion: Int64 = 1_000_000_000
        let seconds = instant.seconds
        let fraction = instant.nanoseconds &- seconds &* billion
        let secondOfDay = (seconds % 86_400 + 86_400) % 86_400
        // Days to civil date, with years that begin in March so that the leap day comes last.
        let days = (seconds - secondOfDay) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        self.day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        self.month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        self.year = Int(yearOfEra + era * 400 + (shiftedMonth < 10 ? 0 : 1))
        self.hour = Int(secondOfDay / 3600)
        self.minute = Int(secondOfDay / 60 % 60)
        self.second = Int(secondOfDay % 60)
        self.nanosecond = Int(fraction)
    }
}
