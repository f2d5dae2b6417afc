import GRDB

/// Neutron's switch: which events of which group and interface are written.
package struct StoredLog: StoredObject {
    package static let kind = Kind.log

    package enum Event: String, Codable, Hashable, Sendable, CaseIterable {
        case accept = "ACCEPT"
        case all = "ALL"
        case drop = "DROP"
    }

    package let id: String
    package let projectID: String
    package var name: String
    package var description: String
    package var isEnabled: Bool
    package let event: Event
    /// The group whose events are asked for; nil is every group of the project.
    package let groupID: String?
    /// The interface whose events are asked for; nil is every interface.
    package let interfaceID: String?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, name: String, description: String, isEnabled: Bool, event: Event,
        groupID: String?, interfaceID: String?
    ) {
        self.id = id
        self.projectID = projectID
        self.name = name
        self.description = description
        self.isEnabled = isEnabled
        self.event = event
        self.groupID = groupID
        self.interfaceID = interfaceID
    }
}
