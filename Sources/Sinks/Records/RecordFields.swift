import Model

/// The members of one record's line, found in one pass over its bytes and copied by nobody.
///
/// Lines are JSON objects of texts and numbers, as the event log and flows have them; nested values are passed over.
struct RecordFields {
    private enum Form: UInt8 {
        case absent
        /// A number, `true`, `false` or `null`.
        case bare
        case text
        /// A text with escapes of JSON.
        case escaped
    }

    private struct Place {
        var start: Int32 = 0
        var end: Int32 = 0
        var form = Form.absent
    }

    private(set) var source = SinkSource.events
    private var bytes: [UInt8] = []
    private var places = [Place](repeating: Place(), count: RecordKey.allCases.count)
    private(set) var range = 0..<0

    /// The line, as it is.
    var line: ArraySlice<UInt8> { bytes[range] }

    /// Finds the members of a line; false where it is no JSON object.
    mutating func read(_ source: SinkSource, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        self.source = source
        self.bytes = bytes
        self.range = range
        for index in places.indices { places[index].form = .absent }
        return scan(bytes.span, range)
    }

    private mutating func scan(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let table = RecordKeyTable.standard
        var index = range.lowerBound
        let end = range.upperBound
        guard index < end, text[index] == UInt8(ascii: "{") else { return false }
        index += 1
        if index == end - 1, text[index] == UInt8(ascii: "}") { return true }
        while index < end {
            guard let name = Self.string(text, &index, end), index < end, text[index] == UInt8(ascii: ":") else {
                return false
            }
            index += 1
            guard index < end else { return false }
            var place = Place()
            if text[index] == UInt8(ascii: "\"") {
                guard let value = Self.string(text, &index, end) else { return false }
                place = Place(
                    start: Int32(value.range.lowerBound), end: Int32(value.range.upperBound),
                    form: value.isEscaped ? .escaped : .text)
            } else {
                let start = index
                guard Self.passOver(text, &index, end) else { return false }
                place = Place(start: Int32(start), end: Int32(index), form: .bare)
                if text[start] == UInt8(ascii: "{") || text[start] == UInt8(ascii: "[") { place.form = .absent }
            }
            if !name.isEscaped, let key = table.find(text, name.range) { places[key.rawValue] = place }
            guard index < end else { return false }
            if text[index] == UInt8(ascii: "}") { return index == end - 1 }
            guard text[index] == UInt8(ascii: ",") else { return false }
            index += 1
        }
        return false
    }

    private static func string(
        _ text: Span<UInt8>, _ index: inout Int, _ end: Int
    ) -> (range: Range<Int>, isEscaped: Bool)? {
        guard index < end, text[index] == UInt8(ascii: "\"") else { return nil }
        index += 1
        let start = index
        var isEscaped = false
        while index < end {
            let byte = text[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return (start..<(index - 1), isEscaped)
            }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                index += 1
            }
            index += 1
        }
        return nil
    }

    /// A number, a word, or a nested value by its brackets.
    private static func passOver(_ text: Span<UInt8>, _ index: inout Int, _ end: Int) -> Bool {
        var depth = 0
        let start = index
        while index < end {
            switch text[index] {
            case UInt8(ascii: "\""):
                guard string(text, &index, end) != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return index > start }
                depth -= 1
                if depth == 0 {
                    index += 1
                    return true
                }
            case UInt8(ascii: ","): if depth == 0 { return index > start }
            default: break
            }
            index += 1
        }
        return false
    }

    // MARK: Values

    func has(_ key: RecordKey) -> Bool { places[key.rawValue].form != .absent }

    /// The value's text without escapes of JSON; nil where the record has none.
    func value(_ key: RecordKey) -> ArraySlice<UInt8>? {
        let place = places[key.rawValue]
        let range = Int(place.start)..<Int(place.end)
        return switch place.form {
        case .absent: nil
        case .bare, .text: bytes[range]
        case .escaped: JSONText.unescaped(bytes[range])[...]
        }
    }

    /// The inside of a JSON string that says the value: escaped where it needs that.
    func json(_ key: RecordKey) -> ArraySlice<UInt8>? {
        let place = places[key.rawValue]
        return place.form == .absent ? nil : bytes[Int(place.start)..<Int(place.end)]
    }

    func text(_ key: RecordKey) -> String? { value(key).map { String(decoding: $0, as: UTF8.self) } }

    func number(_ key: RecordKey) -> UInt64? {
        guard let value = value(key), !value.isEmpty, value.count <= 20 else { return nil }
        var number: UInt64 = 0
        for byte in value {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isBeyond) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !isTooLarge, !isBeyond else { return nil }
            number = sum
        }
        return number
    }

    /// Nanoseconds since 1970.
    func instant(_ key: RecordKey) -> Int64? { value(key).flatMap(InstantText.nanoseconds) }

    /// Whether the value is this word, in letters of any case.
    func isWord(_ key: RecordKey, _ word: StaticString) -> Bool {
        let place = places[key.rawValue]
        guard place.form == .text, Int(place.end - place.start) == word.utf8CodeUnitCount else { return false }
        // SAFETY: a static string's bytes live as long as the program.
        return word.withUTF8Buffer { wanted in
            for index in 0..<wanted.count where bytes[Int(place.start) + index] | 0x20 != wanted[index] | 0x20 {
                return false
            }
            return true
        }
    }
}

/// Escapes of JSON strings, read.
enum JSONText {
    static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < text.endIndex else {
                result.append(byte)
                continue
            }
            let escape = text[index]
            index += 1
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = fourDigits(text, &index)
                if (0xd800..<0xdc00).contains(scalar), index + 1 < text.endIndex, text[index] == UInt8(ascii: "\\"),
                    text[index + 1] == UInt8(ascii: "u")
                {
                    index += 2
                    scalar = 0x10000 + (scalar - 0xd800) << 10 + (fourDigits(text, &index) &- 0xdc00) & 0x3ff
                }
                result += UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}") ?? UTF8.encodedReplacementCharacter
            default: result.append(escape)
            }
        }
        return result
    }

    private static func fourDigits(_ text: ArraySlice<UInt8>, _ index: inout Int) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 where index < text.endIndex {
            value = value << 4 | UInt32(Character(Unicode.Scalar(text[index])).hexDigitValue ?? 0)
            index += 1
        }
        return value
    }
}

/// Instants as our lines have them, `2026-11-03T09:54:58.000001Z`: read without a calendar.
enum InstantText {
    /// Nanoseconds since 1970; nil for any other spelling.
    static func nanoseconds(_ text: ArraySlice<UInt8>) -> Int64? {
        let start = text.startIndex
        guard text.count >= 20, text.count <= 30, text.last == UInt8(ascii: "Z") else { return nil }
        func digits(_ offset: Int, _ count: Int) -> Int64? {
            var value: Int64 = 0
            for index in (start + offset)..<(start + offset + count) {
                guard (0x30...0x39).contains(text[index]) else { return nil }
                value = value * 10 + Int64(text[index] - 0x30)
            }
            return value
        }
        guard let year = digits(0, 4), let month = digits(5, 2), let day = digits(8, 2), let hour = digits(11, 2),
            let minute = digits(14, 2), let second = digits(17, 2), (1...12).contains(month),
            (1970...2261).contains(year)
        else { return nil }
        var fraction: Int64 = 0
        if text.count > 20 {
            guard text[start + 19] == UInt8(ascii: "."), let value = digits(20, text.count - 21) else { return nil }
            fraction = value
            for _ in (text.count - 21)..<9 { fraction *= 10 }
        }
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000 + fraction
    }
}
