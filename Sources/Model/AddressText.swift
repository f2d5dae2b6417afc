/// Dotted decimal text of IPv4 addresses.
enum IPv4Text {
    static func parse(_ text: [UInt8]) -> UInt32? {
        var parts = 0
        var bits: UInt32 = 0
        var value: UInt32 = 0
        var digits = 0
        for character in text + [UInt8(ascii: ".")] {
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
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
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
                guard let tail = IPv4Text.parse(Array(part)) else { return nil }
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
        let shifts: [UInt64] = [48, 32, 16, 0]
        let groups: [UInt64] = shifts.map { high >> $0 & 0xffff } + shifts.map { low >> $0 & 0xffff }
        guard let gap = longestZeroRun(groups) else {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let left = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        let right = groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return left + "::" + right
    }

    private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
        var value: UInt16 = 0
        for character in text {
            guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// RFC 5952 §4.2: the longest run of two or more zero groups, the first of equals.
    private static func longestZeroRun(_ groups: [UInt64]) -> Range<Int>? {
        var best: Range<Int>?
        var start: Int?
        for index in 0...groups.count {
            if index < groups.count, groups[index] == 0 {
                start = start ?? index
            } else if let begun = start {
                if index - begun >= 2, index - begun > (best?.count ?? 0) { best = begun..<index }
                start = nil
            }
        }
        return best
    }
}
