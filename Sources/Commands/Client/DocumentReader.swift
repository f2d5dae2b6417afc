import Model
import Records
import Server
import Service

/// Reads the members of a document of the native interface; one that is missing means another version.
struct DocumentReader {
    private let json: JSON

    init(_ json: JSON) { self.json = json }

    func text(_ key: String) throws -> String {
        guard let text = json[key]?.text else { throw NotFound.otherServer }
        return text
    }

    func number(_ key: String) throws -> Int {
        guard let number = json[key]?.number else { throw NotFound.otherServer }
        return number
    }

    func instant(_ key: String) throws -> Timestamp {
        guard let instant = try optionalInstant(key) else { throw NotFound.otherServer }
        return instant
    }

    /// nil where the document has none.
    func optionalInstant(_ key: String) throws -> Timestamp? {
        guard let text = json[key]?.text else { return nil }
        guard let instant = TimeText.instant(text) else { throw NotFound.otherServer }
        return instant
    }

    func object(_ key: String) throws -> DocumentReader {
        guard let object = json[key], object.members != nil else { throw NotFound.otherServer }
        return DocumentReader(object)
    }

    /// An object's state as text, its members by name; nil where there was none.
    func state(_ key: String) -> String? {
        guard let state = json[key], !state.isNull else { return nil }
        return state.text ?? String(decoding: state.sorted.bytes, as: UTF8.self)
    }
}

extension JSON {
    /// The same with the members of objects in the order of their names: who parses a document knows no other.
    fileprivate var sorted: JSON {
        switch self {
        case .object(let members):
            .object(JSONObject(members.pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted) }))
        case .array(let items): .array(items.map(\.sorted))
        default: self
        }
    }
}
