/// The five-tuple of a session, by who opened it: packets of both ways share one key.
///
/// For ICMP and ICMPv6 the ports hold type (initiator) and code (target). A port is nil where the protocol has none, and where
/// it is not known: the packet's header did not reach so far, or a flood was summed up over it.
package struct FlowKey: Hashable, Sendable, Codable {
    package let initiator: IPAddress
    package let target: IPAddress
    package let transport: TransportProtocol
    package let initiatorPort: UInt16?
    package let targetPort: UInt16?

    package init(
        initiator: IPAddress, target: IPAddress, transport: TransportProtocol, initiatorPort: UInt16? = nil,
        targetPort: UInt16? = nil
    ) {
        self.initiator = initiator
        self.target = target
        self.transport = transport
        let hasPorts = transport.hasPorts || transport.isICMP
        self.initiatorPort = hasPorts ? initiatorPort : nil
        self.targetPort = hasPorts ? targetPort : nil
    }

    /// Whether all is known that the protocol has.
    package var isWhole: Bool {
        !(transport.hasPorts || transport.isICMP) || initiatorPort != nil && targetPort != nil
    }

    /// ICMP type of the packet that opened the session; nil where it is not known, and for other protocols.
    package var icmpType: UInt8? { transport.isICMP ? initiatorPort.map { UInt8(truncatingIfNeeded: $0) } : nil }

    /// ICMP code of the packet that opened the session; nil where it is not known, and for other protocols.
    package var icmpCode: UInt8? { transport.isICMP ? targetPort.map { UInt8(truncatingIfNeeded: $0) } : nil }
}
