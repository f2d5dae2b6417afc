import GRDB

/// One allow rule of a group; it never changes, it comes and goes.
package struct StoredRule: StoredObject {
    package static let kind = Kind.rule

    package let id: String
    package let projectID: String
    package let groupID: String
    package let direction: String
    /// `IPv4` or `IPv6`.
    package let etherType: String
    /// As its author spelled it, in lower case; nil is every protocol.
    package let protocolText: String?
    /// First port, or the ICMP type.
    package let portMin: Int?
    /// Last port, or the ICMP code.
    package let portMax: Int?
    /// As its author spelled it, host bits included.
    package let remotePrefix: String?
    package let remoteGroupID: String?
    package let description: String
    /// Equal for rules that do the same: one group holds one of each.
    package let identity: String
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package var name: String { "" }

    package init(
        id: String, projectID: String, groupID: String, direction: String, etherType: String, protocolText: String?,
        portMin: Int?, portMax: Int?, remotePrefix: String?, remoteGroupID: String?, description: String,
        identity: String
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
    }
}
