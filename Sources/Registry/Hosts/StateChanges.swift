/// What objects of a kind were before a span of revisions, and what they are after it.
struct StateChanges<State: Decodable> {
    struct Change {
        let before: State?
        var after: State?
    }

    private(set) var byID: [String: Change] = [:]

    /// Notes a state that an object has in the span, and the one from before the span; nil is none.
    ///
    /// - Returns: those that there are.
    @discardableResult mutating func add(_ id: String, before: String?, after: String?) throws -> [State] {
        let states = try [before, after].map { try $0.map { try AmendableSpan.decode(State.self, $0) } }
        byID[id, default: Change(before: states[0])].after = states[1]
        return states.compactMap { $0 }
    }
}
