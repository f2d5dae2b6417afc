/// One rule of the enterprise policy: an ordered list over whole VPCs that is asked before the groups of an interface.
///
/// It only narrows. `allow` ends the list, and the groups still decide; `observe` notes and goes on.
package struct EnterpriseRule: Hashable, Sendable, Codable {
    package enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        /// The session is refused.
        case block
        /// No further rule of the list is asked; the groups decide.
        case allow
        /// The session is noted, and the next rule is asked.
        case observe
    }

    /// Stable while name and text stand unchanged; never used again afterwards.
    package var id: Identifier<Rule>
    /// Unique in the policy.
    package let name: String
    package var action: Action
    /// At which end of a session it is asked: `ingress` at its target, `egress` at its initiator.
    package let direction: Direction
    package let source: EnterpriseEnd
    package let target: EnterpriseEnd
    /// At least one; a session of any of them matches.
    package let services: [Service]
    /// The interfaces at which it is asked; nil is all.
    package let scope: EnterpriseScope?
    package let isEnabled: Bool
    /// Whether a block tells its sessions as events. It counts and records them all the same.
    package let isLogged: Bool
    /// When it is in force; nil is always.
    package let schedule: Schedule?
    /// From when on it is in force no more.
    package let expires: Timestamp?
    package let owner: String?
    package let ticket: String?
    package let note: String?

    package init(
        id: Identifier<Rule>, name: String, action: Action, direction: Direction, source: EnterpriseEnd = .any,
        target: EnterpriseEnd = .any, services: [Service] = [.any], scope: EnterpriseScope? = nil,
        isEnabled: Bool = true, isLogged: Bool = true, schedule: Schedule? = nil, expires: Timestamp? = nil,
        owner: String? = nil, ticket: String? = nil, note: String? = nil
    ) {
        self.id = id
        self.name = name
        self.action = action
        self.direction = direction
        self.source = source
        self.target = target
        self.services = services
        self.scope = scope
        self.isEnabled = isEnabled
        self.isLogged = isLogged
        self.schedule = schedule
        self.expires = expires
        self.owner = owner
        self.ticket = ticket
        self.note = note
    }

    /// Whether two rules do the same, whatever else is said of them.
    package func doesSame(as other: EnterpriseRule) -> Bool {
        action == other.action && direction == other.direction && services == other.services && source == other.source
            && target == other.target && scope == other.scope
    }

    /// What it does, in the policy file's words, long lists cut short: `block ingress tcp/23 from any to vpc:shop`.
    package var text: String {
        let services = services.count == 1 ? services[0].description : "[\(EnterpriseEnd.list(services))]"
        return "\(action.rawValue) \(direction.rawValue) \(services) from \(source) to \(target)"
            + (scope.map { " at \($0)" } ?? "")
    }

    /// Whether it is in force at an instant.
    package func isInForce(at instant: Timestamp) -> Bool {
        isEnabled && (expires.map { instant < $0 } ?? true) && (schedule?.holds(at: instant) ?? true)
    }

    /// The families of which sessions can match, as far as its services say.
    package var families: [AddressFamily] {
        AddressFamily.allCases.filter { family in
            services.contains { $0.family.map { $0 == family } ?? true }
        }
    }
}

/// Whom an enterprise rule means at one end of a session.
package enum EnterpriseEnd: Hashable, Sendable, Codable {
    case any
    /// What is of at least one of them.
    case anyOf([EnterpriseElement])
    /// What is of none of them.
    case noneOf([EnterpriseElement])

    /// What it names.
    package var elements: [EnterpriseElement] {
        switch self {
        case .any: []
        case .anyOf(let elements), .noneOf(let elements): elements
        }
    }

    /// Events and records bear it: so many elements are named, then how many more there are.
    private static let named = 8

    package static func list(_ values: [some CustomStringConvertible]) -> String {
        let words = values.prefix(named).map(\.description).joined(separator: ", ")
        return values.count > named ? "\(words) and \(values.count - named) more" : words
    }
}

extension EnterpriseEnd: CustomStringConvertible {
    package var description: String {
        switch self {
        case .any: "any"
        case .anyOf(let elements): elements.count == 1 ? elements[0].description : "[\(Self.list(elements))]"
        case .noneOf(let elements): "not [\(Self.list(elements))]"
        }
    }
}

/// Addresses by themselves, or those of a part of the policy.
package enum EnterpriseElement: Hashable, Sendable, Codable {
    case prefix(IPPrefix)
    /// The blocks of a VPC, and what its interfaces have.
    case vpc(String)
    /// The blocks of a subnet, and what its interfaces have.
    case subnet(vpc: String, name: String)
    /// What the interfaces have that carry a group.
    case group(vpc: String, name: String)
    /// What an instance's interfaces have.
    case instance(vpc: String, name: String)
}

extension EnterpriseElement: CustomStringConvertible {
    package var description: String {
        switch self {
        case .prefix(let prefix): prefix.isSingleAddress ? prefix.base.description : prefix.description
        case .vpc(let name): "vpc:\(name)"
        case .subnet(let vpc, let name): "subnet:\(vpc)/\(name)"
        case .group(let vpc, let name): "group:\(vpc)/\(name)"
        case .instance(let vpc, let name): "instance:\(vpc)/\(name)"
        }
    }
}

/// The interfaces at which a rule is asked: those of one of these projects, and in one of these VPCs; an empty list is all.
package struct EnterpriseScope: Hashable, Sendable, Codable, CustomStringConvertible {
    package let projects: [String]
    package let vpcs: [String]

    package init(projects: [String] = [], vpcs: [String] = []) {
        self.projects = projects
        self.vpcs = vpcs
    }

    package var description: String {
        let words = projects.map { "project:\($0)" } + vpcs.map { "vpc:\($0)" }
        return words.count == 1 ? words[0] : "[\(words.joined(separator: ", "))]"
    }
}

/// How an interface is judged; without a word of it, what no rule admits is refused.
package enum JudgingMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// What its groups or the enterprise policy would refuse passes, and is noted as what would be refused, and by which rule.
    case observe
}
