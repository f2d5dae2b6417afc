import Model

/// Why a text is no JSON that is taken: where, and what is wrong with it.
package struct JSONFault: Error, Hashable, CustomStringConvertible {
    /// As `auth.identity.methods[0]`; empty for the document itself.
    package private(set) var path: String
    package let reason: String

    init(_ reason: String) {
        path = ""
        self.reason = reason
    }

    package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }

    /// The same, seen from the object or list that it lies in; long paths lose their middle.
    fileprivate func within(_ step: String) -> JSONFault {
        var fault = self
        let joint = path.isEmpty || path.hasPrefix("[") ? "" : "."
        if path.utf8.count < 256 { fault.path = "\(step)\(joint)\(path)" }
        return fault
    }
}

/// Reads JSON (RFC 8259) in a time that its length alone decides.
///
/// What a database, a log or a shell could not give back as it was sent is refused: NUL characters, halves of surrogate
/// pairs, two members of one name.
struct JSONReader {
    /// How much of it is taken.
    struct Limits: Sendable {
        let values: Int
        let members: Int
        let depth: Int

        /// Of callers.
        static let callers = Limits(
            values: Limit.valuesInBody.bound, members: Limit.membersOfObject.bound, depth: Limit.depthOfBody.bound)
        /// Of what this server has written itself.
        static let own = Limits(values: .max, members: .max, depth: 64)
    }

    private let bytes: [UInt8]
    private let limits: Limits
    private var place = 0
    private var values = 0

    static func read(_ bytes: [UInt8], _ limits: Limits) throws(JSONFault) -> JSON {
        var reader = JSONReader(bytes: bytes, limits: limits)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.place == bytes.count else {
            throw JSONFault("something follows the end of the JSON at byte \(reader.place)")
        }
        return value
    }

