import Model
import Netlink

/// How the packets of a guest's device pass the host.
///
/// Rules judge what the host routes. What a bridge, a bond or another device takes before it is routed is not seen by
/// them, and the host's own devices are not a guest's: who names such a device is told, and does not believe it judged.
enum DeviceAttachment: Equatable {
    /// A routed device of the guest's own.
    case own
    /// A port of the bridge, judged there.
    case bridged(String)
    case notEnforceable(Reason)

    enum Reason: Equatable {
        /// Part of another device, which takes its packets: a bridge's port, a bond's member.
        case part(of: String, kind: String)
        /// A kind of device whose packets do not come out of one guest, or not to us.
        case kind(String)
        case loopback
        case uplink
        /// The host has addresses on it.
        case hostAddress(IPAddress)
        /// The interface has the address that the host answers for as the subnet's gateway.
        case gatewayAddress(IPAddress)
        /// The operator has named it with `--never-bind`.
        case neverBound
        /// The host reaches its control plane, at this address, over it.
        case managementDevice(IPAddress)
        /// The interface has an address that the host needs for itself, or to reach its control plane.
        case managementAddress(IPAddress, ManagementPath.Role)
        /// The host would have such an address as gateway of the interface's subnet.
        case managementGateway(IPAddress, ManagementPath.Role)
        /// Another interface has the device, by another of its names.
        case taken
        /// A port of a bridge that tells VLANs apart: whose frame it is, its tag says as well.
        case bridgeFiltersVLANs(String)
        /// Asked for each packet before connection tracking, which finds senders by their device alone.
        case aclOnBridge(String)
        case statelessOnBridge(String)
    }

    /// Kinds whose packets come from their one far end, and are routed. Hardware has none.
    private static let ownKinds: Set<String> = ["veth", "tun", "netkit", "dummy"]

    /// * `master`: the device that it is a part of.
    /// * `addresses`: the host's own on it.
    /// * `leadsTo`: the control plane's address that is reached over it, if one is.
    init(
        _ device: NetworkDevice, master: NetworkDevice?, isUplink: Bool, leadsTo: IPAddress? = nil,
        addresses: [IPAddress]
    ) {
        if device.name == "lo" {
            self = .notEnforceable(.loopback)
        } else if isUplink {
            self = .notEnforceable(.uplink)
        } else if let address = addresses.first {
            self = .notEnforceable(.hostAddress(address))
        } else if let leadsTo {
            self = .notEnforceable(.managementDevice(leadsTo))
        } else if device.master != 0 {
            self = Self.part(device, of: master)
        } else if let kind = device.kind, !Self.ownKinds.contains(kind) {
            self = .notEnforceable(.kind(kind))
        } else {
            self = .own
        }
    }

    private static func part(_ device: NetworkDevice, of master: NetworkDevice?) -> DeviceAttachment {
        let name = master?.name ?? "device \(device.master)"
        guard device.masterKind == "bridge", let master else {
            return .notEnforceable(.part(of: name, kind: device.masterKind ?? "unknown"))
        }
        if let kind = device.kind, !ownKinds.contains(kind) { return .notEnforceable(.kind(kind)) }
        return master.bridge?.filtersVLANs == true ? .notEnforceable(.bridgeFiltersVLANs(name)) : .bridged(name)
    }
}

extension DeviceAttachment.Reason {
    /// Whether the interface's rules stand, for what the host routes of it all the same. The host's own devices have none, for it
    /// would be cut off; but a guest's does not become one by what happens to it later, or a guest could free itself: by a
    /// router advertisement while the table is away, for one.
    func isJudged(wasJudged: Bool) -> Bool {
        switch self {
        case .part, .kind: true
        // Its name stands in the table of bridges' ports, and no interface is bound there.
        case .bridgeFiltersVLANs, .aclOnBridge, .statelessOnBridge: true
        case .loopback, .uplink, .hostAddress, .managementDevice: wasJudged
        case .neverBound: false
        // Its device is held.
        case .gatewayAddress, .managementAddress, .managementGateway: false
        // Its device is the other's.
        case .taken: false
        }
    }

    /// Whether its packets are routed by the host, as those of guests are.
    var isRouted: Bool {
        switch self {
        case .uplink, .hostAddress, .managementDevice: true
        case .part, .kind, .loopback, .gatewayAddress, .neverBound, .managementAddress, .managementGateway, .taken,
            .bridgeFiltersVLANs, .aclOnBridge, .statelessOnBridge:
            false
        }
    }

    /// Whether something of the interface passes unjudged.
    var leavesOpen: Bool {
        switch self {
        case .part, .kind, .loopback, .uplink, .hostAddress, .neverBound, .managementDevice: true
        case .gatewayAddress, .managementAddress, .managementGateway, .taken, .bridgeFiltersVLANs, .aclOnBridge,
            .statelessOnBridge:
            false
        }
    }

    /// Why, and what to do: "gh-web is a port of bridge br0, …".
    func words(_ device: String) -> String {
        switch self {
        case .part(let master, let kind):
            "\(device) is \(Self.part(kind)) \(master), which takes its packets before rules see them: take it out of "
                + "\(master) (ip link set \(device) nomaster), or name a routed veth or tap of the guest's own"
        case .kind(let kind):
            "\(device) is a device of kind \(kind), whose packets are not those of one guest, or pass rules by: name a "
                + "routed veth or tap of the guest's own"
        case .loopback: "lo is the host's own loopback: name the guest's own device"
        case .uplink:
            "the host's default route leads over \(device), which is no guest's: name the guest's own device"
        case .hostAddress(let address):
            "\(device) has the host's own address \(address): name the guest's own device, or take the address from it "
                + "(of the host's it may have the subnet's gateway alone)"
        case .gatewayAddress(let address):
            "\(address) is the address that the host answers for as gateway of the subnet: give the interface another one; "
                + "until then \(device) is refused everything"
        case .neverBound:
            "the agent was told never to bind \(device) (--never-bind): name the guest's own device"
        case .managementDevice(let address):
            "the control plane (\(address)) is reached over \(device), which is no guest's: name the guest's own device"
        case .managementAddress(let address, let role):
            "\(address) is \(role.words): give the interface another one; until then \(device) is refused everything"
        case .managementGateway(let address, let role):
            "\(address) is \(role.words), and would be the host's own as gateway of the interface's subnet: give the subnet "
                + "another block; until then \(device) is refused everything"
        case .taken: "\(device) is another interface's already, by another name: name the guest's own device"
        case .bridgeFiltersVLANs(let bridge):
            "\(device) is a port of bridge \(bridge), which tells VLANs apart (vlan_filtering): use a bridge for each VLAN; "
                + "until then \(device) is refused everything"
        case .aclOnBridge(let bridge):
            "\(device) is a port of bridge \(bridge), where network ACLs are not asked: take acl out of the interface's "
                + "subnet, or name a routed device; until then \(device) is refused everything"
        case .statelessOnBridge(let bridge):
            "\(device) is a port of bridge \(bridge), where stateless groups are not asked: give the interface stateful "
                + "groups, or name a routed device; until then \(device) is refused everything"
        }
    }

    private static func part(_ kind: String) -> String {
        switch kind {
        case "openvswitch": "a port of Open vSwitch"
        case "bond": "a member of bond"
        case "team": "a member of team"
        case "vrf": "a member of VRF"
        default: "a part (\(kind)) of"
        }
    }
}
