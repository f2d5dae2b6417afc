/// A value of JSON, as a log line has it. Numbers stay the text that they are, so that none is rounded.
enum JSONValue {
    case null
    case truth(Bool)
    case number(ArraySlice<UInt8>)
    case text([UInt8])
    case list([JSONValue])
    case object([(key: [UInt8], value: JSONValue)])

    /// Deeper nesting is refused.
    static let deepest = 40

    /// Reads one value that fills the bytes; nil for anything else.
    init?(parsing bytes: ArraySlice<UInt8>) {
        var parser = JSONParser(bytes)
        guard let value = parser.value(depth: 0), parser.isAtEnd else { return nil }
        self = value
    }

    /// The member of a name; of two of one name the last.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key.elementsEqual(name.utf8) }?.value
    }

    /// The member at the end of a path with dots, as `connection.src_ip`; null is none.
    func at(_ path: String) -> JSONValue? {
        var value: JSONValue? = self
        for name in path.split(separator: ".") { value = value?[String(name)] }
        if case .null? = value { return nil }
        return value
    }

    /// A text, or a number's digits; nil for anything else.
    var bytes: ArraySlice<UInt8>? {
        switch self {
        case .text(let text): text[...]
        case .number(let digits): digits
        case .null, .truth, .list, .object: nil
        }
    }

    var string: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    var elements: [JSONValue]? { if case .list(let elements) = self { elements } else { nil } }
}

/// Reads JSON strictly, a byte at a time.
struct JSONParser {
    private let bytes: ArraySlice<UInt8>
    private(set) var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return index == bytes.endIndex
        }
    }

    private mutating func skipBlanks() {
        while index < bytes.endIndex, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skip(word: StaticString) -> Bool {
        let text = Array("\(word)".utf8)
        guard bytes[index...].starts(with: text) else { return false }
        index += text.count
        return true
    }

    mutating func value(depth: Int) -> JSONValue? {
        guard depth < JSONValue.deepest else { return nil }
        skipBlanks()
        guard index < bytes.endIndex else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return list(depth)
        case UInt8(ascii: "\""): return string().map { .text($0) }
        case UInt8(ascii: "t"): return skip(word: "true") ? .truth(true) : nil
        case UInt8(ascii: "f"): return skip(word: "false") ? .truth(false) : nil
        case UInt8(ascii: "n"): return skip(word: "null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(_ depth: Int) -> JSONValue? {
        index += 1
        var members: [(key: [UInt8], value: JSONValue)] = []
        if skip("}") { return .object([]) }
        repeat {
            skipBlanks()
            guard let key = string(), skip(":"), let value = value(depth: depth + 1) else { return nil }
            members.append((key, value))
        } while skip(",")
        return skip("}") ? .object(members) : nil
    }

    private mutating func list(_ depth: Int) -> JSONValue? {
        index += 1
        var elements: [JSONValue] = []
        if skip("]") { return .list([]) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            elements.append(value)
        } while skip(",")
        return skip("]") ? .list(elements) : nil
    }

    private mutating func number() -> JSONValue? {
        let start = index
        while index < bytes.endIndex {
            switch bytes[index] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                index += 1
            default: return start < index ? .number(bytes[start..<index]) : nil
            }
        }
        return start < index ? .number(bytes[start..<index]) : nil
    }

    private mutating func string() -> [UInt8]? {
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") else { return nil }
        index += 1
        var text: [UInt8] = []
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"): guard escape(into: &text) else { return nil }
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(into text: inout [UInt8]) -> Bool {
        guard index < bytes.endIndex else { return false }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            guard var code = unit() else { return false }
            if 0xd800..<0xdc00 ~= code, bytes[index...].starts(with: Array("\\u".utf8)) {
                index += 2
                guard let low = unit(), 0xdc00..<0xe000 ~= low else { return false }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { return false }
            text.append(contentsOf: String(Character(scalar)).utf8)
        default: return false
        }
        return true
    }

    private mutating func unit() -> UInt32? {
        guard bytes.endIndex - index >= 4 else { return nil }
        let digits = String(decoding: bytes[index..<index + 4], as: UTF8.self)
        index += 4
        return digits.allSatisfy(\.isHexDigit) ? UInt32(digits, radix: 16) : nil
    }
}
