package import Attribution
package import Model
package import Netlink
import Spools

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

    /// The records of one element.
    package func records(of element: RuleTable.Element, in set: CountingSet, _ span: Span) -> [FlowRecord] {
        guard !element.traffic.isZero else { return [] }
        let fields = CountedFields(element.key, of: set)
        switch set.meaning {
        case .refused(let direction):
            return [refusal(fields, direction, element.traffic, span, .full)].compactMap(\.self)
        case .coarse(let direction):
            return [refusal(fields, direction, element.traffic, span, .coarse)].compactMap(\.self)
        case .refusedAfterEgress:
            return insideRefusal(fields, element.traffic, span)
        case .guarded(let rule, let direction):
            guard
                let port = fields.inputDevice.flatMap(attributor.port(device:))
                    ?? attributor.port(address: direction == .egress ? fields.key.initiator : fields.key.target)
            else { return [] }
            return [
                make(port, direction, .drop, .guard, rule.id, fields.key, .full, .refused, element.traffic, .zero, span)
            ]
        case .resentOpening:
            return resent(fields.key, mark: fields.mark, fromInitiator: element.traffic, fromTarget: .zero, span)
        case .extra:
            return fields.key.transport == .tcp
                ? extraHandshake(fields, element.traffic, span) : extraError(fields, element.traffic, span)
        case .overflow(let verdict, let direction):
            guard let port = (fields.inputDevice ?? fields.outputDevice).flatMap(attributor.port(device:)) else {
                return []
            }
            let isRefused = verdict == .drop
            return [
                make(
                    port, direction, verdict, .group,
                    isRefused ? port.refusal(direction) : RuleReference.unnamedAccept.id, fields.key, .total,
                    isRefused ? .refused : .new, element.traffic, .zero, span)
            ]
        case .refusedAtEdge(let direction):
            return edgeRefusals([direction], fields, element.traffic, .full, span)
        case .refusedAtEdgeInside:
            return edgeRefusals([.egress, .ingress], fields, element.traffic, .full, span)
        case .coarseAtEdge:
            let isAtTarget = EdgeMark.direction(fields.mark) == .ingress
            return edgeRefusals(isAtTarget ? [.egress, .ingress] : [.egress], fields, element.traffic, .total, span)
        }
    }

    private func refusal(
        _ fields: CountedFields, _ direction: Direction, _ traffic: Traffic, _ span: Span, _ detail: FlowRecord.Detail
    ) -> FlowRecord? {
        let address = direction == .egress ? fields.key.initiator : fields.key.target
        return attributor.port(address: address).map {
            make(
                $0, direction, .drop, .group, $0.refusal(direction), fields.key, detail, .refused, traffic, .zero, span)
        }
    }

    /// A refusal by a network ACL or stateless groups, as each end has it that is here: the sender's (egress), the target's
    /// (ingress). The mark says which rule it was; a key that names no addresses (`detail` is total) names devices.
    private func edgeRefusals(
        _ ends: [Direction], _ fields: CountedFields, _ traffic: Traffic, _ detail: FlowRecord.Detail, _ span: Span
    ) -> [FlowRecord] {
        let rule =
            attributor.rule(EdgeMark.index(fields.mark), EdgeMark.direction(fields.mark))
            ?? RuleReference.unnamedRefusal.id
        return ends.compactMap { direction in
            let isSender = direction == .egress
            let port =
                detail == .total
                ? (isSender ? fields.inputDevice : fields.outputDevice).flatMap(attributor.port(device:))
                : attributor.port(address: isSender ? fields.key.initiator : fields.key.target)
            return port.map {
                make(
                    $0, direction, .drop, EdgeMark.stage(fields.mark), rule, fields.key, detail, .refused, traffic,
                    .zero,
                    span)
            }
        }
    }

    /// Let out at one end and refused at the other: a record for each.
    private func insideRefusal(_ fields: CountedFields, _ traffic: Traffic, _ span: Span) -> [FlowRecord] {
        var found: [FlowRecord] = []
        if let port = attributor.port(address: fields.key.initiator) {
            let rule = attributor.rule(MarkLayout.egressIndex(fields.mark), .egress) ?? RuleReference.unnamedAccept.id
            found.append(make(port, .egress, .accept, .group, rule, fields.key, .full, .new, traffic, .zero, span))
        }
        if let record = refusal(fields, .ingress, traffic, span, .full) { found.append(record) }
        return found
    }

    /// An ICMP error that belongs to a session: recorded as a flow of its own, under the session's rule.
    private func extraError(_ fields: CountedFields, _ traffic: Traffic, _ span: Span) -> [FlowRecord] {
        let egress = attributor.rule(MarkLayout.egressIndex(fields.mark), .egress)
        let ingress = attributor.rule(MarkLayout.ingressIndex(fields.mark), .ingress)
        var found: [FlowRecord] = []
        if let port = attributor.port(address: fields.key.initiator), let rule = egress ?? ingress {
            found.append(
                make(port, .egress, .accept, .group, rule, fields.key, .full, .continuing, traffic, .zero, span))
        }
        if let port = attributor.port(address: fields.key.target), let rule = ingress ?? egress {
            found.append(
                make(port, .ingress, .accept, .group, rule, fields.key, .full, .continuing, traffic, .zero, span))
        }
        return found
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
                port, direction, .accept, .group, rule, session, .full, .continuing, fromInitiator, fromTarget, span)
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
        _ key: FlowKey, _ detail: FlowRecord.Detail, _ state: FlowRecord.State, _ fromInitiator: Traffic,
        _ fromTarget: Traffic, _ span: Span
    ) -> FlowRecord {
        let start = min(max(span.start, window.start), window.end)
        return FlowRecord(
            windowStart: window.start, windowEnd: window.end, start: start, end: max(start, min(span.end, window.end)),
            connectionStart: start, connection: 0, interface: port.interface, direction: direction, verdict: verdict,
            stage: stage, rule: rule, revision: attributor.revision(at: span.end.nanoseconds), key: key, detail: detail,
            state: state, fromInitiator: fromInitiator, fromTarget: fromTarget, cumulativeFromInitiator: fromInitiator,
            cumulativeFromTarget: fromTarget)
    }
}

/// The components of a counting set's key.
struct CountedFields {
    private(set) var key: FlowKey
    private(set) var inputDevice: String?
    private(set) var outputDevice: String?
    private(set) var mark: UInt32 = 0

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
        var ports: (UInt16, UInt16) = (0, 0)
        for column in set.columns {
            switch column {
            case .inputDevice: inputDevice = device()
            case .outputDevice: outputDevice = device()
            case .source: source = address()
            case .target: target = address()
            case .transport: transport = TransportProtocol(rawValue: UInt8(truncatingIfNeeded: number(1)))
            case .sourcePort: ports.0 = UInt16(truncatingIfNeeded: number(2))
            case .targetPort: ports.1 = UInt16(truncatingIfNeeded: number(2))
            case .typeAndCode:
                let pair = UInt16(truncatingIfNeeded: number(2))
                // Other protocols have something else in these bytes.
                if transport.isICMP { ports = (pair >> 8, pair & 0xff) }
            // No set has these in its key.
            case .sourceMAC, .initiator, .responder, .priority, .connection: _ = take(column.part.length)
            case .mark, .packetMark: mark = take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
        key = FlowKey(
            initiator: source, target: target, transport: transport, initiatorPort: ports.0, targetPort: ports.1)
    }
}
