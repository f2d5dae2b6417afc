import CNetlink
import Glibc
package import Host

/// A NETLINK_ROUTE socket that hears of devices, routes, addresses and their switches.
package final class RouteSocket {
    private let descriptor: Descriptor
    private var waiting: WaitingDatagrams

    /// RTNLGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR, _IPV6_ROUTE, _IPV4_NETCONF, _IPV6_NETCONF
    private static let groups: [Int32] = [1, 5, 7, 9, 11, 24, 25]

    /// Opens a socket in the network namespace of the calling thread, and listens.
    package init() throws(SystemError) {
        let opened = gh_netlink_open(NETLINK_ROUTE)
        guard opened >= 0 else { throw SystemError("socket", "NETLINK_ROUTE", code: -opened) }
        descriptor = Descriptor(owning: opened)
        waiting = WaitingDatagrams(opened, "NETLINK_ROUTE")
        var size: Int32 = 4 << 20
        try check("setsockopt", "SO_RCVBUFFORCE") {
            unsafe setsockopt(opened, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        for group in Self.groups {
            var group = group
            try check("setsockopt", "NETLINK_ADD_MEMBERSHIP") {
                unsafe setsockopt(
                    opened, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, socklen_t(MemoryLayout<Int32>.size))
            }
        }
    }

    package var number: Int32 { descriptor.number }

    /// Hands over what waits; tells whether it is all: where the kernel had no room, or a message cannot be read, something
    /// is missing.
    package func drain(_ each: (RouteEvent) -> Void) throws(SystemError) -> Bool {
        var isWhole = true
        try waiting.forEach { view in
            guard let view else {
                isWhole = false
                return
            }
            var cursor = RouteEventCursor(view)
            while let event = cursor.next() { each(event) }
            if cursor.isMalformed || cursor.skipped > 0 { isWhole = false }
        }
        return isWhole
    }
}
