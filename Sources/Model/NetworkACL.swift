/// An ordered list of stateless rules that a packet meets where it enters or leaves a subnet.
///
/// The first rule of the packet's direction that matches decides; a packet that none matches is refused. Every packet is
/// asked, replies too; traffic that stays within the subnet is not.
package struct NetworkACL: Hashable, Sendable, Codable {
    package let id: Identifier<NetworkACL>
    package let name: String
    package var rules: [ACLRule]

    package init(id: Identifier<NetworkACL>, name: String, rules: [ACLRule]) {
        self.id = id
        self.name = name
        self.rules = rules
    }

    /// The id of the rule that refuses what no rule of the list matches in this direction.
    package func defaultRefusal(_ direction: Direction) -> Identifier<Rule> {
        Identifier(derivedFrom: "acl-default-refusal", id.description, direction.rawValue)
    }

    package func defaultRefusalText(_ direction: Direction) -> String {
        "default refusal of \(direction.rawValue) in network ACL \(name)"
    }

    /// Whether the list lets every packet through: nothing of it need be in a packet's way.
    package var allowsAll: Bool {
        Direction.allCases.allSatisfy { direction in
            guard let first = rules.first(where: { $0.direction == direction }) else { return false }
            return first.action == .allow && first.matchesAll
        }
    }
}

/// One rule of a network ACL.
package struct ACLRule: Hashable, Sendable, Codable {
    package enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        case allow
        case deny
    }

    /// Stable while the rule's text stands unchanged in its list; never used again afterwards.
    package var id: Identifier<Rule>
    package let name: String
    package let action: Action
    /// `ingress` is into the subnet, `egress` out of it.
    package let direction: Direction
    /// The only family that the rule matches; nil is both, as far as service and addresses allow.
    package let family: AddressFamily?
    /// Protocol and target ports, or ICMP type and code.
    package let service: Service
    /// Source ports, where the service's protocol has ports; nil is all.
    package let sourcePorts: PortRange?
    /// The packet's source; nil is any.
    package let source: IPPrefix?
    /// The packet's target; nil is any.
    package let target: IPPrefix?

    package init(
        id: Identifier<Rule>, name: String = "", action: Action, direction: Direction, family: AddressFamily? = nil,
        service: Service, sourcePorts: PortRange? = nil, source: IPPrefix? = nil, target: IPPrefix? = nil
    ) {
        self.id = id
        self.name = name
        self.action = action
        self.direction = direction
        self.family = family
        self.service = service
        self.sourcePorts = sourcePorts
        self.source = source
        self.target = target
    }

    /// The families of which packets can match: none where the parts contradict each other.
    package var families: [AddressFamily] {
        let wanted = [family, service.family, source?.family, target?.family].compactMap { $0 }
        return AddressFamily.allCases.filter { family in wanted.allSatisfy { $0 == family } }
    }

    /// Whether every packet of its direction matches.
    package var matchesAll: Bool {
        service == .any && sourcePorts == nil && source == nil && target == nil && family == nil
    }

    /// The rule in the policy file's words: `deny ingress tcp/22 from 203.0.113.0/24 to any`; source ports follow the
    /// source (`from any port 1024-65535`), a family that only `family` says comes last.
    package var text: String {
        let ports = sourcePorts.map { " port \($0)" } ?? ""
        let words =
            "\(action.rawValue) \(direction.rawValue) \(service) from \(Self.text(source))\(ports) to \(Self.text(target))"
        guard let family, source == nil, target == nil, service.family == nil else { return words }
        return "\(words) (\(family.name))"
    }

    private static func text(_ prefix: IPPrefix?) -> String {
        prefix.map { $0.isSingleAddress ? $0.base.description : $0.description } ?? "any"
    }
}
