package import Attribution
package import Model
package import Netlink
package import Spools

/// Records of what the counting sets hold.
extension Recorder {
    /// When a generation of the counting sets was written into.
    package struct Span: Sendable {
        package let start: Timestamp
        package let end: Timestamp

        package init(start: Timestamp, end: Timestamp) {
            self.start = start
            self.end = end
        }
    }

    /// The kernel's numbers of the sessions that a set's elements name.
    package static func connections(_ elements: [RuleTable.Element], in set: CountingSet) -> Set<UInt32> {
        guard set.columns.contains(.notedConnection) else { return [] }
        return Set(elements.map { CountedFields($0.key, of: set).connection })
    }

    /// The records of one element.
    ///
    /// * `quoted`: what is known of the sessions that errors were about.
    package func records(
        of element: RuleTable.Element, in set: CountingSet, _ span: Span, quoted: QuotedSessions = QuotedSessions()
    ) -> [FlowRecord] {
        guard !element.traffic.isZero else { return [] }
        let fields = CountedFields(element.key, of: set)
        switch set.meaning {
        case .refused(let direction), .coarse(let direction):
            return [refusal(fields, direction, element.traffic, span)].compactMap(\.self)
        case .refusedAfterEgress:
            return insideRefusal(fields, element.traffic, span)
        case .guarded(let rule, let direction):
            guard
                let port = (fields.inputDevice ?? fields.outputDevice).flatMap(attributor.port(device:))
                    ?? attributor.port(address: direction == .egress ? fields.key.initiator : fields.key.target)
            else { return [] }
            return [
                make(
                    port, direction, rule.refuses ? .drop : .accept, .guard, port.reason(rule).id, fields.key,
                    rule.refuses ? .refused : .new, element.traffic, .zero, span)
            ]
        case .resentOpening:
            return resent(fields.key, mark: fields.mark, fromInitiator: element.traffic, fromTarget: .zero, span)
        case .extra:
            return extraHandshake(fields, element.traffic, span)
        case .error(let end):
            return errors(fields, to: end, quoted[fields.connection], element.traffic, span)
        case .unsent: return []
        case .admittedMany:
            guard let port = fields.outputDevice.flatMap(attributor.port(device:)) else { return [] }
            let rule =
                attributor.rule(MarkLayout.ingressIndex(fields.mark), .ingress) ?? RuleReference.unnamedAccept.id
            return [
                make(
                    port, .ingress, .accept, attributor.stage(of: rule), rule, fields.key, .new, element.traffic, .zero,
                    span)
            ]
        case .manyOnBridge(let direction, let isAdmitted):
            guard let port = (fields.inputDevice ?? fields.outputDevice).flatMap(attributor.port(device:)) else {
                return []
            }
            let rule =
                isAdmitted
                ? attributor.rule(fields.rule, direction) ?? RuleReference.unnamedAccept.id : port.refusal(direction)
            return [
                make(
                    port, direction, isAdmitted ? .accept : .drop, isAdmitted ? .group : port.refusingStage, rule,
                    fields.key, isAdmitted ? .new : .refused, element.traffic, .zero, span)
            ]
        case .coarseError(let end):
            return errors(fields, to: end, nil, element.traffic, span)
        case .overflow(let kind, let direction):
            // On a bridge the address says which it is.
            guard
                let port = (fields.inputDevice ?? fields.outputDevice).flatMap(attributor.port(device:))
                    ?? attributor.port(address: direction == .egress ? fields.key.initiator : fields.key.target)
            else { return [] }
            let (verdict, stage, rule): (Verdict, Stage, Identifier<Rule>) =
                switch kind {
                case .accepted: (.accept, .group, RuleReference.unnamedAccept.id)
                case .refused: (.drop, port.refusingStage, port.refusal(direction))
                case .guarded: (.drop, .guard, RuleReference.unnamedGuard.id)
                }
            return [
                make(
                    port, direction, verdict, stage, rule, fields.key, verdict == .drop ? .refused : .new,
                    element.traffic, .zero, span, isTotal: true)
            ]
        case .blocked(let direction):
            return [blocked(fields, direction, element.traffic, span)].compactMap(\.self)
        case .coarseBlocked(let direction):
            return [blocked(fields, direction, element.traffic, span, isTotal: true)].compactMap(\.self)
        case .blockedAfterEgress:
            return blockedInside(fields, element.traffic, span)
        case .observed: return []
        case .refusedAtEdge(let direction):
            return edgeRefusals([direction], fields, element.traffic, span)
        case .refusedAtEdgeInside:
            return edgeRefusals([.egress, .ingress], fields, element.traffic, span)
        case .coarseAtEdge:
            let isAtTarget = EdgeMark.direction(fields.mark) == .ingress
            return edgeRefusals(
                isAtTarget ? [.egress, .ingress] : [.egress], fields, element.traffic, span, isTotal: true)
        }
    }

