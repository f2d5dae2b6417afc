package import Model

/// Durations and instants as people write them.
package enum TimeText {
    /// Why a text is no time.
    package enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        case notADuration(String)
        case notATime(String)

        package var description: String {
            switch self {
            case .notADuration(let text): "\"\(text)\" is not a duration: write 30s, 15m, 2h or 1d"
            case .notATime(let text):
                "\"\(text)\" is not a time: write 15m, 2h or 1d ago, or an instant as 2026-11-03T09:54:58Z"
            }
        }
    }

    /// Reads `30s`, `15m`, `2h`, `1d`, or several of them together as in `1h30m`.
    package static func duration(_ text: some StringProtocol) throws(ParseError) -> Duration {
        var seconds: Int64 = 0
        var number: Int64?
        for byte in text.utf8 {
            let unit: Int64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = Int64(byte - UInt8(ascii: "0"))
                // Nine digits of any unit stay far from overflow.
                guard (number ?? 0) < 100_000_000 else { throw .notADuration(String(text)) }
                number = (number ?? 0) * 10 + digit
                continue
            case UInt8(ascii: "s"): unit = 1
            case UInt8(ascii: "m"): unit = 60
            case UInt8(ascii: "h"): unit = 3600
            case UInt8(ascii: "d"): unit = 86_400
            default: throw .notADuration(String(text))
            }
            guard let count = number else { throw .notADuration(String(text)) }
            seconds += count * unit
            number = nil
            // A century is more than any log holds, and keeps every sum in range.
            guard seconds <= 36_525 * 86_400 else { throw .notADuration(String(text)) }
        }
        guard number == nil, !text.isEmpty else { throw .notADuration(String(text)) }
        return .seconds(seconds)
    }

    /// Reads a duration as that long before `now`, or an RFC 3339 instant.
    package static func time(_ text: some StringProtocol, now: Timestamp) throws(ParseError) -> Timestamp {
        if let instant = instant(text) { return instant }
        guard let duration = try? duration(text) else { throw .notATime(String(text)) }
        return now.advanced(by: .zero - duration)
    }

    /// Reads RFC 3339 as `2026-11-03T09:54:58Z`, with a fraction and an offset from UTC where there are some; digits
    /// of the fraction beyond the ninth are cut off. A leap second is read as the second after it.
    package static func instant(_ text: some StringProtocol) -> Timestamp? {
        instant(bytes: ArraySlice(text.utf8))
    }

    static func instant(bytes: ArraySlice<UInt8>) -> Timestamp? {
        var reader = InstantReader(bytes)
        return reader.read()
    }
}

/// Reads the digits of an instant from left to right.
private struct InstantReader {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.index = bytes.startIndex
    }

    mutating func read() -> Timestamp? {
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
            skip("T") || skip("t") || skip(" "), let hour = number(2), skip(":"), let minute = number(2), skip(":"),
            let second = number(2), (1970...2261).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.length(ofMonth: month, year), hour < 24, minute < 60, second <= 60,
            let fraction = fraction(), let offset = offset(), index == bytes.endIndex
        else { return nil }
        let days = Self.days(year, month, day)
        let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        return Timestamp(nanoseconds: seconds * 1_000_000_000 + fraction)
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func digit() -> Int? {
        guard index < bytes.endIndex, (0x30...0x39).contains(bytes[index]) else { return nil }
        index += 1
        return Int(bytes[index - 1] - 0x30)
    }

    private mutating func number(_ digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Nanoseconds of the second; zero where there is no fraction.
    private mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var value = digit().map(Int64.init) else { return nil }
        var digits = 1
        while let digit = digit() {
            if digits < 9 {
                value = value * 10 + Int64(digit)
                digits += 1
            }
        }
        for _ in digits..<9 { value *= 10 }
        return value
    }

    /// Seconds that the clock is ahead of UTC.
    private mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970, with years that begin in March so that the leap day comes last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
