package import Model

/// A kind of packet that the guard singles out by protocol and port or type, where it comes from its sender's own address.
///
/// All other packets of a family are alike to it (`kinds`); properties hold that against every packet.
package struct GuardPoint: Hashable, Sendable {
    package let family: AddressFamily
    package let transport: TransportProtocol
    /// Source ports, or ICMP types.
    package let first: UInt16
    /// Target ports, or ICMP codes.
    package let second: ClosedRange<UInt16>

    /// What the guard asks of the two ends beside the packet.
    package struct Ends: Hashable, Sendable {
        let isFromInterface: Bool
        /// Whether the source is link-local, of IPv6.
        let isLinkLocal: Bool
        /// Whether the packet is for the host itself or for many on the link.
        let staysHere: Bool

        package init(isFromInterface: Bool, isLinkLocal: Bool, staysHere: Bool) {
            self.isFromInterface = isFromInterface
            self.isLinkLocal = isLinkLocal
            self.staysHere = staysHere
        }
    }

    /// What is decided of such packets.
    package struct Decision: Hashable, Sendable {
        package let finding: GuardFinding
        /// Whether network ACLs and stateless groups are not asked.
        package let passesEdges: Bool
        /// Whether the sender's groups are not asked, because a rule of the guard's lets it out.
        package let isLetOut: Bool
    }

    package static func kinds(_ family: AddressFamily) -> [GuardPoint] {
        func dhcp(_ from: UInt16, _ to: UInt16) -> GuardPoint {
            GuardPoint(family: family, transport: .udp, first: from, second: to...to)
        }
        switch family {
        case .ipv4: return [dhcp(68, 67), dhcp(67, 68)]
        case .ipv6:
            let types = (UInt16(0)...255).filter(LinkGuard.isOfLink)
            return [dhcp(546, 547), dhcp(547, 546)]
                + types.map { GuardPoint(family: family, transport: .icmpv6, first: $0, second: 0...255) }
        }
    }

    package func decision(_ ends: Ends) -> Decision {
        let (source, target) = addresses(isLinkLocal: ends.isLinkLocal)
        let key = FlowKey(
            initiator: source, target: target, transport: transport, initiatorPort: first,
            targetPort: second.lowerBound)
        let packet = Packet(
            key, from: ends.isFromInterface ? .interface(Identifier(high: 0, low: 0)) : .outside)
        var finding = LinkGuard.judge(
            packet,
            GuardFacts(
                isFromInterface: ends.isFromInterface, ownsSource: ends.isFromInterface,
                sourceIsInterface: ends.isFromInterface, staysHere: ends.staysHere))
        // No rule makes a DHCP server of an instance.
        if finding == .pass, ends.isFromInterface, LinkGuard.isDHCPAnswer(key) { finding = .refuse(.dhcpServer) }
        return Decision(
            finding: finding, passesEdges: LinkGuard.passesEdges(packet, staysHere: ends.staysHere),
            isLetOut: ends.staysHere && LinkGuard.isDHCPRequest(key))
    }

    /// Two addresses of the family that are nobody's in particular.
    private func addresses(isLinkLocal: Bool) -> (IPAddress, IPAddress) {
        switch family {
        case .ipv4: (IPAddress(ipv4: 0xc000_0201), IPAddress(ipv4: 0xc000_0202))
        case .ipv6:
            (
                IPAddress(ipv6High: isLinkLocal ? 0xfe80_0000_0000_0000 : 0x2001_0db8_0000_0000, low: 1),
                IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 2)
            )
        }
    }
}

extension IPAddress {
    /// Whether packets for the address are for many on the link, and not sent on.
    package var isForMany: Bool { LinkGuard.isForMany(self) }

    /// Whether it is a link-local address of IPv6.
    package var isLinkLocal: Bool { family == .ipv6 && LinkGuard.isLinkLocal(self) }
}

extension IPPrefix {
    /// The blocks of addresses that are for many on the link.
    package static let forMany: [IPPrefix] = [
        IPPrefix(containing: IPAddress(ipv4: 0xe000_0000), length: 4), IPPrefix(IPAddress(ipv4: .max)),
        IPPrefix(containing: IPAddress(ipv6High: 0xff00_0000_0000_0000, low: 0), length: 8),
    ]
}
