/// ASCII text of at most 40 bytes that is made in place: what identifiers and addresses write themselves into.
///
/// Benchmark before changing: every record, event and rule bears several such texts.
struct ShortText {
    private var bytes = [40 of UInt8](repeating: 0)
    private var count = 0

    mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    mutating func append(decimal value: UInt8) {
        if value >= 100 { append(UInt8(ascii: "0") + value / 100) }
        if value >= 10 { append(UInt8(ascii: "0") + value / 10 % 10) }
        append(UInt8(ascii: "0") + value % 10)
    }

    /// Writes the last `digits` hexadecimal digits of a value in lower case, with zeros before them.
    mutating func append(hexadecimal value: UInt64, digits: Int) {
        var shift = 4 * digits
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift) & 0xf)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }

    /// Writes a value in as few hexadecimal digits as it needs.
    mutating func append(shortHexadecimal value: UInt16) {
        append(hexadecimal: UInt64(value), digits: max(1, (19 - value.leadingZeroBitCount) / 4))
    }

    var text: String {
        guard let valid = try? UTF8Span(validating: bytes.span.extracting(first: count)) else {
            preconditionFailure("short text is ASCII")
        }
        return String(copying: valid)
    }
}
