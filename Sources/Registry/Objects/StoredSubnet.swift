import GRDB

/// A part of a VPC's address space, of one family.
package struct StoredSubnet: StoredObject {
    package static let kind = Kind.subnet

    /// Addresses that may be chosen for interfaces, both ends included.
    package struct Pool: Codable, Hashable, Sendable {
        package var start: String
        package var end: String

        package init(start: String, end: String) {
            self.start = start
            self.end = end
        }
    }

    package struct HostRoute: Codable, Hashable, Sendable {
        package var destination: String
        package var nexthop: String

        package init(destination: String, nexthop: String) {
            self.destination = destination
            self.nexthop = nexthop
        }
    }

    package let id: String
    package let projectID: String
    package let vpcID: String
    package var name: String
    package var description: String
    /// The block, host bits clear.
    package let cidr: String
    package var gateway: String?
    package var isDHCPEnabled: Bool
    package var pools: [Pool]
    package var nameServers: [String]
    package var hostRoutes: [HostRoute]
    /// The network ACL at its edge; nil lets everything through.
    package var aclID: String?
    /// nil is the region's first zone.
    package var zone: String?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, vpcID: String, name: String, description: String, cidr: String,
        gateway: String?, isDHCPEnabled: Bool, pools: [Pool], nameServers: [String] = [], hostRoutes: [HostRoute] = [],
        aclID: String? = nil, zone: String? = nil
    ) {
        self.id = id
        self.projectID = projectID
        self.vpcID = vpcID
        self.name = name
        self.description = description
        self.cidr = cidr
        self.gateway = gateway
        self.isDHCPEnabled = isDHCPEnabled
        self.pools = pools
        self.nameServers = nameServers
        self.hostRoutes = hostRoutes
        self.aclID = aclID
        self.zone = zone
    }
}
