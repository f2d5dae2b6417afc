import GRDB
import Model

/// A network ACL: an ordered list of stateless rules at the edge of the subnets that have it.
package struct StoredACL: StoredObject {
    package static let kind = Kind.acl

    package let id: String
    package let projectID: String
    package let vpcID: String
    package var name: String
    /// Ids of the rules in their order: a move is one write of this list.
    package var rules: [String]
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(id: String, projectID: String, vpcID: String, name: String, rules: [String] = []) {
        self.id = id
        self.projectID = projectID
        self.vpcID = vpcID
        self.name = name
        self.rules = rules
    }
}

/// One rule of a network ACL.
package struct StoredACLRule: StoredObject {
    package static let kind = Kind.aclRule

    package let id: String
    package let projectID: String
    package let aclID: String
    package var name: String
    /// `allow` or `deny`.
    package var action: String
    /// `ingress` is into the subnet, `egress` out of it.
    package var direction: String
    /// `IPv4`, `IPv6`, or nil for both.
    package var etherType: String?
    /// Spelled as in rules of groups; nil is every protocol.
    package var protocolText: String?
    /// First target port, or the ICMP type.
    package var portMin: Int?
    /// Last target port, or the ICMP code.
    package var portMax: Int?
    package var sourcePortMin: Int?
    package var sourcePortMax: Int?
    /// An address or a block; nil is any.
    package var source: String?
    package var destination: String?
    /// Counts the edits of what the rule does; nil is 0.
    package var edition: Int?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String = Change.newID(), projectID: String, aclID: String, name: String, action: String, direction: String,
        etherType: String? = "IPv4", protocolText: String? = nil
    ) {
        self.id = id
        self.projectID = projectID
        self.aclID = aclID
        self.name = name
        self.action = action
        self.direction = direction
        self.etherType = etherType
        self.protocolText = protocolText
    }

    /// The id that hosts and records know the present edition by.
    package var recordID: String { editionID(id, edition) }

    /// The rule as another list holds it: the same words, an id of its own.
    package func copied(to acl: StoredACL) -> StoredACLRule {
        var copy = StoredACLRule(
            projectID: acl.projectID, aclID: acl.id, name: name, action: action, direction: direction,
            etherType: etherType, protocolText: protocolText)
        (copy.portMin, copy.portMax) = (portMin, portMax)
        (copy.sourcePortMin, copy.sourcePortMax) = (sourcePortMin, sourcePortMax)
        (copy.source, copy.destination) = (source, destination)
        return copy
    }

    /// Whether another rule decides the same: everything but id, name and bookkeeping.
    func does(_ other: StoredACLRule) -> Bool {
        (action, direction, etherType, protocolText) == (
            other.action, other.direction, other.etherType, other.protocolText
        )
            && [portMin, portMax, sourcePortMin, sourcePortMax]
                == [other.portMin, other.portMax, other.sourcePortMin, other.sourcePortMax]
            && (source, destination) == (other.source, other.destination)
    }
}
