/// The bytes that `ControlCodec` makes of a value, written by hand: sorted keys, no blanks, nothing for nil.
///
/// Both ends of the wire take a policy's digest over these bytes, so they may differ from the codec's in none. Benchmark
/// before changing: the server writes the policy of each host that a change concerns.
struct CanonicalJSON {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 16_384) { bytes.reserveCapacity(capacity) }

    /// Writes what is JSON already: punctuation and keys.
    mutating func append(_ json: String) { bytes.append(contentsOf: json.utf8) }

    /// Writes the `ControlCodec`'s text of a value that is rare enough for it.
    mutating func append(encoding value: some Encodable) throws {
        bytes.append(contentsOf: try ControlCodec.encode(value))
    }

    mutating func append(number: some BinaryInteger) { append(String(number)) }

    mutating func append(_ flag: Bool) { append(flag ? "true" : "false") }

    /// Writes a text that needs no escape.
    mutating func append(plain text: String) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func append(string text: String) {
        bytes.append(UInt8(ascii: "\""))
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        if let first = firstEscape(from: start) {
            bytes.removeSubrange(first...)
            for byte in text.utf8.dropFirst(first - start) { append(escaping: byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func append<Element>(
        _ elements: [Element], _ write: (inout CanonicalJSON, Element) throws -> Void
    ) rethrows {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            try write(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private func firstEscape(from start: Int) -> Int? {
        let written = bytes.span
        for index in start..<written.count where Self.needsEscape(written[index]) { return index }
        return nil
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(#"\""#)
        case UInt8(ascii: "\\"): append(#"\\"#)
        case 0x08: append(#"\b"#)
        case 0x09: append(#"\t"#)
        case 0x0a: append(#"\n"#)
        case 0x0c: append(#"\f"#)
        case 0x0d: append(#"\r"#)
        case 0..<0x10: append(#"\u000"# + String(byte, radix: 16))
        case 0x10..<0x20: append(#"\u00"# + String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }
}
