/// The 36-character text of a UUID: hexadecimal digits in groups of 8, 4, 4, 4 and 12.
enum UUIDText {
    /// Reads digits of either case; nil for anything but such a text.
    static func parse(_ text: Span<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard text.count == 36 else { return nil }
        var value: (high: UInt64, low: UInt64) = (0, 0)
        for index in text.indices {
            let byte = text[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexadecimalDigit(byte) else { return nil }
            value = (value.high << 4 | value.low >> 60, value.low << 4 | digit)
        }
        return value
    }

    /// The text in lower case.
    static func format(high: UInt64, low: UInt64) -> String {
        var text = ShortText()
        text.append(hexadecimal: high >> 32, digits: 8)
        text.append(UInt8(ascii: "-"))
        text.append(hexadecimal: high >> 16, digits: 4)
        text.append(UInt8(ascii: "-"))
        text.append(hexadecimal: high, digits: 4)
        text.append(UInt8(ascii: "-"))
        text.append(hexadecimal: low >> 48, digits: 4)
        text.append(UInt8(ascii: "-"))
        text.append(hexadecimal: low, digits: 12)
        return text.text
    }
}
