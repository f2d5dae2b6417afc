/// Why a bridge's port stage dropped a frame that an interface sent, or would have been sent: each frame has one kind.
package enum PortRefusal: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// The port's device is in the policy, and no interface is bound to it there.
    case unbound
    /// A VLAN tag, of whatever kind.
    case tagged
    /// Neither ARP nor IPv4 nor IPv6.
    case ethertype
    /// ARP for another's address, or from another's MAC.
    case arp
    /// Another's MAC or address as the source.
    case spoof
    /// To many by its MAC, and to one by its address.
    case mixed
    /// An answer of a DHCP server.
    case dhcpServer = "dhcp-server"
    /// A router advertisement or a redirect.
    case routerAdvertisement = "router-advertisement"
    /// Neighbour discovery about another's address, or not from the link itself.
    case neighbour
    /// An authentication header in IPv6: what is behind it nobody can tell.
    case headers
    /// From or to a link-local address, and no upkeep of the link.
    case linkLocal = "link-local"
    /// A DHCP client's question, which is for servers and no other guest.
    case dhcpClient = "dhcp-client"
    /// The frame did not pass the gate of the bridge that the interface is judged on.
    case unjudged
    /// A copy for somebody else's address.
    case astray
}
