import HTTPTypes
import Model
import Registry
import Service

/// What clients may send and ask of one attribute of a resource.
struct Attribute: Sendable {
    /// What a POST does with it.
    enum Creation: Sendable {
        case required
        /// Taken, or this value when it is left out.
        case defaults(JSON)
        case refused
    }

    let name: String
    let type: AttributeType
    var creation = Creation.refused
    var isUpdatable = false
    /// The registry's column, where lists can be filtered by it there.
    var column: String?
    var isFilterable = true
    var isSortable = true
}

/// What a value must be, and how it is spelled afterwards.
enum AttributeType: Sendable {
    case text(maximum: Int = 255)
    case optionalText(maximum: Int = 255)
    case flag
    case uuid
    case optionalUUID
    case uuids
    case integer(ClosedRange<Int>)
    case choice([String])
    /// Checked by the resource itself.
    case free

    /// The value in its one spelling.
    func check(_ value: JSON, of name: String) throws(NeutronError) -> JSON {
        switch self {
        case .free: return value
        case .text(let maximum): return try Self.text(value, name, maximum)
        case .optionalText(let maximum): return value.isNull ? .null : try Self.text(value, name, maximum)
        case .flag:
            guard let flag = value.flag else {
                throw NeutronError(
                    .badRequest, "InvalidInput",
                    "Invalid input for operation: '\(Self.show(value))' cannot be converted to boolean.")
            }
            return .bool(flag)
        case .uuid: return try Self.uuid(value, name)
        case .optionalUUID: return value.isNull ? .null : try Self.uuid(value, name)
        case .uuids:
            guard let items = value.items else { throw .invalid(name, "'\(Self.show(value))' is not a list") }
            var seen: Set<JSON> = []
            for item in items {
                let id = try Self.uuid(item, name)
                guard seen.insert(id).inserted else {
                    throw .invalid(name, "Duplicate items in the list: '\(Self.show(item))'")
                }
            }
            return value
        case .integer(let range):
            guard let number = value.number ?? value.text.flatMap({ Int($0) }) else {
                throw .invalid(name, "'\(Self.show(value))' is not an integer")
            }
            guard range.contains(number) else {
                throw .invalid(name, "'\(number)' is not between \(range.lowerBound) and \(range.upperBound)")
            }
            return .int(number)
        case .choice(let words):
            guard let text = value.text, words.contains(text) else {
                throw .invalid(
                    name, "'\(Self.show(value))' is not in [\(words.map { "'\($0)'" }.joined(separator: ", "))]")
            }
            return value
        }
    }

    private static func text(_ value: JSON, _ name: String, _ maximum: Int) throws(NeutronError) -> JSON {
        guard let text = value.text else { throw .invalid(name, "'\(show(value))' is not a valid string") }
        guard text.unicodeScalars.count <= maximum else {
            throw .invalid(name, "'\(text)' exceeds maximum length of \(maximum)")
        }
        return value
    }

    private static func uuid(_ value: JSON, _ name: String) throws(NeutronError) -> JSON {
        guard let text = value.text, Identifier<Never>(text) != nil else {
            throw .invalid(name, "'\(show(value))' is not a valid UUID")
        }
        return .string(text.lowercased())
    }

    /// A value as error texts show it.
    static func show(_ value: JSON) -> String {
        switch value {
        case .string(let text): String(text.prefix(300))
        case .bool(let flag): flag ? "True" : "False"
        case .null: "None"
        default: String(decoding: value.bytes.prefix(300), as: UTF8.self)
        }
    }
}

/// The attributes of one object in a request, checked.
struct Fields: Sendable {
    private(set) var values: [String: JSON]
    /// Names of those that the client sent itself; the others have the values that they get when they are left out.
    let sent: Set<String>

    init(_ values: [String: JSON], sent: Set<String>) {
        self.values = values
        self.sent = sent
    }

    subscript(name: String) -> JSON? { values[name] }

    func text(_ name: String) -> String? { values[name]?.text }
    func flag(_ name: String) -> Bool? { if case .bool(let flag) = values[name] { flag } else { nil } }
    func number(_ name: String) -> Int? { values[name]?.number }
    /// nil when the list was not sent, or was null.
    func texts(_ name: String) -> [String]? { values[name]?.items?.compactMap(\.text) }
}
