package import Model

/// A host asks its control plane to bind a port to a device of its own, or to bind it no more.
package struct PortBindingRequest: Hashable, Sendable, Codable {
    /// The port's id or name, or the name of the instance that it belongs to; nil where the MAC says which it is.
    package var instance: String?
    /// Name of the interface, where the instance has several.
    package var interface: String
    /// Name or id of the network, where several could be meant.
    package var vpc: String?
    package var mac: MACAddress?
    /// nil lets the port go.
    package var device: String?

    package init(instance: String?, interface: String, vpc: String?, mac: MACAddress?, device: String?) {
        self.instance = instance
        self.interface = interface
        self.vpc = vpc
        self.mac = mac
        self.device = device
    }
}

/// The port that is bound now, or was.
package struct PortBindingAnswer: Hashable, Sendable, Codable {
    package var port: String

    package init(port: String) { self.port = port }
}
