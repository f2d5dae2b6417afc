package import Model

/// The values of the vocabulary, as text, without a `String` on the way.
extension ByteLine {
    /// Writes the 36 characters of a UUID.
    package mutating func append<Subject>(_ identifier: Identifier<Subject>) {
        append(hexadecimal: identifier.high >> 32, width: 8)
        append(UInt8(ascii: "-"))
        append(hexadecimal: identifier.high >> 16, width: 4)
        append(UInt8(ascii: "-"))
        append(hexadecimal: identifier.high, width: 4)
        append(UInt8(ascii: "-"))
        append(hexadecimal: identifier.low >> 48, width: 4)
        append(UInt8(ascii: "-"))
        append(hexadecimal: identifier.low, width: 12)
    }

    /// Writes six pairs of hexadecimal digits, separated by colons.
    package mutating func append(_ address: MACAddress) {
        var shift: UInt64 = 48
        while shift > 0 {
            shift -= 8
            append(hexadecimal: address.bits >> shift, width: 2)
            if shift > 0 { append(UInt8(ascii: ":")) }
        }
    }

    /// Writes dotted decimal, or the shortest lower-case IPv6 text of RFC 5952.
    package mutating func append(_ address: IPAddress) {
        switch address.family {
        case .ipv4: append(ipv4: UInt32(truncatingIfNeeded: address.low))
        case .ipv6: append(ipv6High: address.high, low: address.low)
        }
    }

    package mutating func append(ipv4 bits: UInt32) {
        append(decimal: UInt64(bits >> 24))
        append(UInt8(ascii: "."))
        append(decimal: UInt64(bits >> 16 & 0xff))
        append(UInt8(ascii: "."))
        append(decimal: UInt64(bits >> 8 & 0xff))
        append(UInt8(ascii: "."))
        append(decimal: UInt64(bits & 0xff))
    }

    package mutating func append(ipv6High high: UInt64, low: UInt64) {
        let gap = Self.longestZeroRun(high: high, low: low)
        var index = 0
        while index < 8 {
            if index == gap.start, gap.count >= 2 {
                append(UInt8(ascii: ":"))
                append(UInt8(ascii: ":"))
                index += gap.count
                continue
            }
            if index > 0, index != gap.start + gap.count || gap.count < 2 { append(UInt8(ascii: ":")) }
            append(shortestHexadecimal: Self.group(index, high: high, low: low))
            index += 1
        }
    }

    private mutating func append(shortestHexadecimal value: UInt64) {
        append(hexadecimal: value, width: value > 0xfff ? 4 : value > 0xff ? 3 : value > 0xf ? 2 : 1)
    }

    /// The 16-bit group of an IPv6 address, counted from the left.
    private static func group(_ index: Int, high: UInt64, low: UInt64) -> UInt64 {
        (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)) & 0xffff
    }

    /// RFC 5952 §4.2: the longest run of zero groups, the first of equals.
    private static func longestZeroRun(high: UInt64, low: UInt64) -> (start: Int, count: Int) {
        var best = (start: 0, count: 0)
        var run = 0
        for index in 0..<8 {
            run = group(index, high: high, low: low) == 0 ? run + 1 : 0
            if run > best.count { best = (index - run + 1, run) }
        }
        return best
    }

    /// Writes RFC 3339 in UTC with 0–9 digits of the second's fraction; what is beyond is cut off.
    package mutating func append(_ instant: Timestamp, fractionDigits: Int = 6) {
        let calendar = CivilTime(instant)
        append(decimal: calendar.year, width: 4)
        append(UInt8(ascii: "-"))
        append(decimal: calendar.month, width: 2)
        append(UInt8(ascii: "-"))
        append(decimal: calendar.day, width: 2)
        append(UInt8(ascii: "T"))
        append(clockOf: calendar)
        if fractionDigits > 0 {
            append(UInt8(ascii: "."))
            var fraction = calendar.nanosecond
            for _ in fractionDigits..<9 { fraction /= 10 }
            append(decimal: fraction, width: fractionDigits)
        }
        append(UInt8(ascii: "Z"))
    }

    /// Writes `09:05:07`.
    package mutating func append(clockOf calendar: CivilTime) {
        append(decimal: calendar.hour, width: 2)
        append(UInt8(ascii: ":"))
        append(decimal: calendar.minute, width: 2)
        append(UInt8(ascii: ":"))
        append(decimal: calendar.second, width: 2)
    }
}
