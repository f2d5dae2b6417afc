/// What an operation is done to, as far as rules ask about it.
package struct AccessTarget: Hashable, Sendable {
    /// Whether the object is the caller's own project's.
    package var isOwn: Bool
    /// Whether the network that it is in is: `project_id:%(network:project_id)s`.
    package var ownsNetwork: Bool
    /// Whether that network is for all projects: `field:networks:shared=True`.
    package var isNetworkShared: Bool
    /// Whether it is a port of the network's own, a router's or a DHCP server's: `field:port:device_owner=~^network:`.
    package var isNetworkDevice: Bool

    package init(
        isOwn: Bool = true, ownsNetwork: Bool = true, isNetworkShared: Bool = false, isNetworkDevice: Bool = false
    ) {
        self.isOwn = isOwn
        self.ownsNetwork = ownsNetwork
        self.isNetworkShared = isNetworkShared
        self.isNetworkDevice = isNetworkDevice
    }
}
