import Model
import Netlink

/// What leads a host to its control plane: no interface may have it, whatever a revision says, or the host would never hear of the
/// next one.
struct ManagementPath: Equatable {
    /// What an address is to the host.
    enum Role: Equatable {
        case controlPlane
        case nextHop
        case own

        var words: String {
            switch self {
            case .controlPlane: "an address of the control plane"
            case .nextHop: "the next hop on the way to the control plane"
            case .own: "the host's own address"
            }
        }
    }

    /// The device that leads to each of the control plane's addresses.
    private(set) var devices: [UInt32: IPAddress] = [:]
    private(set) var addresses: [IPAddress: Role] = [:]

    init() {}

    /// * `servers`: the control plane's addresses.
    init(to servers: Set<IPAddress>, _ tables: RouteTables) throws(NetlinkError) {
        for server in servers.sorted() {
            addresses[server] = .controlPlane
            guard let route = try tables.lookUp(server) else { continue }
            devices[route.device] = server
            if let hop = route.nextHop, addresses[hop] == nil { addresses[hop] = .nextHop }
            if let source = route.source, addresses[source] == nil { addresses[source] = .own }
        }
    }

    /// Whether the host would no longer reach it if it had the address itself, as a subnet's gateway.
    func excludes(gateway: IPAddress) -> Role? { addresses[gateway].flatMap { $0 == .own ? nil : $0 } }
}

/// What interfaces are not bound to on this host, or not with.
struct BindingLimits: Equatable {
    /// Addresses that the host answers for as gateways.
    var gateways: Set<IPAddress> = []
    /// Names of devices that the operator keeps out.
    var neverBound: Set<String> = []
    var path = ManagementPath()

    /// Why an interface cannot be bound with its addresses; nil where it can.
    ///
    /// * `subnet`: the blocks of its subnet.
    /// * `own`: whether an address is the host's own.
    func fault(_ interface: Interface, subnet: [IPPrefix], own: (IPAddress) -> Bool) -> DeviceAttachment.Reason? {
        for prefix in interface.prefixes + interface.pairs.map(\.prefix) {
            let managed = path.addresses.filter { prefix.contains($0.key) }.min { $0.key < $1.key }
            if let (address, role) = managed { return .managementAddress(address, role) }
            if let gateway = gateways.first(where: prefix.contains) { return .gatewayAddress(gateway) }
        }
        for address in interface.addresses {
            if let role = path.addresses[address] { return .managementAddress(address, role) }
            if gateways.contains(address) { return .gatewayAddress(address) }
            if own(address) { return .managementAddress(address, .own) }
        }
        for gateway in subnet.compactMap(\.gateway) where gateways.contains(gateway) {
            if let role = path.excludes(gateway: gateway) { return .managementGateway(gateway, role) }
        }
        return nil
    }
}
