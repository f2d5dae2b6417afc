/// Text that others chose, made harmless for the line that it goes into.
extension ByteLine {
    /// Writes a JSON string with its quotes.
    ///
    /// Beyond what JSON asks, DEL, the C1 controls and the line separators U+2028 and U+2029 are escaped, so that no
    /// reader and no terminal can take a part of a line for another line.
    package mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5c:
                append(UInt8(ascii: "\\"))
                append(UInt8(truncatingIfNeeded: scalar.value))
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029:
                append("\\u")
                append(hexadecimal: UInt64(scalar.value), width: 4)
            default: append(utf8Of: scalar)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Writes `,"key":"text"`.
    package mutating func append(jsonMember key: String, _ text: String) {
        append(jsonKey: key)
        append(jsonString: text)
    }

    /// Writes `,"key":`; the key is ours and needs no escapes.
    package mutating func append(jsonKey key: String) {
        append(UInt8(ascii: ","))
        append(UInt8(ascii: "\""))
        append(key)
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
    }

    /// Writes a Python bytes literal: `b'GET \x00\n'`. Only printable ASCII stands for itself.
    package mutating func append(pythonBytes bytes: ArraySlice<UInt8>) {
        append("b'")
        for byte in bytes { append(pythonCharacter: byte) }
        append(UInt8(ascii: "'"))
    }

    /// Writes text as one token without spaces, quotes or control characters; other bytes become `\xNN`.
    package mutating func append(token text: String) {
        for byte in text.utf8 {
            if byte == UInt8(ascii: " ") { append("\\x20") } else { append(pythonCharacter: byte) }
        }
    }

    private mutating func append(pythonCharacter byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "'"):
            append(UInt8(ascii: "\\"))
            append(byte)
        case 0x20..<0x7f: append(byte)
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0d: append("\\r")
        default:
            append("\\x")
            append(hexadecimal: UInt64(byte), width: 2)
        }
    }

    /// Writes a field of RFC 4180, in quotes where it needs them; line breaks become spaces so that a row is a line.
    package mutating func append(csvField text: String) {
        let needsQuotes = text.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 < 0x20 }
        if needsQuotes { append(UInt8(ascii: "\"")) }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: append("\"\"")
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: append(UInt8(ascii: " "))
            default: append(utf8Of: scalar)
            }
        }
        if needsQuotes { append(UInt8(ascii: "\"")) }
    }

    private mutating func append(utf8Of scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
    }
}
