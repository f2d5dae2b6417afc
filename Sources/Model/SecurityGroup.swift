/// A named union of allow rules, attached to interfaces.
package struct SecurityGroup: Hashable, Sendable, Codable {
    package let id: Identifier<SecurityGroup>
    package let name: String
    package var rules: [Rule]
    /// Addresses of interfaces on other hosts that carry the group: they count where a rule names it as a peer.
    package var membersElsewhere: [IPAddress]
    /// Whether the group is one of the ready-made ones, which nobody edits.
    package let isPredefined: Bool

    package init(
        id: Identifier<SecurityGroup>, name: String, rules: [Rule], membersElsewhere: [IPAddress] = [],
        isPredefined: Bool = false
    ) {
        self.id = id
        self.name = name
        self.rules = rules
        self.membersElsewhere = membersElsewhere
        self.isPredefined = isPredefined
    }

    /// The id of the rule that refuses what no rule of the group admits in this direction.
    package func defaultRefusal(_ direction: Direction) -> Identifier<Rule> {
        Identifier(derivedFrom: "default-refusal", id.description, direction.rawValue)
    }
}

extension SecurityGroup {
    /// Reads also what was written before groups reached over hosts.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(Identifier<SecurityGroup>.self, forKey: .id),
            name: try container.decode(String.self, forKey: .name),
            rules: try container.decode([Rule].self, forKey: .rules),
            membersElsewhere: try container.decodeIfPresent([IPAddress].self, forKey: .membersElsewhere) ?? [],
            isPredefined: try container.decode(Bool.self, forKey: .isPredefined))
    }
}
