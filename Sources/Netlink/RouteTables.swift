import CNetlink
package import Host
package import Model

/// What the kernel holds of devices, addresses and default routes at this moment, in the present network namespace.
package struct RouteTables {
    let channel: RequestChannel

    package init() throws(SystemError) {
        let opened = gh_netlink_open(NETLINK_ROUTE)
        guard opened >= 0 else { throw SystemError("socket", "NETLINK_ROUTE", code: -opened) }
        channel = RequestChannel(Descriptor(owning: opened))
    }

    /// Every device.
    package func devices() throws(NetlinkError) -> [NetworkDevice] {
        var found: [NetworkDevice] = []
        try dump("the list of devices", type: 18) {  // RTM_GETLINK
            if case .device(let device) = $0 { found.append(device) }
        }
        return found
    }

    /// The host's own addresses, with the number of the device that has each.
    package func addresses() throws(NetlinkError) -> [(address: IPAddress, device: UInt32)] {
        var found: [(address: IPAddress, device: UInt32)] = []
        try dump("the list of addresses", type: 22) {  // RTM_GETADDR
            if case .address(let address, let device) = $0 { found.append((address, device)) }
        }
        return found
    }

    /// The numbers of devices that default routes of the main table lead over.
    package func uplinks() throws(NetlinkError) -> Set<UInt32> {
        var found: Set<UInt32> = []
        try dump("the list of routes", type: 26) {  // RTM_GETROUTE
            if case .defaultRoute(let device) = $0 { found.insert(device) }
        }
        return found
    }

    /// Asks for everything of a kind, in both families. A table that changes while it is told is told again.
    private func dump(_ name: String, type: UInt16, _ each: (RouteEvent) -> Void) throws(NetlinkError) {
        var tries = 0
        while true {
            var events: [RouteEvent] = []
            do {
                try channel.exchange(
                    name,
                    { message in
                        switch RouteEvent.read(message) {
                        case .event(let event): events.append(event)
                        case .other: break
                        case .unreadable: return false
                        }
                        return true
                    }
                ) { MessageBuilder.request(type: type, flags: NLM_F_DUMP, sequence: $0) { _ in } }
            } catch .interrupted where tries < 5 {
                tries += 1
                continue
            }
            events.forEach(each)
            return
        }
    }
}
