/// Why a line is not the JSON object that it should be, and at which byte of it.
package enum EventLineError: Error, Hashable, Sendable {
    /// The bytes at `offset` are not what JSON allows there.
    case malformed(offset: Int, expected: String)
    /// A value of the key is of another type, or says nothing that the key can hold.
    case badValue(key: String, value: String)
    case missing(key: String)
}

/// Reads the members of one flat JSON object; what is nested inside is passed over.
struct JSONLineReader {
    /// A value as the line has it.
    enum Value {
        /// The content of a string, escapes undone.
        case text(ArraySlice<UInt8>)
        /// A number, `true`, `false` or `null`, as written.
        case bare(ArraySlice<UInt8>)
        case nested
    }

    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.index = bytes.startIndex
    }

    /// Calls `take` for each member, in order.
    mutating func forEachMember(_ take: (ArraySlice<UInt8>, Value) throws(EventLineError) -> Void)
        throws(EventLineError)
    {
        try expect(UInt8(ascii: "{"), "an object")
        if skip(UInt8(ascii: "}")) { return try finish() }
        while true {
            let key = try readString()
            try expect(UInt8(ascii: ":"), "a colon")
            try take(key, try readValue())
            if skip(UInt8(ascii: "}")) { return try finish() }
            try expect(UInt8(ascii: ","), "a comma or the end of the object")
        }
    }

    private var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private func malformed(_ expected: String) -> EventLineError {
        .malformed(offset: index - bytes.startIndex, expected: expected)
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a { index += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(EventLineError) {
        guard skip(byte) else { throw malformed(what) }
    }

    private mutating func finish() throws(EventLineError) {
        skipSpace()
        guard next == nil else { throw malformed("the end of the line") }
    }

    private mutating func readValue() throws(EventLineError) -> Value {
        skipSpace()
        switch next {
        case UInt8(ascii: "\"")?: return .text(try readString())
        case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
            try passOver()
            return .nested
        default:
            let start = index
            while let byte = next, Self.isBare(byte) { index += 1 }
            guard index > start else { throw malformed("a value") }
            return .bare(bytes[start..<index])
        }
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// Passes over an array or object by its brackets, without recursion: a line may nest as deep as it is long.
    private mutating func passOver() throws(EventLineError) {
        var depth = 0
        repeat {
            guard let byte = next else { throw malformed("a closing bracket") }
            if byte == UInt8(ascii: "\"") {
                _ = try readString()
                continue
            }
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
            index += 1
        } while depth > 0
    }

    private mutating func readString() throws(EventLineError) -> ArraySlice<UInt8> {
        try expect(UInt8(ascii: "\""), "a string")
        let start = index
        passOverPlain()
        if next == UInt8(ascii: "\"") {
            index += 1
            return bytes[start..<index - 1]
        }
        var text = Array(bytes[start..<index])
        while let byte = next {
            index += 1
            if byte == UInt8(ascii: "\"") { return text[...] }
            text += UTF8.encode(try readEscape()) ?? UTF8.encodedReplacementCharacter
            let run = index
            passOverPlain()
            text += bytes[run..<index]
        }
        throw malformed("a closing quote")
    }

    private mutating func passOverPlain() {
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { index += 1 }
    }

    private mutating func readEscape() throws(EventLineError) -> Unicode.Scalar {
        guard let byte = next else { throw malformed("an escape") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try readUnicode()
        default: throw malformed("an escape")
        }
    }

    private mutating func readUnicode() throws(EventLineError) -> Unicode.Scalar {
        let first = try readFourDigits()
        guard 0xd800..<0xdc00 ~= first else { return Unicode.Scalar(first) ?? "\u{fffd}" }
        guard next == UInt8(ascii: "\\"), index + 1 < bytes.endIndex, bytes[index + 1] == UInt8(ascii: "u") else {
            return "\u{fffd}"
        }
        index += 2
        let second = try readFourDigits()
        guard 0xdc00..<0xe000 ~= second else { return "\u{fffd}" }
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func readFourDigits() throws(EventLineError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}
