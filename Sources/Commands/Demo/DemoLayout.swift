import Host
import Model
import Rehearsal

/// How the demo's guests hang: each on a device of its own behind the host, or all on one bridge with an uplink.
enum DemoLayout {
    case routed, bridged

    /// From the outside in.
    static let guests = ["web-1", "app-1", "db-1"]
    static let bridge = "br0"
    static let uplink = "uplink"

    private func place(of guest: String) -> Int { (Self.guests.firstIndex(of: guest) ?? 0) + 1 }

    static func device(of guest: String) -> String { "gh-\(guest)" }

    func address(of guest: String) -> String {
        switch self {
        case .routed: "10.1.\(place(of: guest)).10"
        case .bridged: "10.1.1.\(place(of: guest))0"
        }
    }

    func address6(of guest: String) -> String {
        switch self {
        case .routed: "fd00:1:0:\(place(of: guest))::10"
        case .bridged: "fd00:1:0:1::\(place(of: guest))0"
        }
    }

    /// Routers of the guest; on a bridge everybody is on the link.
    func gateways(of guest: String) -> [String] {
        switch self {
        case .routed: ["10.1.\(place(of: guest)).1", "fd00:1:0:\(place(of: guest))::1"]
        case .bridged: []
        }
    }

    /// The application developer's, beyond the uplink.
    var developer: [String] {
        switch self {
        case .routed: ["198.51.100.7", "2001:db8:100::7"]
        case .bridged: ["10.1.1.99", "fd00:1:0:1::99"]
        }
    }

    var developerGateways: [String] {
        switch self {
        case .routed: ["198.51.100.1", "2001:db8:100::1"]
        case .bridged: []
        }
    }

    /// The MAC that frames to a guest's address have where they leave the sender: the guest's own on a bridge, else the host's on the
    /// sender's device.
    func nextHop(to guest: String, from device: String) throws -> MACAddress {
        let (space, name) =
            switch self {
            case .routed: (DemoScene.host, device)
            case .bridged: (DemoScene.guest(guest).namespace, "eth0")
            }
        return MACAddress(bits: try NetworkNamespace.within(space) { try NetworkDevices.linkAddress(name) })
    }
}
