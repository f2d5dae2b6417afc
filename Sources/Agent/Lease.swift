import Host
import Model
import Netlink

/// An address that an interface got by DHCP.
struct Lease: Hashable, Codable {
    let interface: Identifier<Interface>
    let address: IPAddress
    let mac: MACAddress
    let server: IPAddress
    /// In nanoseconds since 1970; `Int64.max` for ever.
    var expiresAt: Int64
    /// It is over, and known because its address is counted still.
    var isOver = false
}

/// Which addresses interfaces learned, and had.
struct Leases: Codable {
    private(set) var all: [Lease] = []

    /// Of an interface so many are remembered whose time is over.
    private static let remembered = 16

    /// What each interface has.
    var present: [Identifier<Interface>: IPAddress] {
        Dictionary(all.filter { !$0.isOver }.map { ($0.interface, $0.address) }) { _, last in last }
    }

    /// What each interface has and had: it is counted by it.
    var counted: [Identifier<Interface>: [IPAddress]] {
        Dictionary(grouping: all, by: \.interface).mapValues { $0.map(\.address) }
    }

    func lease(of interface: Identifier<Interface>) -> Lease? { all.last { $0.interface == interface && !$0.isOver } }

    /// Who has an address.
    func holder(of address: IPAddress) -> Identifier<Interface>? {
        all.last { $0.address == address && !$0.isOver }?.interface
    }

    /// Who had it last, if anybody did.
    func formerHolder(of address: IPAddress) -> Identifier<Interface>? { all.last { $0.address == address }?.interface }

    mutating func end(of interface: Identifier<Interface>) {
        for place in all.indices where all[place].interface == interface { all[place].isOver = true }
    }

    /// Takes a new lease; what the interface had is over.
    mutating func take(_ lease: Lease) {
        end(of: lease.interface)
        all.removeAll { $0.address == lease.address }
        all.append(lease)
        let own = all.filter { $0.interface == lease.interface }
        if own.count > Self.remembered, let oldest = own.first { all.removeAll { $0 == oldest } }
    }

    mutating func renew(_ lease: Lease) {
        for place in all.indices where all[place].interface == lease.interface && !all[place].isOver {
            all[place].expiresAt = lease.expiresAt
        }
    }

    /// Forgets interfaces that are no more.
    mutating func keep(_ interfaces: Set<Identifier<Interface>>) {
        all.removeAll { !interfaces.contains($0.interface) }
    }
}

/// An interface that may learn its address, on the device where it is heard.
struct LeasePlace {
    let interface: Identifier<Interface>
    let label: String
    let mac: MACAddress?
    let prefixes: [IPPrefix]
    let servers: [IPAddress]

    /// The lease that a server's message gives the interface; nil where it gives none, or somebody sends it who may not.
    ///
    /// * `isOwn`: whether an address is the host's own.
    func lease(_ message: DHCPMessage, now: Int64, isOwn: (IPAddress) -> Bool) -> Lease? {
        guard message.isOfServer, message.kind == .acknowledgement, mac == nil || mac == message.client,
            servers.contains(message.sender) || isOwn(message.sender), let seconds = message.leaseSeconds, seconds > 0,
            !isOwn(message.address), let block = prefixes.first(where: { $0.contains(message.address) }),
            message.address != block.base, message.address != block.last || block.length > 30
        else { return nil }
        return Lease(
            interface: interface, address: message.address, mac: message.client, server: message.sender,
            expiresAt: seconds == .max ? .max : now + Int64(seconds) * 1_000_000_000)
    }
}
