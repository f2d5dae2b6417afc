import Model

extension EventLogLine {
    /// Reads one line of the log, with or without its line feed. Keys that are not known are passed over.
    package init(reading bytes: ArraySlice<UInt8>) throws(EventLineError) {
        var members = EventMembers()
        var reader = JSONLineReader(bytes)
        try reader.forEachMember { (key, value) throws(EventLineError) in members.take(key, value) }
        self = members.isSummary ? .summary(try members.summary()) : .event(try members.event())
    }

    package init(reading text: String) throws(EventLineError) {
        try self.init(reading: ArraySlice(text.utf8))
    }
}

/// The members of a line while it is read: a listing reads 100,000s of lines, so they stay bytes until the end.
private struct EventMembers {
    /// The keys that say something to us, in the order in which they are written.
    private enum Key: Int, CaseIterable {
        case kind, sequence, time, host, verdict, wouldBe, reason, direction, project, projectName, vpc, subnet,
            instance
        case interface, interfaceID, device, stage, ruleID, rule, ruleName, group, groupID, revision, changedBy,
            changedAt
        case sourceIP, targetIP, transport, sourcePort, targetPort, icmpType, icmpCode, tcpFlags, timeToLive, length
        case sourceMAC, targetMAC
        case beforeSourceIP, beforeSourcePort, beforeTargetIP, beforeTargetPort
        case afterSourceIP, afterSourcePort, afterTargetIP, afterTargetPort
        case lost, suppressed, from, to
    }

    /// The keys' names, in the order of their cases.
    private static let names = [
        "kind", "sequence", "time", "host", "verdict", "would_be", "reason", "direction", "project", "project_name",
        "vpc", "subnet", "instance", "interface", "interface_id", "device", "stage", "rule_id", "rule", "rule_name",
        "group",
        "security_group_id", "revision",
        "changed_by", "changed_at", "src_ip", "dst_ip", "protocol_number", "src_port", "dst_port", "icmp_type",
        "icmp_code", "tcp_flags", "ttl", "length", "src_mac", "dst_mac",
        "pre_nat_src_ip", "pre_nat_src_port", "pre_nat_dst_ip", "pre_nat_dst_port", "post_nat_src_ip",
        "post_nat_src_port", "post_nat_dst_ip", "post_nat_dst_port", "lost", "suppressed", "from", "to",
    ].map { Array($0.utf8) }

    private let names = EventMembers.names
    private var values = [ArraySlice<UInt8>?](repeating: nil, count: EventMembers.names.count)
    /// Where the next key is looked for first: keys come in order, so the search is one step long.
    private var expected = 0

    mutating func take(_ key: ArraySlice<UInt8>, _ value: JSONLineReader.Value) {
        for step in 0..<names.count {
            let index = (expected + step) % names.count
            guard names[index].count == key.count, names[index].elementsEqual(key) else { continue }
            switch value {
            case .text(let bytes), .bare(let bytes): values[index] = bytes
            case .nested: break
            }
            expected = index + 1
            return
        }
    }

    private subscript(_ key: Key) -> ArraySlice<UInt8>? { values[key.rawValue] }

    private func text(_ key: Key) -> String? { self[key]?.text }

    private func name(_ key: Key) -> String { String(decoding: names[key.rawValue], as: UTF8.self) }

    private func optional<Value>(_ key: Key, _ read: (ArraySlice<UInt8>) -> Value?) throws(EventLineError) -> Value? {
        guard let bytes = self[key] else { return nil }
        guard let value = read(bytes) else { throw .badValue(key: name(key), value: bytes.text) }
        return value
    }

    private func required<Value>(_ key: Key, _ read: (ArraySlice<UInt8>) -> Value?) throws(EventLineError) -> Value {
        guard let value = try optional(key, read) else { throw .missing(key: name(key)) }
        return value
    }

    private func number<Value: FixedWidthInteger>(_ key: Key) throws(EventLineError) -> Value {
        try required(key) { $0.decimal.flatMap(Value.init(exactly:)) }
    }

    private func optionalNumber<Value: FixedWidthInteger>(_ key: Key) throws(EventLineError) -> Value? {
        try optional(key) { $0.decimal.flatMap(Value.init(exactly:)) }
    }

    var isSummary: Bool { text(.kind) == "summary" }

    func summary() throws(EventLineError) -> EventSummary {
        EventSummary(
            host: try required(.host) { $0.text }, lost: try number(.lost), suppressed: try number(.suppressed),
            from: try required(.from) { TimeText.instant(bytes: $0) },
            to: try required(.to) { TimeText.instant(bytes: $0) })
    }

    private func translation(_ transport: TransportProtocol) throws(EventLineError) -> Translation? {
        guard self[.beforeSourceIP] != nil else { return nil }
        func side(_ source: Key, _ sourcePort: Key, _ target: Key, _ targetPort: Key) throws(EventLineError) -> FlowKey
        {
            FlowKey(
                initiator: try required(source) { $0.address }, target: try required(target) { $0.address },
                transport: transport, initiatorPort: try optionalNumber(sourcePort),
                targetPort: try optionalNumber(targetPort))
        }
        return Translation(
            before: try side(.beforeSourceIP, .beforeSourcePort, .beforeTargetIP, .beforeTargetPort),
            after: try side(.afterSourceIP, .afterSourcePort, .afterTargetIP, .afterTargetPort))
    }

    func event() throws(EventLineError) -> EventEntry {
        let sequence: UInt64 = try number(.sequence)
        let transport = TransportProtocol(rawValue: try number(.transport))
        let isObservation = text(.verdict) == SessionEvent.observation
        return EventEntry(
            sequence: sequence, time: try required(.time) { TimeText.instant(bytes: $0) },
            host: try required(.host) { $0.text },
            verdict: isObservation ? .accept : try required(.verdict) { Verdict(rawValue: $0.text.lowercased()) },
            isObservation: isObservation,
            wouldBe: try optional(.wouldBe) { Verdict(rawValue: $0.text.lowercased()) },
            // A later release may know more reasons: such a line is still an event.
            reason: text(.reason).flatMap(DropReason.init(rawValue:)),
            direction: try required(.direction) { Direction(rawValue: $0.text) }, project: text(.project),
            projectName: text(.projectName), vpc: text(.vpc), subnet: text(.subnet), instance: text(.instance),
            interface: text(.interface),
            interfaceID: try required(.interfaceID) { $0.identifier() }, device: text(.device),
            stage: try required(.stage) { Stage(rawValue: $0.text) },
            ruleID: try required(.ruleID) { $0.identifier() }, rule: text(.rule),
            ruleName: text(.ruleName), group: text(.group),
            securityGroupID: try optional(.groupID) { $0.identifier() }, revision: try number(.revision),
            changedBy: text(.changedBy), changedAt: try optional(.changedAt) { TimeText.instant(bytes: $0) },
            source: try required(.sourceIP) { $0.address }, target: try required(.targetIP) { $0.address },
            transport: transport, sourcePort: try optionalNumber(.sourcePort),
            targetPort: try optionalNumber(.targetPort),
            icmpType: try optionalNumber(.icmpType), icmpCode: try optionalNumber(.icmpCode),
            tcpFlags: text(.tcpFlags), timeToLive: try optionalNumber(.timeToLive),
            length: try optionalNumber(.length), sourceMAC: try optional(.sourceMAC) { $0.macAddress },
            targetMAC: try optional(.targetMAC) { $0.macAddress }, translation: try translation(transport))
    }
}
