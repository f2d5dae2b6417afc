import GRDB

/// A virtual NIC (Neutron: a port), bound to one Linux device on one host.
package struct StoredInterface: StoredObject {
    package static let kind = Kind.interface

    package struct FixedAddress: Codable, Hashable, Sendable {
        package var subnetID: String
        package var address: String

        package init(subnetID: String, address: String) {
            self.subnetID = subnetID
            self.address = address
        }
    }

    /// What it may use besides its addresses.
    package struct Pair: Codable, Hashable, Sendable {
        /// An address, or a block in CIDR form.
        package var address: String
        /// nil is the interface's own.
        package var mac: String?
        /// Set for a block that is the interface's own, which a policy file lists among its addresses.
        package var isOwn: Bool?

        package init(address: String, mac: String? = nil, isOwn: Bool? = nil) {
            self.address = address
            self.mac = mac
            self.isOwn = isOwn
        }
    }

    /// What a virtual network interface of the VPC API says beside what every interface has.
    package struct Virtual: Codable, Hashable, Sendable {
        package var autoDelete: Bool
        package var infrastructureNAT: Bool
        package var stateFiltering: String

        package init(autoDelete: Bool = false, infrastructureNAT: Bool = true, stateFiltering: String = "auto") {
            self.autoDelete = autoDelete
            self.infrastructureNAT = infrastructureNAT
            self.stateFiltering = stateFiltering
        }
    }

    package let id: String
    package let projectID: String
    package let vpcID: String
    package var name: String
    package var description: String
    /// The only source MAC that is let through; empty lets any through.
    package var mac: String
    package var isAdminUp: Bool
    /// The instance that it belongs to, as its owner names it; empty where there is none.
    package var deviceID: String
    package var deviceOwner: String
    /// Name of the host that has the Linux device; empty while it is bound to none.
    package var host: String
    /// Name or altname of the Linux device on that host.
    package var device: String
    package var vnicType: String
    /// What the owner's platform notes about the binding, as JSON.
    package var profile: String
    package var isPortSecurityEnabled: Bool
    package var addresses: [FixedAddress]
    /// Ids of the groups attached, in the order that the owner gave.
    package var groups: [String]
    /// nil where there are none.
    package var pairs: [Pair]?
    /// Set for what was made as a virtual network interface; it stays one while an instance has it.
    package var virtual: Virtual?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, vpcID: String, name: String, description: String, mac: String,
        isAdminUp: Bool, deviceID: String, deviceOwner: String, host: String, device: String, vnicType: String,
        profile: String, isPortSecurityEnabled: Bool, addresses: [FixedAddress], groups: [String]
    ) {
        self.id = id
        self.projectID = projectID
        self.vpcID = vpcID
        self.name = name
        self.description = description
        self.mac = mac
        self.isAdminUp = isAdminUp
        self.deviceID = deviceID
        self.deviceOwner = deviceOwner
        self.host = host
        self.device = device
        self.vnicType = vnicType
        self.profile = profile
        self.isPortSecurityEnabled = isPortSecurityEnabled
        self.addresses = addresses
        self.groups = groups
    }
}
