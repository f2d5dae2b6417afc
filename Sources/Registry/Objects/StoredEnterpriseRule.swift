package import GRDB
package import Model

/// One rule of a project's enterprise policy.
package struct StoredEnterpriseRule: StoredObject {
    package static let kind = Kind.enterpriseRule

    /// Whom it means at one end of a session.
    package struct End: Codable, Hashable, Sendable {
        package enum Form: String, Codable, Hashable, Sendable, CaseIterable {
            /// An address or a block.
            case network
            /// The id of a VPC, a subnet, an instance or an interface; `asset` says which.
            case asset
            /// The id of a list of addresses.
            case template
            /// The id of a security group: the interfaces that carry it.
            case group
            /// `KEY=VALUE`: what bears that tag.
            case tag
            /// A region's name: all VPCs of the project, for there is one region.
            case region
        }

        package var form: Form
        package var content: String
        package var asset: Kind?

        package init(_ form: Form, _ content: String, asset: Kind? = nil) {
            self.form = form
            self.content = content
            self.asset = asset
        }
    }

    /// At which ends of a session it is asked.
    package enum Sides: Hashable, Sendable {
        case both, source, target

        package var directions: [Direction] {
            switch self {
            case .both: [.egress, .ingress]
            case .source: [.egress]
            case .target: [.ingress]
            }
        }
    }

    /// What its author says of it.
    package struct Draft: Hashable, Sendable {
        package var source: End
        package var target: End
        package var action: EnterpriseRule.Action
        /// `any`, `tcp`, `udp` or `icmp`.
        package var transport: String
        /// Single ports and ranges, `80` and `8000/9000`, with commas; empty is all.
        package var ports: String
        package var description: String
        package var isEnabled: Bool

        package init(
            source: End, target: End, action: EnterpriseRule.Action, transport: String, ports: String,
            description: String,
            isEnabled: Bool = true
        ) {
            self.source = source
            self.target = target
            self.action = action
            self.transport = transport
            self.ports = ports
            self.description = description
            self.isEnabled = isEnabled
        }
    }

    package let id: String
    package let projectID: String
    /// What people call it by: never used again, also when the rule is gone.
    package let number: Int64
    /// Rules are asked in the order of their places, which have holes.
    package var place: Int64
    package var source: End
    package var target: End
    package var action: EnterpriseRule.Action
    package var transport: String
    package var ports: String
    package var description: String
    package var isEnabled: Bool
    /// Counts the edits of what the rule does; nil is 0.
    package var edition: Int?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package var name: String { "\(number)" }

    init(id: String, projectID: String, number: Int64, place: Int64, _ draft: Draft) {
        (self.id, self.projectID, self.number, self.place) = (id, projectID, number, place)
        (source, target, action, transport) = (draft.source, draft.target, draft.action, draft.transport)
        (ports, description, isEnabled) = (draft.ports, draft.description, draft.isEnabled)
    }

    /// A rule of nobody: what shows which fields rules have.
    package init(blank draft: Draft) { self.init(id: "", projectID: "", number: 0, place: 0, draft) }

    package var draft: Draft {
        Draft(
            source: source, target: target, action: action, transport: transport, ports: ports,
            description: description,
            isEnabled: isEnabled)
    }

    /// Takes what its author says of it; it does something else from then on where that is so.
    mutating func take(_ draft: Draft) {
        let former = self.draft
        (source, target, action, transport) = (draft.source, draft.target, draft.action, draft.transport)
        (ports, description, isEnabled) = (draft.ports, draft.description, draft.isEnabled)
        var present = self.draft
        present.isEnabled = former.isEnabled
        if present != former { edition = (edition ?? 0) + 1 }
    }

    /// Both, or the one that the end of its description names.
    package var sides: Sides {
        if description.hasSuffix("#Apply to Destination Only") { return .target }
        return description.hasSuffix("#Apply to Source Only") ? .source : .both
    }

    /// The id that hosts and records know the present edition by, at one end of sessions.
    package func recordID(_ direction: Direction) -> Identifier<Rule> {
        Identifier(derivedFrom: "enterprise-rule", id, "\(edition ?? 0)", direction.rawValue)
    }

    /// The rule's name at hosts: events bear it.
    package func hostName(_ direction: Direction) -> String {
        sides == .both ? "\(number)/\(direction.rawValue)" : name
    }

    /// The number of a rule by the name that hosts have for it; nil where it is no rule of a control plane.
    package static func number(ofHostName name: String) -> Int64? {
        name.split(separator: "/", maxSplits: 1).first.flatMap { Int64($0) }
    }

    /// A project's rules in the order in which they are asked.
    package static func all(of projectID: String, in database: Database) throws -> [StoredEnterpriseRule] {
        try fetchAll(
            database.cachedStatement(sql: "SELECT * FROM enterprise_rule WHERE projectID = ? ORDER BY place, number"),
            arguments: [projectID])
    }
}
