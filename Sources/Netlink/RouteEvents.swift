import CNetlink
package import Model

/// What the kernel tells of devices, routes, addresses and their switches, as far as somebody takes something away.
///
/// Facts from linux/rtnetlink.h and linux/netconf.h.
package enum RouteEvent: Equatable, Sendable {
    /// A device is there (RTM_NEWLINK), with what may have changed of it.
    case device(NetworkDevice)
    case deviceGone(number: UInt32)
    /// A route of the main table to one address is there, new or in another's place.
    case route(target: IPAddress, device: UInt32, routeProtocol: UInt8)
    /// A route was deleted. `device` is 0 where it led nowhere.
    case routeGone(target: IPPrefix, device: UInt32, routeProtocol: UInt8)
    case addressGone(IPAddress, device: UInt32)
    /// A device has an address of the host's (RTM_NEWADDR), perhaps again.
    case address(IPAddress, device: UInt32)
    /// A default route leads over a device, in the main table.
    case defaultRoute(device: UInt32)
    /// Switches of a device, or of all (`IPSwitches.everyDevice`).
    case switches(IPSwitches)
}

/// Switches of a device in one family, those that a message told.
package struct IPSwitches: Equatable, Sendable {
    /// NETCONFA_IFINDEX_ALL
    package static let everyDevice: UInt32 = 0xffff_ffff

    package var family: AddressFamily
    package var device: UInt32 = 0
    package var forwards: Bool?
    /// `proxy_arp` or `proxy_ndp`.
    package var answersForOthers: Bool?
    /// `rp_filter`: 0 takes any source, 1 those that are routed back over the device, 2 those that are routed at all.
    package var sourceFilter: UInt32?
}

/// Reads the events of a datagram from a NETLINK_ROUTE socket.
@safe package struct RouteEventCursor {
    private var messages: MessageCursor
    /// Messages that are cut off.
    package private(set) var skipped = 0

    package init(_ view: ByteView) { messages = MessageCursor(view) }

    package var isMalformed: Bool { messages.isMalformed }

    /// The next event; messages of other kinds are passed over.
    package mutating func next() -> RouteEvent? {
        while let message = messages.next() {
            switch RouteEvent.read(message) {
            case .event(let event): return event
            case .other: continue
            case .unreadable: skipped += 1
            }
        }
        return nil
    }
}

extension RouteEvent {
    enum Reading: Equatable {
        case event(RouteEvent)
        case other
        case unreadable
    }

    static func read(_ message: NetlinkMessage) -> Reading {
        let event: RouteEvent?
        let first: UInt8 = message.body.load(0)
        switch Int32(message.type) {
        case 16 where first == 7, 17 where first == 7: return .other  // AF_BRIDGE: what a bridge says of its port
        case 16: event = NetworkDevice(message.body).map { .device($0) }  // RTM_NEWLINK
        case 17: event = readDeviceGone(message.body)  // RTM_DELLINK
        case 20: event = readAddress(message.body) { .address($0, device: $1) }  // RTM_NEWADDR
        case 21: event = readAddress(message.body) { .addressGone($0, device: $1) }  // RTM_DELADDR
        case 24:  // RTM_NEWROUTE, of which default routes and those to one address are asked for
            guard message.body.load(8, as: UInt32.self) & 0x200 == 0, message.body.load(4, as: UInt8.self) == 254,
                message.body.load(7, as: UInt8.self) == 1, let family = family(first)
            else { return .other }
            switch Int(message.body.load(1, as: UInt8.self)) {
            case 0: event = readDefaultRoute(message.body)
            case family.addressBits: event = readRoute(message.body, family)
            default: return .other
            }
        case 25:  // RTM_DELROUTE; routes that are only remembered (RTM_F_CLONED) are none
            guard message.body.load(8, as: UInt32.self) & 0x200 == 0 else { return .other }
            event = readRouteGone(message.body)
        case 80: event = readSwitches(message.body)  // RTM_NEWNETCONF
        default: return .other
        }
        if let event { return .event(event) }
        // Of other families than IP nothing is asked: bridges, multicast routing.
        return message.body.count > 0 && first != 2 && first != 10 && message.type > 17 ? .other : .unreadable
    }

    private static func family(_ number: UInt8) -> AddressFamily? {
        switch number {
        case 2: .ipv4  // AF_INET
        case 10: .ipv6  // AF_INET6
        default: nil
        }
    }

