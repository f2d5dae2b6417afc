import Host
package import Model
import Netlink

/// A network device of a container, with the device of this host that its frames come out of.
package struct GuestDevice: Equatable, Sendable {
    /// Its name in the container: `eth0`.
    package let interface: String
    package let mac: MACAddress?
    /// Its addresses, without those of the link alone.
    package let addresses: [IPAddress]
    package let host: HostEnd

    /// Where its frames come to the host.
    package enum HostEnd: Equatable, Sendable {
        /// A device here; `bridge` is the number of what it is a part of, 0 for nothing.
        case device(name: String, number: UInt32, bridge: UInt32)
        /// Nothing here that rules could ask for; what it is.
        case none(String)
    }
}

/// The network namespace of a container.
package struct GuestNetwork {
    package let path: String

    package init(path: String) { self.path = path }
    package init(process: Int32) { path = "/proc/\(process)/ns/net" }

    /// Whether it is the network of this thread: the container shares the host's.
    package var isOurs: Bool {
        get throws { try NetworkNamespace.identity(path: path) == NetworkNamespace.identity() }
    }

    /// Its devices but `lo`, by number, as its program sees them.
    ///
    /// A veth names its peer's number, which is one of this host where the peer there names it too: a number alone could be
    /// another namespace's.
    package func devices() throws -> [GuestDevice] {
        let (links, addresses) = try NetworkNamespace.within(path: path) {
            let tables = try RouteTables()
            return (try tables.devices(), try tables.addresses())
        }
        let host = try RouteTables()
        return try links.sorted { $0.number < $1.number }.filter { $0.name != "lo" && !Self.isIdle($0) }.map { link in
            GuestDevice(
                interface: link.name, mac: link.mac,
                addresses: addresses.filter { $0.device == link.number && !IPPrefix.ofLink.contains($0.address) }
                    .map(\.address).sorted(),
                host: try Self.end(of: link, host))
        }
    }

    /// Devices that the kernel puts into each namespace by itself, and that lead nowhere.
    private static func isIdle(_ device: NetworkDevice) -> Bool {
        !device.isUp
            && ["ipip", "gre", "gretap", "erspan", "sit", "ip6tnl", "ip6gre", "vti", "vti6"].contains(device.kind)
    }

    private static func end(of link: NetworkDevice, _ host: RouteTables) throws -> GuestDevice.HostEnd {
        let kind = link.kind ?? "hardware device"
        guard link.kind == "veth", link.peer != 0 else { return .none("a \(kind)") }
        guard let peer = try host.device(link.peer), peer.kind == "veth", peer.peer == link.number else {
            return .none("a veth whose other end is not on this host")
        }
        return .device(name: peer.name, number: peer.number, bridge: peer.master)
    }
}

extension IPPrefix {
    /// Addresses that are good on one link alone.
    fileprivate static let ofLink = IPPrefix(containing: IPAddress(ipv6High: 0xfe80 << 48, low: 0), length: 10)
}
