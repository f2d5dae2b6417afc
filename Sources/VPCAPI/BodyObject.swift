import Service

/// One object of a request's body, read field by field; errors name the field by its dotted path.
///
/// In a POST a null is the same as nothing. In a merge patch (RFC 7396) it removes, which only the fields that can be unset take.
struct BodyObject: Sendable {
    private let path: String
    private let members: JSONObject
    private let isPatch: Bool

    /// Whether the body edits something that is there.
    var isPatching: Bool { isPatch }

    private init(path: String, members: JSONObject, isPatch: Bool) {
        self.path = path
        self.members = members
        self.isPatch = isPatch
    }

    /// The body of a call.
    init(_ call: Call, isPatch: Bool = false) throws(VPCError) {
        let json: JSON
        do throws(Refusal) {
            json = try call.document()
        } catch {
            throw VPCError(.validationFailure, error.message)
        }
        guard let members = json.members else { throw VPCError(.validationFailure, "The body is not a JSON object.") }
        self.init(path: "", members: members, isPatch: isPatch)
    }

    /// The dotted path of a field.
    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    var keys: [String] { members.keys }

    func has(_ key: String) -> Bool { members[key] != nil }

    /// Whether a patch unsets the field.
    func isUnset(_ key: String) -> Bool { members[key] == .some(.null) }

    private func value(_ key: String) throws(VPCError) -> JSON? {
        guard let value = members[key] else { return nil }
        guard value.isNull else { return value }
        if isPatch { throw wrongType(key, "it cannot be removed") }
        return nil
    }

    private func wrongType(_ key: String, _ words: String) -> VPCError {
        .field(.invalidFieldType, name(key), "\(name(key)): \(words).")
    }

    func missing(_ key: String) -> VPCError {
        .field(.requiredField, name(key), "\(name(key)) is required.")
    }

    func text(_ key: String) throws(VPCError) -> String? {
        guard let value = try value(key) else { return nil }
        guard let text = value.text else { throw wrongType(key, "a string is wanted") }
        return text
    }

    func requiredText(_ key: String) throws(VPCError) -> String {
        guard let text = try text(key) else { throw missing(key) }
        return text
    }

    func flag(_ key: String) throws(VPCError) -> Bool? {
        guard let value = try value(key) else { return nil }
        guard case .bool(let flag) = value else { throw wrongType(key, "true or false is wanted") }
        return flag
    }

    func number(_ key: String, _ range: ClosedRange<Int>) throws(VPCError) -> Int? {
        guard let value = try value(key) else { return nil }
        guard let number = value.number else { throw wrongType(key, "a whole number is wanted") }
        if number < range.lowerBound {
            throw .field(
                .minValue, name(key), "\(name(key)): \(number) is less than \(range.lowerBound).", value: value)
        }
        if number > range.upperBound {
            throw .field(
                .maxValue, name(key), "\(name(key)): \(number) is more than \(range.upperBound).", value: value)
        }
        return number
    }

    func choice(_ key: String, _ words: [String]) throws(VPCError) -> String? {
        guard let text = try text(key) else { return nil }
        guard words.contains(text) else {
            throw .field(
                .enumeration, name(key), "\(name(key)): one of \(words.joined(separator: ", ")) is wanted.",
                value: .string(String(text.prefix(100))))
        }
        return text
    }

    /// A text, or a list of texts.
    func texts(_ key: String) throws(VPCError) -> [String]? {
        guard let value = try value(key) else { return nil }
        if let text = value.text { return [text] }
        guard let items = value.items else { throw wrongType(key, "a list of strings is wanted") }
        var texts: [String] = []
        for item in items {
            guard let text = item.text else { throw wrongType(key, "a list of strings is wanted") }
            texts.append(text)
        }
        return texts
    }

    func object(_ key: String) throws(VPCError) -> BodyObject? {
        guard let value = try value(key) else { return nil }
        guard let members = value.members else { throw wrongType(key, "an object is wanted") }
        return BodyObject(path: name(key), members: members, isPatch: isPatch)
    }

    func requiredObject(_ key: String) throws(VPCError) -> BodyObject {
        guard let object = try object(key) else { throw missing(key) }
        return object
    }

    func objects(_ key: String) throws(VPCError) -> [BodyObject]? {
        guard let value = try value(key) else { return nil }
        guard let items = value.items else { throw wrongType(key, "a list is wanted") }
        var objects: [BodyObject] = []
        for (index, item) in items.enumerated() {
            guard let members = item.members else {
                throw .field(
                    .invalidFieldType, "\(name(key))[\(index)]", "\(name(key))[\(index)]: an object is wanted.")
            }
            objects.append(BodyObject(path: "\(name(key))[\(index)]", members: members, isPatch: isPatch))
        }
        return objects
    }
}
