import HTTPTypes
import Model
import Service

/// The parameters of an action, or of an object within them, read as what they must be.
struct Parameters: Sendable {
    private let members: JSONObject
    /// Where they stand, for refusals: `Data.0.`; empty for the action's own.
    private let place: String
    /// Whether they came in a query, where everything is text.
    private let isText: Bool

    private init(_ members: JSONObject, place: String, isText: Bool) {
        self.members = members
        self.place = place
        self.isText = isText
    }

    /// Reads a call's body, or its query.
    init(_ call: Call) throws(FirewallError) {
        if call.method == .get {
            self.init(try Self.nested(call.query), place: "", isText: true)
            return
        }
        let body: JSON
        do {
            body = call.body.isEmpty ? .object(JSONObject()) : try call.document()
        } catch {
            throw FirewallError(.invalid, error.message)
        }
        guard let members = body.members else { throw FirewallError(.invalid, "The body is no JSON object.") }
        self.init(members, place: "", isText: false)
    }

    /// `Filters.0.Values.1=a` as the objects and lists that it means.
    private static func nested(_ query: [(key: String, value: String)]) throws(FirewallError) -> JSONObject {
        indirect enum Node {
            case text(String)
            case parts([(String, Node)])

            mutating func set(_ path: ArraySlice<Substring>, _ value: String) -> Bool {
                guard let first = path.first else { return false }
                guard case .parts(var parts) = self else { return false }
                let place = parts.firstIndex { $0.0 == first }
                var isSet = true
                if path.count == 1 {
                    isSet = place == nil
                    parts.append((String(first), .text(value)))
                } else if let place {
                    isSet = parts[place].1.set(path.dropFirst(), value)
                } else {
                    var node = Node.parts([])
                    isSet = node.set(path.dropFirst(), value)
                    parts.append((String(first), node))
                }
                self = .parts(parts)
                return isSet
            }

            var json: JSON {
                switch self {
                case .text(let text): return .string(text)
                case .parts(let parts):
                    let places = parts.map { Int($0.0) }
                    guard !parts.isEmpty, places.allSatisfy({ $0 != nil }) else {
                        return .object(JSONObject(parts.map { ($0.0, $0.1.json) }))
                    }
                    let ordered = zip(places, parts).sorted { ($0.0 ?? 0) < ($1.0 ?? 0) }
                    return .array(ordered.map { $0.1.1.json })
                }
            }
        }
        var root = Node.parts([])
        for (key, value) in query {
            let path = key.split(separator: ".", omittingEmptySubsequences: false)
            guard path.count <= Limit.depthOfBody.bound, root.set(path[...], value) else {
                throw FirewallError(
                    .invalid, "\(Limit.textOfEntry.cut(key)): it stands twice, or is a value and an object.")
            }
        }
        return root.json.members ?? JSONObject()
    }

    /// Refuses what the action does not know, and the lack of what it must have.
    func check(required: [String], optional: [String]) throws(FirewallError) {
        for key in members.keys where !required.contains(key) && !optional.contains(key) {
            let mend = Suggestion.nearest(to: key, among: required + optional)
            throw FirewallError(
                .unknown,
                "There is no parameter \(place)\(Limit.textOfEntry.cut(key))"
                    + (mend.map { "; did you mean \($0)?" } ?? "."))
        }
        for key in required where value(key) == nil {
            throw FirewallError(.missing, "The parameter \(place)\(key) is missing.")
        }
    }

    /// The value of a key; nil where there is none, or null.
    private func value(_ key: String) -> JSON? { members[key].flatMap { $0.isNull ? nil : $0 } }

    func has(_ key: String) -> Bool { value(key) != nil }

    private func wrong(_ key: String, _ wanted: String) -> FirewallError {
        FirewallError(.invalid, "\(place)\(key): \(wanted) is wanted.")
    }

    /// A refusal of a value of the right type: names it, the value, and what is wanted.
    func refusal(_ key: String, _ value: String, _ wanted: String) -> FirewallError {
        FirewallError(.valueInvalid, "\(place)\(key): \"\(Limit.textOfEntry.cut(value))\" is not \(wanted).")
    }

    func name(_ key: String) -> String { place + key }

    func text(_ key: String) throws(FirewallError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.text else { throw wrong(key, "a text") }
        return text
    }

    func number(_ key: String) throws(FirewallError) -> Int? {
        guard let value = value(key) else { return nil }
        if let number = value.number { return number }
        guard isText, let number = value.text.flatMap({ Int($0) }) else { throw wrong(key, "a whole number") }
        return number
    }

    /// A number within a range.
    func number(_ key: String, _ range: ClosedRange<Int>) throws(FirewallError) -> Int? {
        guard let number = try number(key) else { return nil }
        guard range.contains(number) else {
            throw refusal(key, "\(number)", "from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func truth(_ key: String) throws(FirewallError) -> Bool? {
        guard let value = value(key) else { return nil }
        if case .bool(let truth) = value { return truth }
        guard isText, let text = value.text?.lowercased(), text == "true" || text == "false" else {
            throw wrong(key, "true or false")
        }
        return text == "true"
    }

    func texts(_ key: String) throws(FirewallError) -> [String]? {
        guard let value = value(key) else { return nil }
        guard let items = value.items else { throw wrong(key, "a list of texts") }
        var texts: [String] = []
        for item in items {
            guard let text = item.text else { throw wrong(key, "a list of texts") }
            texts.append(text)
        }
        return texts
    }

    func object(_ key: String) throws(FirewallError) -> Parameters? {
        guard let value = value(key) else { return nil }
        guard let members = value.members else { throw wrong(key, "an object") }
        return Parameters(members, place: "\(place)\(key).", isText: isText)
    }

    /// The objects of a list.
    func objects(_ key: String) throws(FirewallError) -> [Parameters]? {
        guard let value = value(key) else { return nil }
        guard let items = value.items else { throw wrong(key, "a list of objects") }
        var objects: [Parameters] = []
        for (index, item) in items.enumerated() {
            guard let members = item.members else { throw wrong("\(key).\(index)", "an object") }
            objects.append(Parameters(members, place: "\(place)\(key).\(index).", isText: isText))
        }
        return objects
    }
}
