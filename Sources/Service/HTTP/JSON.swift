import Model

/// A JSON value; objects keep the order of their members.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    package var isNull: Bool { self == .null }

    package var text: String? { if case .string(let text) = self { text } else { nil } }
    package var items: [JSON]? { if case .array(let items) = self { items } else { nil } }
    package var members: JSONObject? { if case .object(let members) = self { members } else { nil } }
    package var number: Int? { if case .int(let number) = self { number } else { nil } }

    /// Booleans as the clients of the APIs spell them; nil for anything else.
    package var flag: Bool? {
        switch self {
        case .bool(let flag): flag
        case .int(0): false
        case .int(1): true
        case .string(let text):
            switch text.lowercased() {
            case "t", "true", "on", "y", "yes", "1": true
            case "f", "false", "off", "n", "no", "0": false
            default: nil
            }
        case .null, .int, .double, .array, .object: nil
        }
    }

    package subscript(key: String) -> JSON? { members?[key] }

    /// Reads a document of this server's own; nil when the bytes are none. What callers send is read by `Call.document`.
    package init?(parsing bytes: [UInt8]) {
        guard let value = try? JSONReader.read(bytes, .own) else { return nil }
        self = value
    }

    package static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .object(JSONObject(members.map { ($0.key, $0.value) }))
    }

    package static func strings(_ values: some Sequence<String>) -> JSON { .array(values.map { .string($0) }) }

    package static func optional(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    package static func optional(_ value: Int?) -> JSON { value.map { .int($0) } ?? .null }
}

/// The members of a JSON object, in their order.
package struct JSONObject: Hashable, Sendable {
    private struct Member: Hashable, Sendable {
        let key: String
        var value: JSON
    }

    private var list: [Member]

    package init(_ members: [(String, JSON)] = []) { list = members.map { Member(key: $0.0, value: $0.1) } }

    package var keys: [String] { list.map(\.key) }
    package var pairs: [(key: String, value: JSON)] { list.map { ($0.key, $0.value) } }

    package subscript(key: String) -> JSON? {
        get { list.first { $0.key == key }?.value }
        set {
            let place = list.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (.some(let place), .some(let value)): list[place].value = value
            case (.some(let place), .none): list.remove(at: place)
            case (.none, .some(let value)): list.append(Member(key: key, value: value))
            case (.none, .none): break
            }
        }
    }
}

extension JSON {
    /// The value as UTF-8 text without spaces.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .int(let number): bytes.append(contentsOf: String(number).utf8)
        case .double(let number): bytes.append(contentsOf: (number.isFinite ? String(number) : "null").utf8)
        case .string(let text): Self.write(text, to: &bytes)
        case .array(let items):
            bytes.append(UInt8(ascii: "["))
            for (place, item) in items.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                item.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (place, member) in members.pairs.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: ("\\u" + hexadecimal(UInt16(byte))).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSON: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self = .string(text) }
}
