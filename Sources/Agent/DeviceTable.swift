import Host
import Model
import Netlink

/// The host's devices, with what decides whether one can be a guest's: kept by what the kernel tells of them.
struct DeviceTable {
    let tables: RouteTables
    private(set) var devices: [UInt32: NetworkDevice] = [:]
    private var byName: [String: UInt32] = [:]
    /// The host's own addresses by device, without those of the link alone.
    private var addresses: [UInt32: Set<IPAddress>] = [:]
    /// Devices that default routes lead over.
    private var uplinks: Set<UInt32> = []
    private var areUplinksKnown = false

    init() throws {
        tables = try RouteTables()
        try readAll()
    }

    /// Reads everything anew: at the start, and where the kernel could not tell everything.
    mutating func readAll() throws(NetlinkError) {
        let (links, hostAddresses) = (try tables.devices(), try tables.addresses())
        devices = [:]
        byName = [:]
        for link in links { note(link) }
        addresses = [:]
        for (address, device) in hostAddresses { note(address, device) }
        areUplinksKnown = false
    }

    /// Works in what the kernel told.
    ///
    /// - Returns: whether a device came, went, or became another thing to us.
    mutating func note(_ event: RouteEvent) -> Bool {
        switch event {
        case .device(let device):
            let former = devices[device.number]
            note(device)
            guard var same = former else { return true }
            (same.isUp, same.received, same.sent) = (device.isUp, device.received, device.sent)
            // A bridge takes the least address of its ports, and a veth leads to where its peer was moved.
            (same.mac, same.peer) = (device.mac, device.peer)
            return same != device
        case .deviceGone(let number):
            // A bridge tells of a port that leaves it by the same message, of its own family; those are not read.
            guard let former = devices.removeValue(forKey: number) else { return false }
            for name in former.names where byName[name] == number { byName[name] = nil }
            addresses[number] = nil
            return true
        case .address(let address, let device): return note(address, device)
        case .addressGone(let address, let device): return addresses[device]?.remove(address) != nil
        case .defaultRoute(let device):
            guard areUplinksKnown, !uplinks.contains(device) else { return !areUplinksKnown }
            areUplinksKnown = false
            return true
        case .route: return false
        case .routeGone(let target, _, _):
            guard target.length == 0 else { return false }
            areUplinksKnown = false
            return true
        case .switches: return false
        }
    }

    private mutating func note(_ device: NetworkDevice) {
        for name in devices[device.number]?.names ?? [] where byName[name] == device.number { byName[name] = nil }
        devices[device.number] = device
        for name in device.names { byName[name] = device.number }
    }

    @discardableResult
    private mutating func note(_ address: IPAddress, _ device: UInt32) -> Bool {
        guard !IPPrefix.linkLocal.contains(address) else { return false }
        return addresses[device, default: []].insert(address).inserted
    }

    /// The devices with what they moved up to now.
    func readCounts() throws(NetlinkError) -> [NetworkDevice] { try tables.devices() }

    /// The device with a name or an altname.
    func device(_ name: String) -> NetworkDevice? { byName[name].flatMap { devices[$0] } }

    /// The host's bridges.
    var bridges: [NetworkDevice] { devices.values.filter { $0.kind == "bridge" } }

    /// Names of the devices that are part of one.
    func parts(of device: NetworkDevice) -> [String] {
        devices.values.filter { $0.master == device.number }.map(\.name).sorted()
    }

    /// Whether the host has an address, on whatever device; one of the link alone is none.
    func isOwn(_ address: IPAddress) -> Bool { addresses.values.contains { $0.contains(address) } }

    /// How a device can be judged, or why it cannot.
    ///
    /// * `gateways`: addresses that the host may have on a guest's device.
    mutating func attachment(
        of device: NetworkDevice, gateways: Set<IPAddress>, path: ManagementPath = .init()
    ) throws(NetlinkError) -> DeviceAttachment {
        if !areUplinksKnown {
            uplinks = try tables.uplinks()
            areUplinksKnown = true
        }
        return DeviceAttachment(
            device, master: devices[device.master], isUplink: uplinks.contains(device.number),
            leadsTo: path.devices[device.number],
            addresses: addresses[device.number]?.subtracting(gateways).sorted() ?? [])
    }
}

extension NetworkDevice {
    fileprivate var names: [String] { [name] + alternativeNames }
}

extension IPPrefix {
    fileprivate static let linkLocal = IPPrefix(containing: IPAddress(ipv6High: 0xfe80 << 48, low: 0), length: 10)
}
