/// A named union of allow rules, attached to interfaces.
package struct SecurityGroup: Hashable, Sendable, Codable {
    package let id: Identifier<SecurityGroup>
    package let name: String
    package var rules: [Rule]
    /// Whether the group is one of the ready-made ones, which nobody edits.
    package let isPredefined: Bool

    package init(id: Identifier<SecurityGroup>, name: String, rules: [Rule], isPredefined: Bool = false) {
        self.id = id
        self.name = name
        self.rules = rules
        self.isPredefined = isPredefined
    }

    /// The id of the rule that refuses what no rule of the group admits in this direction.
    package func defaultRefusal(_ direction: Direction) -> Identifier<Rule> {
        Identifier(derivedFrom: "default-refusal", id.description, direction.rawValue)
    }
}