    /// What the host did not send on of known sessions, as an element counted it: at each end that is here and has records of it.
    package func unsent(_ element: RuleTable.Element, in set: CountingSet, _ span: Span) -> [LossStatement] {
        guard case .unsent(let sender) = set.meaning, !element.traffic.isZero else { return [] }
        let fields = CountedFields(element.key, of: set)
        let traffic = Traffic(
            packets: element.traffic.packets, bytes: element.traffic.packets &* UInt64(fields.length))
        let ends = [
            (fields.key.initiator, MarkLayout.egressIndex(fields.mark), sender == .initiator),
            (fields.key.target, MarkLayout.ingressIndex(fields.mark), sender == .target),
        ]
        return ends.compactMap { address, index, isSender in
            guard index != 0, let port = attributor.port(address: address) else { return nil }
            return LossStatement(
                interface: port.interface, way: isSender ? .out : .into, reason: .notSentOn, traffic: traffic,
                since: span.start, until: span.end)
        }
    }

    private func refusal(
        _ fields: CountedFields, _ direction: Direction, _ traffic: Traffic, _ span: Span
    ) -> FlowRecord? {
        let address = direction == .egress ? fields.key.initiator : fields.key.target
        let port = fields.outputDevice.flatMap(attributor.port(device:)) ?? attributor.port(address: address)
        return port.map {
            make(
                $0, direction, .drop, $0.refusingStage, $0.refusal(direction), fields.key, .refused, traffic, .zero,
                span)
        }
    }

    /// A refusal by an enterprise rule, which the key's mark names, at one end.
    private func blocked(
        _ fields: CountedFields, _ direction: Direction, _ traffic: Traffic, _ span: Span, isTotal: Bool = false
    ) -> FlowRecord? {
        // A key of one address alone has that of the end, whichever it is.
        let address = direction == .egress ? fields.key.initiator : fields.key.target
        let port = fields.outputDevice.flatMap(attributor.port(device:)) ?? attributor.port(address: address)
        let rule =
            attributor.rule(MarkLayout.index(fields.mark, direction), direction) ?? RuleReference.unnamedBlock.id
        return port.map {
            make(
                $0, direction, .drop, .enterprise, rule, fields.key, .refused, traffic, .zero, span, isTotal: isTotal)
        }
    }

    /// Let out at one end and blocked at the other: a record for each.
    private func blockedInside(_ fields: CountedFields, _ traffic: Traffic, _ span: Span) -> [FlowRecord] {
        [letOut(fields, traffic, span), blocked(fields, .ingress, traffic, span)].compactMap(\.self)
    }

    /// The sender's end of a session that was refused at its target's, on the same host.
    private func letOut(_ fields: CountedFields, _ traffic: Traffic, _ span: Span) -> FlowRecord? {
        let rule = attributor.rule(MarkLayout.egressIndex(fields.mark), .egress) ?? RuleReference.unnamedAccept.id
        return attributor.port(address: fields.key.initiator).map {
            make(
                $0, .egress, .accept, attributor.stage(of: rule), rule, fields.key, .new, traffic, .zero, span)
        }
    }