    private static func readDeviceGone(_ view: ByteView) -> RouteEvent? {
        view.forEachAttribute(after: 16) { _ in true } ? .deviceGone(number: view.load(4)) : nil
    }

    /// `ifaddrmsg`: family, length, flags, scope, index (4).
    private static func readAddress(_ view: ByteView, _ make: (IPAddress, UInt32) -> RouteEvent) -> RouteEvent? {
        guard let family = family(view.load(0)) else { return nil }
        var local: IPAddress?
        var far: IPAddress?
        let isWhole = view.forEachAttribute(after: 8) { attribute in
            switch attribute.type {
            case 1:  // IFA_ADDRESS
                far = address(attribute, family)
                return far != nil
            case 2:  // IFA_LOCAL
                local = address(attribute, family)
                return local != nil
            default: return true
            }
        }
        guard isWhole, let found = local ?? far else { return nil }
        return make(found, view.load(4))
    }

    /// Of several next hops each is a nested `rtnexthop`: length (2), flags, hops, device (4).
    private static func readDefaultRoute(_ view: ByteView) -> RouteEvent? {
        var device: UInt32 = 0
        let isWhole = view.forEachAttribute(after: 12) { attribute in
            switch attribute.type {
            case 4:  // RTA_OIF
                guard attribute.payload.count == 4 else { return false }
                device = attribute.payload.load(0)
            case 9:  // RTA_MULTIPATH, of which the first is told
                guard attribute.payload.count >= 8 else { return false }
                device = attribute.payload.load(4)
            default: break
            }
            return true
        }
        return isWhole ? .defaultRoute(device: device) : nil
    }

    private static func readRoute(_ view: ByteView, _ family: AddressFamily) -> RouteEvent? {
        guard case .routeGone(let target, let device, let routeProtocol) = readRouteGone(view),
            case .defaultRoute(let first) = readDefaultRoute(view)
        else { return nil }
        return .route(target: target.base, device: device == 0 ? first : device, routeProtocol: routeProtocol)
    }

    /// `rtmsg`: family, target's length, source's length, tos, table, protocol, scope, type, flags (4).
    private static func readRouteGone(_ view: ByteView) -> RouteEvent? {
        guard let family = family(view.load(0)) else { return nil }
        var target: IPAddress? = family == .ipv4 ? IPAddress(ipv4: 0) : IPAddress(ipv6High: 0, low: 0)
        var device: UInt32 = 0
        let isWhole = view.forEachAttribute(after: 12) { attribute in
            switch attribute.type {
            case 1:  // RTA_DST
                target = address(attribute, family)
                return target != nil
            case 4:  // RTA_OIF
                guard attribute.payload.count == 4 else { return false }
                device = attribute.payload.load(0)
                return true
            default: return true
            }
        }
        let length = Int(view.load(1, as: UInt8.self))
        guard isWhole, let target, length <= family.addressBits else { return nil }
        return .routeGone(
            target: IPPrefix(containing: target, length: length), device: device, routeProtocol: view.load(5))
    }

    /// `netconfmsg`: family, padded to four bytes.
    private static func readSwitches(_ view: ByteView) -> RouteEvent? {
        guard let family = family(view.load(0)) else { return nil }
        var switches = IPSwitches(family: family)
        let isWhole = view.forEachAttribute(after: 4) { attribute in
            guard [1, 2, 3, 5].contains(attribute.type) else { return true }
            guard attribute.payload.count == 4 else { return false }
            let value: UInt32 = attribute.payload.load(0)
            switch attribute.type {
            case 1: switches.device = value  // NETCONFA_IFINDEX
            case 2: switches.forwards = value != 0  // NETCONFA_FORWARDING
            case 3: switches.sourceFilter = value  // NETCONFA_RP_FILTER
            default: switches.answersForOthers = value != 0  // NETCONFA_PROXY_NEIGH
            }
            return true
        }
        return isWhole ? .switches(switches) : nil
    }

    static func address(_ attribute: Attribute, _ family: AddressFamily) -> IPAddress? {
        switch family {
        case .ipv4:
            var number: UInt32 = 0
            return attribute.read(into: &number) ? IPAddress(ipv4: number) : nil
        case .ipv6:
            guard attribute.payload.count == 16 else { return nil }
            return IPAddress(ipv6High: attribute.payload.big(0), low: attribute.payload.big(8))
        }
    }
}
