package import Attribution
package import Model
package import Netlink

/// Makes session events of the packets that NFLOG reports.
package enum EventDecoder {
    /// The event of a packet; nil when its prefix is not ours or its interface is not known.
    ///
    /// * `translated`: sessions whose addresses are translated. Of what is refused no session comes, and nothing is known.
    package static func event(
        _ packet: LoggedPacket, _ view: ByteView, _ prefix: LogPrefix, sequence: UInt64, now: Int64,
        attributor: Attributor, translated: TranslatedSessions = TranslatedSessions()
    ) -> SessionEvent? {
        let header = packet.header
        // A packet that was judged for its session goes from the session's target to its initiator.
        let isAnswer = packet.mark == EdgeMark.answer
        let isSource = (prefix.direction == .egress) != isAnswer
        let number = isSource ? packet.inputDevice : packet.outputDevice
        let local = isSource ? source(header) : target(header)
        // On a bridge the device is the bridge; what goes to many names its target by the port alone.
        guard
            let port = attributor.port(deviceNumber: number) ?? attributor.port(address: local)
                ?? attributor.port(deviceNumber: isSource ? packet.inputPort : packet.outputPort)
        else { return nil }
        let time = packet.time > 0 ? packet.time : now
        var stage = Stage.group
        var verdict = Verdict.drop
        var isObservation = false
        let rule: Identifier<Rule>
        switch prefix.reason {
        case .accepted(let index):
            verdict = .accept
            rule = attributor.rule(index, prefix.direction) ?? RuleReference.unnamedAccept.id
            stage = attributor.stage(of: rule)
        case .refusedAtEdge(let index, let edge, let refusing):
            stage = refusing
            rule = attributor.rule(index, edge) ?? RuleReference.unnamedRefusal.id
        case .blocked:
            stage = .enterprise
            rule =
                attributor.rule(MarkLayout.index(packet.mark, prefix.direction), prefix.direction)
                ?? RuleReference.unnamedBlock.id
        case .observed(let index):
            verdict = .accept
            isObservation = true
            stage = .enterprise
            rule = attributor.rule(index, prefix.direction) ?? RuleReference.unnamedBlock.id
        case .refused:
            stage = port.refusingStage
            rule = port.refusal(prefix.direction)
        case .guarded(let reason):
            stage = .guard
            verdict = reason.refuses ? .drop : .accept
            rule = port.reason(reason).id
        }
        let seen = isAnswer ? key(header).sessionOfAnswer : key(header)
        let translation = verdict == .accept && !isObservation ? translated[seen] : nil
        return SessionEvent(
            sequence: sequence, time: Timestamp(nanoseconds: time), verdict: verdict, isObservation: isObservation,
            stage: stage, rule: rule,
            revision: attributor.revision(at: time), interface: port.interface, direction: prefix.direction,
            key: translation?.seen(at: prefix.direction) ?? seen, translation: translation,
            packet: view.slice(packet.payloadOffset, packet.payloadLength).array,
            sourceMAC: packet.sourceMAC == 0 ? nil : MACAddress(bits: packet.sourceMAC),
            targetMAC: packet.targetMAC == 0 ? nil : MACAddress(bits: packet.targetMAC))
    }

    private static func key(_ header: PacketHeader) -> FlowKey {
        FlowKey(
            initiator: source(header), target: target(header),
            transport: TransportProtocol(rawValue: header.transport),
            initiatorPort: header.showsPorts ? header.sourcePort : nil,
            targetPort: header.showsPorts ? header.targetPort : nil)
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

extension FlowKey {
    /// The key of the session that a packet answers.
    fileprivate var sessionOfAnswer: FlowKey {
        guard transport.isICMP else {
            return FlowKey(
                initiator: target, target: initiator, transport: transport, initiatorPort: targetPort,
                targetPort: initiatorPort)
        }
        // An answer's type and code are its own; requests have code 0.
        let requests: [UInt16: UInt16] = transport == .icmp ? [0: 8, 14: 13, 16: 15, 18: 17] : [129: 128, 140: 139]
        return FlowKey(
            initiator: target, target: initiator, transport: transport,
            initiatorPort: initiatorPort.map { requests[$0] ?? $0 }, targetPort: targetPort)
    }
}
