package import Model

/// Asks that a device be an interface's, from now until it is detached or gone.
package struct DeviceAttachRequest: Hashable, Sendable, Codable {
    /// Name of the instance; nil where the MAC says which interface it is.
    package var instance: String?
    package var interface: String
    /// nil where one VPC fits.
    package var vpc: String?
    package var device: String
    package var mac: MACAddress?
    /// With these an interface is made that the policy does not name.
    package var addresses: [IPAddress]
    /// nil where the request says nothing of groups.
    package var groups: [String]?

    package init(
        instance: String?, interface: String, vpc: String? = nil, device: String, mac: MACAddress? = nil,
        addresses: [IPAddress] = [], groups: [String]? = nil
    ) {
        self.instance = instance
        self.interface = interface
        self.vpc = vpc
        self.device = device
        self.mac = mac
        self.addresses = addresses
        self.groups = groups
    }
}