    private init(bytes: [UInt8], limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x09, 0x0a, 0x0d: place += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONFault) -> JSON {
        skipSpace()
        values += 1
        guard values <= limits.values else { throw JSONFault("more than \(limits.values) values") }
        guard let byte = next else { throw JSONFault("the JSON ends too early") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try list(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONFault) -> JSON {
        let wanted = "\(word)".utf8
        guard bytes[place...].starts(with: wanted) else { throw unexpected() }
        place += wanted.count
        return value
    }

    private func unexpected() -> JSONFault {
        guard let byte = next else { return JSONFault("the JSON ends too early") }
        let shown = (0x21...0x7e).contains(byte) ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte \(byte)"
        return JSONFault("\(shown) is no JSON, at byte \(place)")
    }

    private func checkDepth(_ depth: Int) throws(JSONFault) {
        guard depth <= limits.depth else {
            throw JSONFault("more than \(limits.depth) lists and objects within each other")
        }
    }

    private mutating func list(depth: Int) throws(JSONFault) -> [JSON] {
        try checkDepth(depth)
        place += 1
        var items: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            place += 1
            return items
        }
        while true {
            do {
                items.append(try value(depth: depth))
            } catch {
                throw error.within("[\(items.count)]")
            }
            skipSpace()
            switch next {
            case UInt8(ascii: ","): place += 1
            case UInt8(ascii: "]"):
                place += 1
                return items
            default: throw unexpected()
            }
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) -> JSONObject {
        try checkDepth(depth)
        place += 1
        var members: [(String, JSON)] = []
        var names: Set<String> = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            place += 1
            return JSONObject()
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw unexpected() }
            let name: String
            do {
                name = try text()
            } catch {
                throw JSONFault("a member's name: \(error.reason)")
            }
            guard names.insert(name).inserted else { throw JSONFault("it stands twice").within(Self.step(name)) }
            guard names.count <= limits.members else { throw JSONFault("more than \(limits.members) members") }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw unexpected() }
            place += 1
            do {
                members.append((name, try value(depth: depth)))
            } catch {
                throw error.within(Self.step(name))
            }
            skipSpace()
            switch next {
            case UInt8(ascii: ","): place += 1
            case UInt8(ascii: "}"):
                place += 1
                return JSONObject(members)
            default: throw unexpected()
            }
        }
    }

    private static func step(_ name: String) -> String { name.utf8.count <= 64 ? name : name.prefix(20) + "…" }

    // MARK: Texts

    private mutating func text() throws(JSONFault) -> String {
        place += 1
        let begin = place
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes[begin..<place], as: UTF8.self) else {
                    throw JSONFault("it is not UTF-8")
                }
                place += 1
                return text
            case UInt8(ascii: "\\"): return try escapedText(from: begin)
            case 0..<0x20: throw JSONFault("a control character (\(byte)) stands in it as it is")
            default: place += 1
            }
        }
        throw JSONFault("the JSON ends too early")
    }

    private mutating func escapedText(from begin: Int) throws(JSONFault) -> String {
        var content = Array(bytes[begin..<place])
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw JSONFault("it is not UTF-8") }
                place += 1
                return text
            case UInt8(ascii: "\\"):
                place += 1
                try escape(into: &content)
            case 0..<0x20: throw JSONFault("a control character (\(byte)) stands in it as it is")
            default:
                content.append(byte)
                place += 1
            }
        }
        throw JSONFault("the JSON ends too early")
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONFault) {
        guard let byte = next else { throw JSONFault("the JSON ends too early") }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0c)
        case UInt8(ascii: "n"): content.append(0x0a)
        case UInt8(ascii: "r"): content.append(0x0d)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content += UTF8.encode(try scalar()).map { Array($0) } ?? []
        default: throw JSONFault("an escape that JSON does not have")
        }
    }

    /// What `\u` and four digits mean, or two of them that belong together.
    private mutating func scalar() throws(JSONFault) -> Unicode.Scalar {
        let unit = try unit()
        guard unit != 0 else { throw JSONFault("it has a NUL character (\\u0000); leave it out") }
        if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
        guard unit < 0xdc00, next == UInt8(ascii: "\\"), place + 1 < bytes.count,
            bytes[place + 1] == UInt8(ascii: "u")
        else { throw Self.halfPair }
        place += 2
        let low = try self.unit()
        guard (0xdc00...0xdfff).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + UInt32(low) - 0xdc00)
        else { throw Self.halfPair }
        return scalar
    }

    private static let halfPair = JSONFault("it has half of a surrogate pair (\\ud800 to \\udfff); leave it out")

    private mutating func unit() throws(JSONFault) -> UInt16 {
        guard place + 4 <= bytes.count else { throw JSONFault("the JSON ends too early") }
        var unit: UInt16 = 0
        for byte in bytes[place..<place + 4] {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: throw JSONFault("\\u is not followed by four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
        }
        place += 4
        return unit
    }

    // MARK: Numbers

    private mutating func number() throws(JSONFault) -> JSON {
        let begin = place
        if next == UInt8(ascii: "-") { place += 1 }
        guard let first = next, (0x30...0x39).contains(first) else { throw unexpected() }
        place += 1
        if first != 0x30 { skipDigits() }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            place += 1
            try wantDigits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            place += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
            try wantDigits()
        }
        guard place - begin <= Limit.digitsOfNumber.bound else {
            throw JSONFault("a number of more than \(Limit.digitsOfNumber.bound) characters")
        }
        if isWhole, let small = small(begin) { return .int(small) }
        let text = String(decoding: bytes[begin..<place], as: UTF8.self)
        if isWhole, let number = Int(text) { return .int(number) }
        guard let number = Double(text), number.isFinite else { throw JSONFault("the number \(text) is too large") }
        // 1.0 is what 1 is.
        return Int(exactly: number).map { .int($0) } ?? .double(number)
    }

    /// A whole number of up to 18 digits, which needs no text.
    private func small(_ begin: Int) -> Int? {
        let isNegative = bytes[begin] == UInt8(ascii: "-")
        let digits = bytes[(isNegative ? begin + 1 : begin)..<place]
        guard digits.count <= 18 else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return isNegative ? -number : number
    }

    private mutating func skipDigits() {
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
    }

    private mutating func wantDigits() throws(JSONFault) {
        guard let byte = next, (0x30...0x39).contains(byte) else { throw unexpected() }
        skipDigits()
    }
}
