/// Dotted decimal text of IPv4 addresses.
enum IPv4Text {
    static func parse(_ text: Span<UInt8>) -> UInt32? {
        var parts = 0
        var bits: UInt32 = 0
        var value: UInt32 = 0
        var digits = 0
        for index in 0...text.count {
            // The end closes a part as a point does.
            let character = index < text.count ? text[index] : UInt8(ascii: ".")
            if character == UInt8(ascii: ".") {
                guard digits > 0, parts < 4 else { return nil }
                bits = bits << 8 | value
                parts += 1
                value = 0
                digits = 0
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { return nil }
            // A leading zero would read as octal elsewhere: refuse it rather than guess.
            if digits > 0 && value == 0 { return nil }
            value = value * 10 + UInt32(character - UInt8(ascii: "0"))
            digits += 1
            if value > 255 { return nil }
        }
        return parts == 4 ? bits : nil
    }

    static func format(_ bits: UInt32) -> String {
        var text = ShortText()
        for shift: UInt32 in [24, 16, 8, 0] {
            if shift < 24 { text.append(UInt8(ascii: ".")) }
            text.append(decimal: UInt8(truncatingIfNeeded: bits >> shift))
        }
        return text.text
    }
}

/// IPv6 text of RFC 4291, written as RFC 5952 recommends.
enum IPv6Text {
    static func parse(_ text: [UInt8]) -> (high: UInt64, low: UInt64)? {
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if text.starts(with: [UInt8(ascii: ":"), UInt8(ascii: ":")]) {
            gap = 0
            index = 2
        } else if text.first == UInt8(ascii: ":") {
            return nil
        }
        while index < text.count {
            let end = text[index...].firstIndex(of: UInt8(ascii: ":")) ?? text.count
            let part = text[index..<end]
            if part.isEmpty {
                guard gap == nil else { return nil }
                gap = groups.count
                index = end + 1
                continue
            }
            if end == text.count, part.contains(UInt8(ascii: ".")) {
                guard let tail = IPv4Text.parse(Array(part).span) else { return nil }
                groups += [UInt16(tail >> 16), UInt16(tail & 0xffff)]
                index = end
                break
            }
            guard part.count <= 4, let value = hexadecimal(part) else { return nil }
            groups.append(value)
            index = end + 1
            // A single trailing colon leaves nothing behind it.
            if end == text.count - 1 { return nil }
            if end < text.count - 1, text[end + 1] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index = end + 2
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let halves = (groups[..<4], groups[4...])
        return (halves.0.reduce(0) { $0 << 16 | UInt64($1) }, halves.1.reduce(0) { $0 << 16 | UInt64($1) })
    }

    static func format(high: UInt64, low: UInt64) -> String {
        let gap = longestZeroRun(high, low)
        var text = ShortText()
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                // Its second colon is the one before the next group.
                text.append(UInt8(ascii: ":"))
                index = gap.upperBound
                if index == 8 { text.append(UInt8(ascii: ":")) }
                continue
            }
            if index > 0 { text.append(UInt8(ascii: ":")) }
            text.append(shortHexadecimal: group(index, high, low))
            index += 1
        }
        return text.text
    }

    /// One of the eight 16-bit groups.
    private static func group(_ index: Int, _ high: UInt64, _ low: UInt64) -> UInt16 {
        UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
    }

    private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
        var value: UInt16 = 0
        for character in text {
            guard let digit = hexadecimalDigit(character) else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// RFC 5952 §4.2: the longest run of two or more zero groups, the first of equals; empty where there is none.
    private static func longestZeroRun(_ high: UInt64, _ low: UInt64) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0..<8 {
            if group(index, high, low) != 0 {
                start = index + 1
            } else if index + 1 - start >= 2, index + 1 - start > best.count {
                best = start..<index + 1
            }
        }
        return best
    }
}
