/// A named union of allow rules, attached to interfaces.
///
/// The groups of one interface are all stateful or all stateless.
package struct SecurityGroup: Hashable, Sendable, Codable {
    private enum CodingKeys: CodingKey {
        case id, name, rules, membersElsewhere, isPredefined, isStateful, mode
    }

    package let id: Identifier<SecurityGroup>
    package var name: String
    package var rules: [Rule]
    /// Addresses of interfaces on other hosts that carry the group: they count where a rule names it as a peer.
    package var membersElsewhere: [IPAddress]
    /// Whether the group is one of the ready-made ones, which nobody edits.
    package let isPredefined: Bool
    /// Whether a session that a rule admits goes on by itself; of a stateless group a rule must admit each packet, either way.
    package let isStateful: Bool
    /// Whether refusals at interfaces that carry it are notes; nil enforces them.
    package var mode: JudgingMode?

    package init(
        id: Identifier<SecurityGroup>, name: String, rules: [Rule], membersElsewhere: [IPAddress] = [],
        isPredefined: Bool = false, isStateful: Bool = true, mode: JudgingMode? = nil
    ) {
        self.id = id
        self.name = name
        self.rules = rules
        self.membersElsewhere = membersElsewhere
        self.isPredefined = isPredefined
        self.isStateful = isStateful
        self.mode = mode
    }

    /// The id of the rule that refuses what no rule of the group admits in this direction.
    package func defaultRefusal(_ direction: Direction) -> Identifier<Rule> {
        Identifier(derivedFrom: "default-refusal", id.description, direction.rawValue)
    }
}

extension SecurityGroup {
    /// Reads also what was written before groups reached over hosts, and before any was stateless.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(Identifier<SecurityGroup>.self, forKey: .id),
            name: try container.decode(String.self, forKey: .name),
            rules: try container.decode([Rule].self, forKey: .rules),
            membersElsewhere: try container.decodeIfPresent([IPAddress].self, forKey: .membersElsewhere) ?? [],
            isPredefined: try container.decode(Bool.self, forKey: .isPredefined),
            isStateful: try container.decodeIfPresent(Bool.self, forKey: .isStateful) ?? true,
            mode: try container.decodeIfPresent(JudgingMode.self, forKey: .mode))
    }

    /// Says only of a stateless group what kind it is, so that policies without one are written as they always were.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(rules, forKey: .rules)
        try container.encode(membersElsewhere, forKey: .membersElsewhere)
        try container.encode(isPredefined, forKey: .isPredefined)
        if !isStateful { try container.encode(isStateful, forKey: .isStateful) }
        try container.encodeIfPresent(mode, forKey: .mode)
    }
}