    /// A refusal by a network ACL or stateless groups, as each end has it that is here: the sender's (egress), the target's
    /// (ingress). The mark says which rule it was; a key that names no addresses (`isTotal`) names devices.
    private func edgeRefusals(
        _ ends: [Direction], _ fields: CountedFields, _ traffic: Traffic, _ span: Span, isTotal: Bool = false
    ) -> [FlowRecord] {
        let rule =
            attributor.rule(EdgeMark.index(fields.mark), EdgeMark.direction(fields.mark))
            ?? RuleReference.unnamedRefusal.id
        return ends.compactMap { direction in
            let isSender = direction == .egress
            let port =
                isTotal
                ? (isSender ? fields.inputDevice : fields.outputDevice).flatMap(attributor.port(device:))
                : attributor.port(address: isSender ? fields.key.initiator : fields.key.target)
            return port.map {
                make(
                    $0, direction, .drop, EdgeMark.stage(fields.mark), rule, fields.key, .refused, traffic, .zero, span,
                    isTotal: isTotal)
            }
        }
    }

    /// Let out at one end and refused at the other: a record for each.
    private func insideRefusal(_ fields: CountedFields, _ traffic: Traffic, _ span: Span) -> [FlowRecord] {
        [letOut(fields, traffic, span), refusal(fields, .ingress, traffic, span)].compactMap(\.self)
    }

    /// An ICMP error that belongs to a session: recorded as a flow of its own, at each end under the rule that admitted the
    /// session there, which is an egress rule where the session was opened, whichever way the error went.
    private func errors(
        _ fields: CountedFields, to end: CountingSet.SessionEnd, _ session: QuotedSessions.Session?,
        _ traffic: Traffic, _ span: Span
    ) -> [FlowRecord] {
        let ends = [
            (fields.key.initiator, Direction.egress, end == .initiator ? Direction.ingress : .egress),
            (fields.key.target, .ingress, end == .initiator ? .egress : .ingress),
        ]
        return ends.compactMap { address, direction, admission in
            guard let port = attributor.port(address: address) else { return nil }
            let index =
                admission == .egress ? MarkLayout.egressIndex(fields.mark) : MarkLayout.ingressIndex(fields.mark)
            // The mark of what a helper announced does not say which rule is of which end.
            let isNamed = index != 0 && session?.isExpected != true
            let rule = isNamed ? attributor.rule(index, admission) : nil
            return make(
                port, direction, .accept, attributor.stage(of: rule), rule ?? RuleReference.unnamedAccept.id,
                fields.key,
                .continuing, traffic, .zero, span, judgedAt: session?.start)
        }
    }

    /// A SYN or SYN-ACK came again: more of what the session's initiator or target sent.
    ///
    /// * `session`: the session's key, whichever way the packet went.
    private func resent(
        _ session: FlowKey, mark: UInt32, fromInitiator: Traffic, fromTarget: Traffic, _ span: Span
    ) -> [FlowRecord] {
        let ends = [
            (session.initiator, MarkLayout.egressIndex(mark), Direction.egress),
            (session.target, MarkLayout.ingressIndex(mark), .ingress),
        ]
        return ends.compactMap { address, index, direction in
            guard index != 0, let port = attributor.port(address: address) else { return nil }
            let rule = attributor.rule(index, direction) ?? RuleReference.unnamedAccept.id
            return make(
                port, direction, .accept, attributor.stage(of: rule), rule, session, .continuing, fromInitiator,
                fromTarget, span)
        }
    }

    private func extraHandshake(_ fields: CountedFields, _ traffic: Traffic, _ span: Span) -> [FlowRecord] {
        let key = fields.key
        let session = FlowKey(
            initiator: key.target, target: key.initiator, transport: key.transport, initiatorPort: key.targetPort,
            targetPort: key.initiatorPort)
        return resent(session, mark: fields.mark, fromInitiator: .zero, fromTarget: traffic, span)
    }

