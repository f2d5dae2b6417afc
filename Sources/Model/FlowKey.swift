/// The five-tuple of a session, by who opened it: packets of both ways share one key.
///
/// For ICMP and ICMPv6 the ports hold type (initiator) and code (target); protocols without ports have zero.
package struct FlowKey: Hashable, Sendable, Codable {
    package let initiator: IPAddress
    package let target: IPAddress
    package let transport: TransportProtocol
    package let initiatorPort: UInt16
    package let targetPort: UInt16

    package init(
        initiator: IPAddress, target: IPAddress, transport: TransportProtocol, initiatorPort: UInt16 = 0,
        targetPort: UInt16 = 0
    ) {
        self.initiator = initiator
        self.target = target
        self.transport = transport
        self.initiatorPort = initiatorPort
        self.targetPort = targetPort
    }

    /// ICMP type of the packet that opened the session; nil for other protocols.
    package var icmpType: UInt8? { transport.isICMP ? UInt8(truncatingIfNeeded: initiatorPort) : nil }

    /// ICMP code of the packet that opened the session; nil for other protocols.
    package var icmpCode: UInt8? { transport.isICMP ? UInt8(truncatingIfNeeded: targetPort) : nil }
}
