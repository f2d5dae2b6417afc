import GRDB
import Model

/// One allow rule of a group.
///
/// Neutron's rules come and go; the VPC API edits them. Each edit of what a rule does begins a new edition, which hosts and
/// records know under an id of its own.
package struct StoredRule: StoredObject {
    package static let kind = Kind.rule

    package let id: String
    package let projectID: String
    package let groupID: String
    package var direction: String
    /// `IPv4` or `IPv6`.
    package var etherType: String
    /// As its author spelled it, in lower case; nil is every protocol.
    package let protocolText: String?
    /// First port, or the ICMP type.
    package var portMin: Int?
    /// Last port, or the ICMP code.
    package var portMax: Int?
    /// As its author spelled it, host bits included.
    package var remotePrefix: String?
    package var remoteGroupID: String?
    package var description: String
    /// Equal for rules that do the same: one group holds one of each.
    package var identity: String
    /// The rule's name on the VPC API; nil where nobody has given one.
    package var label: String?
    /// The near end's addresses; nil is all that the interface has.
    package var localPrefix: String?
    /// Counts the edits of what the rule does; nil is 0.
    package var edition: Int?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package var name: String { label ?? "" }

    /// The id that hosts and records know the present edition by.
    package var recordID: String { editionID(id, edition) }

    package init(
        id: String, projectID: String, groupID: String, direction: String, etherType: String, protocolText: String?,
        portMin: Int?, portMax: Int?, remotePrefix: String?, remoteGroupID: String?, description: String,
        identity: String, label: String? = nil, localPrefix: String? = nil
    ) {
        self.id = id
        self.projectID = projectID
        self.groupID = groupID
        self.direction = direction
        self.etherType = etherType
        self.protocolText = protocolText
        self.portMin = portMin
        self.portMax = portMax
        self.remotePrefix = remotePrefix
        self.remoteGroupID = remoteGroupID
        self.description = description
        self.identity = identity
        self.label = label
        self.localPrefix = localPrefix
    }
}

/// An id that names one edition of a rule: the rule's own at first, a derived one after each edit of what it does.
func editionID(_ id: String, _ edition: Int?) -> String {
    guard let edition, edition > 0 else { return id }
    return Identifier<Rule>(derivedFrom: "rule-edition", id, "\(edition)").description
}