    private func make(
        _ port: Attributor.Port, _ direction: Direction, _ verdict: Verdict, _ stage: Stage, _ rule: Identifier<Rule>,
        _ key: FlowKey, _ state: FlowRecord.State, _ fromInitiator: Traffic, _ fromTarget: Traffic, _ span: Span,
        isTotal: Bool = false, judgedAt: Int64? = nil
    ) -> FlowRecord {
        let start = min(max(span.start, window.start), window.end)
        return FlowRecord(
            windowStart: window.start, windowEnd: window.end, start: start, end: max(start, min(span.end, window.end)),
            connectionStart: start, connection: 0, interface: port.interface, direction: direction, verdict: verdict,
            stage: stage, rule: rule, revision: attributor.revision(at: judgedAt ?? span.end.nanoseconds), key: key,
            detail: isTotal ? .total : key.isWhole ? .full : .coarse, state: state, fromInitiator: fromInitiator,
            fromTarget: fromTarget,
            cumulativeFromInitiator: fromInitiator,
            cumulativeFromTarget: fromTarget,
            observed: isTotal || !key.isWhole ? [] : observed.rules(key, direction))
    }
}

/// The components of a counting set's key.
struct CountedFields {
    private(set) var key: FlowKey
    private(set) var inputDevice: String?
    private(set) var outputDevice: String?
    private(set) var mark: UInt32 = 0
    /// The index of the rule that let it through; 0 where the key has none.
    private(set) var rule: UInt16 = 0
    /// The kernel's number of a session's entry, as conntrack's messages have it; 0 where the key has none.
    private(set) var connection: UInt32 = 0
    /// Length of the packet that an ICMP error quotes, from its IP header on; 0 where the key has none.
    private(set) var length = 0

    /// Reads a key as the kernel keeps it: each component padded to four bytes; numbers of packets in network byte order,
    /// the mark in the host's.
    init(_ bytes: [UInt8], of set: CountingSet) {
        var offset = 0
        func take(_ count: Int) -> ArraySlice<UInt8> {
            let start = min(offset, bytes.count)
            let part = bytes[start..<min(start + count, bytes.count)]
            offset += (count + 3) & ~3
            return part
        }
        func number(_ count: Int) -> UInt64 { take(count).reduce(0) { $0 << 8 | UInt64($1) } }
        func address() -> IPAddress {
            set.family == .ipv6
                ? IPAddress(ipv6High: number(8), low: number(8))
                : IPAddress(ipv4: UInt32(truncatingIfNeeded: number(4)))
        }
        func device() -> String { String(decoding: take(16).prefix { $0 != 0 }, as: UTF8.self) }
        var source = IPAddress(ipv4: 0)
        var target = IPAddress(ipv4: 0)
        var transport = set.transport ?? TransportProtocol(rawValue: 0)
        var ports: (UInt16?, UInt16?) = (nil, nil)
        for column in set.columns {
            switch column {
            case .inputDevice: inputDevice = device()
            case .outputDevice: outputDevice = device()
            case .source, .initiator: source = address()
            case .target, .responder: target = address()
            case .transport, .firstHeader: transport = TransportProtocol(rawValue: UInt8(truncatingIfNeeded: number(1)))
            case .sourcePort: ports.0 = UInt16(truncatingIfNeeded: number(2))
            case .targetPort: ports.1 = UInt16(truncatingIfNeeded: number(2))
            case .typeAndCode:
                let pair = UInt16(truncatingIfNeeded: number(2))
                // Other protocols have something else in these bytes.
                if transport.isICMP { ports = (pair >> 8, pair & 0xff) }
            // No set has these in its key.
            case .sourceMAC, .arpSender, .arpSenderMAC, .neighbourTarget, .priority, .connection:
                _ = take(column.part.length)
            case .notedLength:
                let word = UInt32(truncatingIfNeeded: number(4))
                length = set.family == .ipv6 ? Int(word >> 16) + 40 : Int(word & 0xffff)
            case .notedRule:
                rule = UInt16(truncatingIfNeeded: take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
            case .notedConnection: connection = UInt32(truncatingIfNeeded: number(4))
            case .mark, .packetMark: mark = take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
        key = FlowKey(
            initiator: source, target: target, transport: transport, initiatorPort: ports.0, targetPort: ports.1)
    }
}
