package import GRDB

/// A virtual server, container or machine; its interfaces are those of its VPC and project that name it as their device.
package struct StoredInstance: StoredObject {
    package static let kind = Kind.instance

    package let id: String
    package let projectID: String
    package let vpcID: String
    package var name: String
    package let zone: String
    /// What its interfaces have as `deviceID` (Neutron's `device_id`): the instance's own id, or what a port said.
    package let deviceID: String
    /// The primary interface; where it is gone, the oldest one is.
    package var primaryID: String?
    /// Name of the profile that its owner asked for.
    package let profile: String
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, vpcID: String, name: String, zone: String, deviceID: String,
        primaryID: String? = nil, profile: String
    ) {
        self.id = id
        self.projectID = projectID
        self.vpcID = vpcID
        self.name = name
        self.zone = zone
        self.deviceID = deviceID
        self.primaryID = primaryID
        self.profile = profile
    }

    /// Its interfaces, the primary one first, then the oldest.
    package func interfaces(in database: Database) throws -> [StoredInterface] {
        let all = try StoredInterface.filter(
            Column("vpcID") == vpcID && Column("projectID") == projectID && Column("deviceID") == deviceID
        ).order(Column("createdAt"), Column("id")).fetchAll(database)
        return all.filter { $0.id == primaryID } + all.filter { $0.id != primaryID }
    }

    /// The instance that has an interface; nil for those that belong to none.
    package static func owner(of interface: StoredInterface, in database: Database) throws -> StoredInstance? {
        guard !interface.deviceID.isEmpty else { return nil }
        return try fetchOne(
            database.cachedStatement(
                sql: "SELECT * FROM instance WHERE vpcID = ? AND projectID = ? AND deviceID = ?"),
            arguments: [interface.vpcID, interface.projectID, interface.deviceID])
    }
}
