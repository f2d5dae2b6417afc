import GRDB
package import Model

/// An isolated address space (Neutron: a network).
package struct StoredVPC: StoredObject {
    package static let kind = Kind.vpc

    package let id: String
    package let projectID: String
    package var name: String
    package var description: String
    package var isAdminUp: Bool
    /// Whether other projects may attach interfaces to it.
    package var isShared: Bool
    package var isExternal: Bool
    package var mtu: Int
    package var isPortSecurityEnabled: Bool
    /// What interfaces and subnets get on the VPC API when none is asked for; nil until that API first needs them.
    package var defaultGroupID: String?
    package var defaultACLID: String?
    /// The paths of which sessions that are let through are recorded; nil records all.
    package var collected: [TrafficPath]?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, name: String, description: String, isAdminUp: Bool = true,
        isShared: Bool = false, isExternal: Bool = false, mtu: Int = 1500, isPortSecurityEnabled: Bool = true
    ) {
        self.id = id
        self.projectID = projectID
        self.name = name
        self.description = description
        self.isAdminUp = isAdminUp
        self.isShared = isShared
        self.isExternal = isExternal
        self.mtu = mtu
        self.isPortSecurityEnabled = isPortSecurityEnabled
    }
}
