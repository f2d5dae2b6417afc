package import Model

/// What the guard makes of a packet before any group sees it.
package enum GuardFinding: Hashable, Sendable {
    /// The groups judge it.
    case pass
    /// DHCP, neighbour discovery or multicast listening: let through unjudged.
    case upkeep
    case refuse(GuardRule)
}

/// What the guard needs to know of a packet beside its key.
struct GuardFacts {
    /// Whether an interface of ours sent it, whose address and MAC, where given, the source is.
    var isFromInterface: Bool
    var ownsSource: Bool
    /// Whether the source is an address that an interface of ours has.
    var sourceIsInterface: Bool
    /// Whether it is for the host itself or for many on the link: what is not forwarded.
    var staysHere: Bool
}

/// The guard's rules about one packet.
///
/// In this order:
/// 1. An IPv6 packet with an authentication header is refused: connection tracking reads past it.
///    Of an interface's packet that is to go on and has no hop left the host tells its sender (`hop-limit`).
/// 2. What an interface sends: router advertisements and redirects (ICMPv6 134, 137), and a source address or MAC that is not
///    the interface's own, are refused. A DHCP request without an address is upkeep; with one it is let out to the host by a
///    rule of the guard's own (`isDHCPRequest`). To others it is judged like all else. A DHCP answer (UDP 67→68, 547→546)
///    that begins a session is refused, after the network ACLs and stateless groups.
/// 3. What somebody else sends with the address of an interface of ours is refused, except by the host itself.
/// 4. ICMPv6 130–136 and 143 are upkeep from the host, and to the host or to many on the link, with the hop limit that says
///    that they come from the link; all others are refused. DHCP answers of the host are upkeep.
enum LinkGuard {
    @inline(__always)
    static func concerns(_ packet: Packet) -> Bool {
        let transport = packet.key.transport.rawValue
        return transport == 17 || transport == 58 || transport == 51 || packet.hasAuthenticationHeader
    }

    /// Whether routers may not send it on.
    @inline(__always)
    static func hasNoHopLeft(_ packet: Packet) -> Bool { packet.hopLimit.map { $0 <= 1 } ?? false }

    @inline(__always)
    static func judge(_ packet: Packet, _ facts: GuardFacts) -> GuardFinding {
        if hasNoHopLeft(packet), facts.ownsSource, !facts.staysHere,
            packet.key.initiator.family.code == 4
                || !packet.hasAuthenticationHeader && packet.key.transport.rawValue != 51
        {
            return .refuse(.hopLimit)
        }
        if concerns(packet), let finding = special(packet, facts) { return finding }
        if facts.isFromInterface { return facts.ownsSource ? .pass : .refuse(.spoof) }
        return facts.sourceIsInterface && packet.origin != .host ? .refuse(.impostor) : .pass
    }

    private static func special(_ packet: Packet, _ facts: GuardFacts) -> GuardFinding? {
        let key = packet.key
        let isIPv6 = key.initiator.family.code == 6
        if isIPv6, packet.hasAuthenticationHeader || key.transport.rawValue == 51 { return .refuse(.headers) }
        if isIPv6, key.transport.rawValue == 58 { return ofLink(packet, facts) }
        guard key.transport.rawValue == 17 else { return nil }
        if isDHCPAnswer(key) { return packet.origin == .host ? .upkeep : nil }
        guard facts.isFromInterface, isDHCPRequest(key) else { return nil }
        if isIPv6 { return isLinkLocal(key.initiator) ? .upkeep : nil }
        return key.initiator.low == 0 && key.target.low == 0xffff_ffff ? .upkeep : nil
    }

    /// ICMPv6 of the link; nil for other ICMPv6, and where the source is nobody's to send from.
    private static func ofLink(_ packet: Packet, _ facts: GuardFacts) -> GuardFinding? {
        guard let type = packet.key.initiatorPort, isOfLink(type) else { return nil }
        if packet.origin == .host { return .upkeep }
        if facts.isFromInterface {
            guard facts.ownsSource || isLinkSource(packet.key.initiator) else { return nil }
            if type == 134 || type == 137 { return .refuse(.routerAdvertisement) }
        } else if facts.sourceIsInterface {
            return nil
        }
        guard facts.staysHere else { return .refuse(.linkUpkeep) }
        let wanted: UInt8 = (130...132).contains(type) || type == 143 ? 1 : 255
        // What others send to the host itself is not ours to judge.
        guard facts.isFromInterface else { return .upkeep }
        return packet.hopLimit ?? wanted == wanted ? .upkeep : .refuse(.linkUpkeep)
    }

    static func isOfLink(_ type: UInt16) -> Bool { (130...137).contains(type) || type == 143 }

    /// A DHCP client's packet to its server.
    @inline(__always)
    static func isDHCPRequest(_ key: FlowKey) -> Bool {
        guard key.transport.rawValue == 17 else { return false }
        return key.initiator.family.code == 4
            ? key.initiatorPort == 68 && key.targetPort == 67 : key.initiatorPort == 546 && key.targetPort == 547
    }

    static func isDHCPAnswer(_ key: FlowKey) -> Bool {
        guard key.transport.rawValue == 17 else { return false }
        return key.initiator.family.code == 4
            ? key.initiatorPort == 67 && key.targetPort == 68 : key.initiatorPort == 547 && key.targetPort == 546
    }

    /// Whether network ACLs and stateless groups are not asked: DHCP with the host, and ICMPv6 of neighbours, routers and
    /// multicast listeners, which the guard judges alone.
    static func passesEdges(_ packet: Packet, staysHere: Bool) -> Bool {
        let key = packet.key
        if key.transport.rawValue == 58, key.initiator.family.code == 6 {
            return key.initiatorPort.map(isOfLink) ?? false
        }
        if isDHCPRequest(key) { return staysHere && packet.origin != .host }
        return isDHCPAnswer(key) && packet.origin == .host
    }

    /// Whether a target is everybody's, or many's, on the link.
    static func isForMany(_ address: IPAddress) -> Bool {
        address.family.code == 4
            ? address.low >> 28 == 0xe || address.low == 0xffff_ffff : address.high >> 56 == 0xff
    }

    /// `::` before an address is assigned, or link-local.
    private static func isLinkSource(_ address: IPAddress) -> Bool {
        (address.high == 0 && address.low == 0) || isLinkLocal(address)
    }

    static func isLinkLocal(_ address: IPAddress) -> Bool { address.high >> 54 == 0x3fa }
}
