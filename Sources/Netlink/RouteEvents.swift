import CNetlink
package import Model

/// What the kernel tells of devices, routes, addresses and their switches, as far as somebody takes something away.
///
/// Facts from linux/rtnetlink.h and linux/netconf.h.
package enum RouteEvent: Equatable, Sendable {
    /// A device is there (RTM_NEWLINK), with what may have changed of it.
    case device(number: UInt32, name: String, isUp: Bool)
    case deviceGone(number: UInt32)
    /// A route was deleted. `device` is 0 where it led nowhere.
    case routeGone(target: IPPrefix, device: UInt32, routeProtocol: UInt8)
    case addressGone(IPAddress, device: UInt32)
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
        switch Int32(message.type) {
        case 16: event = readDevice(message.body)  // RTM_NEWLINK
        case 17: event = readDeviceGone(message.body)  // RTM_DELLINK
        case 21: event = readAddressGone(message.body)  // RTM_DELADDR
        case 25:  // RTM_DELROUTE; routes that are only remembered (RTM_F_CLONED) are none
            guard message.body.load(8, as: UInt32.self) & 0x200 == 0 else { return .other }
            event = readRouteGone(message.body)
        case 80: event = readSwitches(message.body)  // RTM_NEWNETCONF
        default: return .other
        }
        if let event { return .event(event) }
        let family: UInt8 = message.body.load(0)
        // Of other families than IP nothing is asked: bridges, multicast routing.
        return message.body.count > 0 && family != 2 && family != 10 && message.type > 17 ? .other : .unreadable
    }

    private static func family(_ number: UInt8) -> AddressFamily? {
        switch number {
        case 2: .ipv4  // AF_INET
        case 10: .ipv6  // AF_INET6
        default: nil
        }
    }

    /// Hands over each attribute behind a fixed head; false where one is cut off, or `body` says so.
    private static func read(_ view: ByteView, after head: Int, _ body: (Attribute) -> Bool) -> Bool {
        guard view.count >= head else { return false }
        var attributes = AttributeCursor(view.slice(head, view.count))
        while let attribute = attributes.next() {
            guard body(attribute) else { return false }
        }
        return !attributes.isMalformed
    }

    /// `ifinfomsg`: family, pad, type (2), index (4), flags (4), change (4).
    private static func readDevice(_ view: ByteView) -> RouteEvent? {
        var name = ""
        let isWhole = read(view, after: 16) { attribute in
            if attribute.type == 3 {  // IFLA_IFNAME
                name = String(decoding: attribute.payload.array.prefix { $0 != 0 }, as: UTF8.self)
            }
            return true
        }
        guard isWhole, !name.isEmpty else { return nil }
        // IFF_UP
        return .device(number: view.load(4), name: name, isUp: view.load(8, as: UInt32.self) & 1 == 1)
    }

    private static func readDeviceGone(_ view: ByteView) -> RouteEvent? {
        read(view, after: 16) { _ in true } ? .deviceGone(number: view.load(4)) : nil
    }

    /// `ifaddrmsg`: family, length, flags, scope, index (4).
    private static func readAddressGone(_ view: ByteView) -> RouteEvent? {
        guard let family = family(view.load(0)) else { return nil }
        var local: IPAddress?
        var far: IPAddress?
        let isWhole = read(view, after: 8) { attribute in
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
        return .addressGone(found, device: view.load(4))
    }

    /// `rtmsg`: family, target's length, source's length, tos, table, protocol, scope, type, flags (4).
    private static func readRouteGone(_ view: ByteView) -> RouteEvent? {
        guard let family = family(view.load(0)) else { return nil }
        var target: IPAddress? = family == .ipv4 ? IPAddress(ipv4: 0) : IPAddress(ipv6High: 0, low: 0)
        var device: UInt32 = 0
        let isWhole = read(view, after: 12) { attribute in
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
        let isWhole = read(view, after: 4) { attribute in
            guard [1, 2, 5].contains(attribute.type) else { return true }
            guard attribute.payload.count == 4 else { return false }
            let value: UInt32 = attribute.payload.load(0)
            switch attribute.type {
            case 1: switches.device = value  // NETCONFA_IFINDEX
            case 2: switches.forwards = value != 0  // NETCONFA_FORWARDING
            default: switches.answersForOthers = value != 0  // NETCONFA_PROXY_NEIGH
            }
            return true
        }
        return isWhole ? .switches(switches) : nil
    }

    private static func address(_ attribute: Attribute, _ family: AddressFamily) -> IPAddress? {
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
