package import Attribution
package import Model
package import Netlink

/// Makes session events of the packets that NFLOG reports.
package enum EventDecoder {
    /// The event of a packet; nil when its prefix is not ours or its interface is not known.
    package static func event(
        _ packet: LoggedPacket, _ view: ByteView, _ prefix: LogPrefix, sequence: UInt64, now: Int64,
        attributor: Attributor
    ) -> SessionEvent? {
        let number = prefix.direction == .egress ? packet.inputDevice : packet.outputDevice
        let header = packet.header
        let local = prefix.direction == .egress ? source(header) : target(header)
        guard let port = attributor.port(deviceNumber: number) ?? attributor.port(address: local) else { return nil }
        let time = packet.time > 0 ? packet.time : now
        var stage = Stage.group
        var verdict = Verdict.drop
        let rule: Identifier<Rule>
        switch prefix.reason {
        case .accepted(let index):
            verdict = .accept
            stage = index == MarkLayout.dhcpClientIndex ? .guard : .group
            rule = attributor.rule(index, prefix.direction) ?? RuleReference.unnamedAccept.id
        case .refusedAtEdge(let index, let edge, let refusing):
            stage = refusing
            rule = attributor.rule(index, edge) ?? RuleReference.unnamedRefusal.id
        case .refused: rule = port.refusal(prefix.direction)
        case .guarded(let reason):
            stage = .guard
            rule = reason.id
        }
        return SessionEvent(
            sequence: sequence, time: Timestamp(nanoseconds: time), verdict: verdict, stage: stage, rule: rule,
            revision: attributor.revision(at: time), interface: port.interface, direction: prefix.direction,
            key: FlowKey(
                initiator: source(header), target: target(header),
                transport: TransportProtocol(rawValue: header.transport), initiatorPort: header.sourcePort,
                targetPort: header.targetPort),
            packet: view.slice(packet.payloadOffset, packet.payloadLength).array,
            sourceMAC: packet.sourceMAC == 0 ? nil : MACAddress(bits: packet.sourceMAC),
            targetMAC: packet.targetMAC == 0 ? nil : MACAddress(bits: packet.targetMAC))
    }

    private static func source(_ header: PacketHeader) -> IPAddress {
        header.isIPv6
            ? IPAddress(ipv6High: header.sourceHigh, low: header.sourceLow)
            : IPAddress(ipv4: UInt32(truncatingIfNeeded: header.sourceLow))
    }

    private static func target(_ header: PacketHeader) -> IPAddress {
        header.isIPv6
            ? IPAddress(ipv6High: header.targetHigh, low: header.targetLow)
            : IPAddress(ipv4: UInt32(truncatingIfNeeded: header.targetLow))
    }
}
