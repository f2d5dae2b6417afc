package import Model

/// What the guard makes of a packet before any group sees it.
package enum GuardFinding: Hashable, Sendable {
    /// The groups judge it.
    case pass
    /// DHCP client, neighbour discovery or multicast listening: let through unjudged.
    case upkeep
    case refuse(GuardRule)
}

/// The guard's rules about one packet; they need no policy beyond the sender's own addresses.
///
/// In this order, for what an interface sends:
/// 1. Upkeep passes: IPv4 UDP 68→67 from 0.0.0.0; IPv6 UDP 546→547 from `::` or fe80::/10; ICMPv6
///    130, 131, 132, 133, 135, 136, 143 from an own address, `::` or fe80::/10.
/// 2. ICMPv6 134 and 137 from such a source: an instance that advertises or redirects routes is refused.
/// 3. A source address or MAC that is not the interface's own is refused.
/// 4. IPv4 UDP 67→68 and IPv6 UDP 547→546: an instance that serves DHCP is refused.
/// 5. IPv4 UDP 68→67 and IPv6 UDP 546→547 with an own address is let out by a rule of the guard's own
///    (`isDHCPClient`), and judged at its target like all else.
///
/// For what comes from outside only ICMPv6 130–136 and 143 are upkeep: conntrack leaves them untracked, and without
/// them no neighbour finds the instance.
enum LinkGuard {
    @inline(__always)
    static func isUpkeepFromOutside(_ key: FlowKey) -> Bool {
        guard key.transport.rawValue == 58, key.initiator.family.code == 6 else { return false }
        return (130...136).contains(key.initiatorPort) || key.initiatorPort == 143
    }

    /// Judges what an interface sends, knowing whether its source address and its MAC, where given, are its own.
    @inline(__always)
    static func judge(_ key: FlowKey, ownsSource: Bool, hasOwnMAC: Bool) -> GuardFinding {
        let transport = key.transport.rawValue
        if transport == 17 || transport == 58, let finding = upkeep(key, ownsSource: ownsSource && hasOwnMAC) {
            return finding
        }
        return ownsSource && hasOwnMAC ? .pass : .refuse(.spoof)
    }

    /// Whether the packet is a DHCP client's to its server; asked once the source is known to be its own.
    @inline(__always)
    static func isDHCPClient(_ key: FlowKey) -> Bool {
        guard key.transport.rawValue == 17 else { return false }
        return key.initiator.family.code == 4
            ? key.initiatorPort == 68 && key.targetPort == 67 : key.initiatorPort == 546 && key.targetPort == 547
    }

    /// Whether network ACLs are not asked: DHCP either way, and ICMPv6 of neighbours, routers and multicast listeners,
    /// of which the guard and the groups refuse what instances may not send.
    static func passesEdges(_ key: FlowKey) -> Bool {
        switch (key.initiator.family, key.transport, key.initiatorPort, key.targetPort) {
        case (.ipv4, .udp, 68, 67), (.ipv4, .udp, 67, 68), (.ipv6, .udp, 546, 547), (.ipv6, .udp, 547, 546): true
        case (.ipv6, .icmpv6, 130...137, _), (.ipv6, .icmpv6, 143, _): true
        default: false
        }
    }

    private static func upkeep(_ key: FlowKey, ownsSource: Bool) -> GuardFinding? {
        switch (key.initiator.family.code, key.transport.rawValue) {
        case (4, 17):
            if key.initiatorPort == 67, key.targetPort == 68 { return ownsSource ? .refuse(.dhcpServer) : nil }
            return isDHCPClient(key) && key.initiator.low == 0 ? .upkeep : nil
        case (6, 17):
            if key.initiatorPort == 547, key.targetPort == 546 { return ownsSource ? .refuse(.dhcpServer) : nil }
            return isDHCPClient(key) && isLinkSource(key.initiator) ? .upkeep : nil
        case (6, 58):
            switch key.initiatorPort {
            case 134, 137: return ownsSource || isLinkSource(key.initiator) ? .refuse(.routerAdvertisement) : nil
            case 130, 131, 132, 133, 135, 136, 143: return ownsSource || isLinkSource(key.initiator) ? .upkeep : nil
            default: return nil
            }
        default: return nil
        }
    }

    /// `::` before an address is assigned, or link-local.
    private static func isLinkSource(_ address: IPAddress) -> Bool {
        (address.high == 0 && address.low == 0) || address.high >> 54 == 0x3fa
    }
}
