import Model

extension EventLogLine {
    /// Reads one line of the log, with or without its line feed. Keys that are not known are passed over.
    package init(reading bytes: ArraySlice<UInt8>) throws(EventLineError) {
        var members = EventMembers()
        var reader = JSONLineReader(bytes)
        try reader.forEachMember { (key, value) throws(EventLineError) in try members.take(key, value) }
        self = members.isSummary ? .summary(try members.summary()) : .event(try members.event())
    }

    package init(reading text: String) throws(EventLineError) {
        try self.init(reading: ArraySlice(text.utf8))
    }
}

/// The members of a line while it is read.
private struct EventMembers {
    private(set) var isSummary = false
    private var texts: [String: String] = [:]
    private var numbers: [String: UInt64] = [:]

    mutating func take(_ key: String, _ value: JSONLineReader.Value) throws(EventLineError) {
        switch value {
        case .text(let text):
            if key == "kind" { isSummary = text == "summary" }
            texts[key] = text
        case .bare(let text):
            if let number = UInt64(text) { numbers[key] = number }
        case .nested: break
        }
    }

    private func text(_ key: String) throws(EventLineError) -> String {
        guard let text = texts[key] else { throw .missing(key: key) }
        return text
    }

    private func required<Value>(_ key: String, _ read: (String) -> Value?) throws(EventLineError) -> Value {
        let text = try text(key)
        guard let value = read(text) else { throw .badValue(key: key, value: text) }
        return value
    }

    private func optional<Value>(_ key: String, _ read: (String) -> Value?) throws(EventLineError) -> Value? {
        guard let text = texts[key] else { return nil }
        guard let value = read(text) else { throw .badValue(key: key, value: text) }
        return value
    }

    private func number<Value: FixedWidthInteger>(_ key: String) throws(EventLineError) -> Value {
        guard let value: Value = try optionalNumber(key) else { throw .missing(key: key) }
        return value
    }

    private func optionalNumber<Value: FixedWidthInteger>(_ key: String) throws(EventLineError) -> Value? {
        guard let number = numbers[key] else { return nil }
        guard let value = Value(exactly: number) else { throw .badValue(key: key, value: "\(number)") }
        return value
    }

    func summary() throws(EventLineError) -> EventSummary {
        EventSummary(
            host: try text("host"), lost: try number("lost"), suppressed: try number("suppressed"),
            from: try required("from") { TimeText.instant($0) }, to: try required("to") { TimeText.instant($0) })
    }

    func event() throws(EventLineError) -> EventEntry {
        EventEntry(
            sequence: try number("sequence"), time: try required("time") { TimeText.instant($0) },
            host: try text("host"), verdict: try required("verdict") { Verdict(rawValue: $0.lowercased()) },
            // A later release may know more reasons: such a line is still an event.
            reason: texts["reason"].flatMap(DropReason.init(rawValue:)),
            direction: try required("direction") { Direction(rawValue: $0) }, project: texts["project"],
            vpc: texts["vpc"], subnet: texts["subnet"], instance: texts["instance"], interface: texts["interface"],
            interfaceID: try required("interface_id") { Identifier($0) }, device: texts["device"],
            stage: try required("stage") { Stage(rawValue: $0) }, ruleID: try required("rule_id") { Identifier($0) },
            rule: texts["rule"], group: texts["group"],
            securityGroupID: try optional("security_group_id") { Identifier($0) }, revision: try number("revision"),
            changedBy: texts["changed_by"], changedAt: try optional("changed_at") { TimeText.instant($0) },
            source: try required("src_ip") { IPAddress($0) }, target: try required("dst_ip") { IPAddress($0) },
            transport: TransportProtocol(rawValue: try number("protocol_number")),
            sourcePort: try optionalNumber("src_port"), targetPort: try optionalNumber("dst_port"),
            icmpType: try optionalNumber("icmp_type"), icmpCode: try optionalNumber("icmp_code"),
            tcpFlags: texts["tcp_flags"], timeToLive: try optionalNumber("ttl"), length: try optionalNumber("length"),
            sourceMAC: try optional("src_mac") { MACAddress($0) },
            targetMAC: try optional("dst_mac") { MACAddress($0) })
    }
}
