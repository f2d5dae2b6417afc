import CNetlink
package import Model

/// Where the host sends what it has for an address.
package struct RouteLookup: Equatable, Sendable {
    /// The number of the device that it leaves by.
    package var device: UInt32 = 0
    /// The router that it is handed to; nil where the address is on the link itself.
    package var nextHop: IPAddress?
    /// The host's own address that it is sent from, where the route says so.
    package var source: IPAddress?

    package init() {}
}

extension RouteTables {
    /// What the kernel would do now with a packet of the host's own; nil where it has no route.
    package func lookUp(_ address: IPAddress) throws(NetlinkError) -> RouteLookup? {
        var found: RouteLookup?
        do {
            try channel.exchange("the route to \(address)") { message in
                guard message.type == 24 else { return true }  // RTM_NEWROUTE
                found = RouteLookup(message.body, address.family)
                return found != nil
            } _: {
                // RTM_GETROUTE, NLM_F_ACK: a single answer, and the end behind it.
                MessageBuilder.request(
                    type: 26, flags: 4, sequence: $0, family: address.family == .ipv4 ? 2 : 10
                ) { builder in
                    // The rest of `rtmsg`: table, protocol, scope, type, flags (4).
                    builder.header([UInt8](repeating: 0, count: 8))
                    builder.attribute(1, address.bytes)  // RTA_DST
                }
            }
        } catch .refused {
            return nil
        }
        return found
    }
}

extension RouteLookup {
    /// `rtmsg`: family, target's length, source's length, tos, table, protocol, scope, type, flags (4).
    fileprivate init?(_ view: ByteView, _ family: AddressFamily) {
        let isWhole = view.forEachAttribute(after: 12) { attribute in
            switch attribute.type {
            case 4:  // RTA_OIF
                guard attribute.payload.count == 4 else { return false }
                device = attribute.payload.load(0)
            case 5:  // RTA_GATEWAY
                nextHop = RouteEvent.address(attribute, family)
                return nextHop != nil
            case 7:  // RTA_PREFSRC
                source = RouteEvent.address(attribute, family)
                return source != nil
            case 18:  // RTA_VIA: a next hop of the other family; `rtvia` is the family (2) and the address
                guard attribute.payload.count == 18, attribute.payload.load(0, as: UInt16.self) == 10 else { break }
                nextHop = IPAddress(ipv6High: attribute.payload.big(2), low: attribute.payload.big(10))
            default: break
            }
            return true
        }
        guard isWhole, device != 0 else { return nil }
    }
}
