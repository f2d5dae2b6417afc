package import Model

/// The content of a flow-log object of the VPC service: one JSON object, before compression.
///
/// Every field of every record is there, zeros and `false` included. Instants are whole seconds in UTC: beginnings are
/// rounded down, ends up. Three kinds of flow record are not in it: those without packets, those of other protocols
/// than TCP and UDP over IPv4 unless the format is `ibm+`, and those of detail `total`, which have no addresses
/// to write; an object that such a record belongs to says `skip data`. A `coarse` record's initiator port is 0.
///
/// In `ibm+` each record has one key more, `gatehouse`: `rule_id` and `rule`, the `group` or `acl` that holds it, the
/// `stage` that decided, the `reason` where it refused, the `revision` in force, `changed_by` and `changed_at` of the
/// revision that is answerable, the record's `sequence` in the host's spool, and for ICMP `icmp_type` and `icmp_code`.
package struct IBMFlowLog: Sendable {
    private let isPlus: Bool
    private let placement: Placement
    private let catalogue: Catalogue
    /// Percent-encoded, so that they need no escapes.
    private let names: (collector: String, instance: String, vpc: String)

    /// * `isPlus`: whether every protocol is written, and what decided.
    package init(collector: Collector, placement: Placement, catalogue: Catalogue, region: String, isPlus: Bool) {
        self.isPlus = isPlus
        self.placement = placement
        self.catalogue = catalogue
        names = (
            CloudResourceName(collector, account: placement.project, region: region).description,
            CloudResourceName(instanceOf: placement, region: region).description,
            CloudResourceName(vpcOf: placement, region: region).description
        )
    }

    /// Writes the object of one window; `records` are those of one direction, `hasLoss` says that some are missing.
    ///
    /// - Returns: the header's fields, which an S3 service tells as the object's metadata.
    @discardableResult
    package func append(
        _ records: [FlowRecord], windowStart: Timestamp, windowEnd: Timestamp, hasLoss: Bool, to line: inout ByteLine
    ) -> [(name: String, value: String)] {
        let written = records.count(where: isWritten)
        let isIncomplete = hasLoss || records.contains { $0.detail == .total && !Self.isEmpty($0) }
        let fields = [
            ("version", "0.0.1"), ("collector_crn", names.collector), ("attached_endpoint_type", "vnic"),
            ("network_interface_id", placement.interface.description), ("instance_crn", names.instance),
            ("vpc_crn", names.vpc), ("capture_start_time", windowStart.text(fractionDigits: 0)),
            ("capture_end_time", windowEnd.roundedUp.text(fractionDigits: 0)),
            ("state", isIncomplete ? "skip data" : "ok"),
        ]
        line.append(UInt8(ascii: "{"))
        for (index, field) in fields.enumerated() {
            line.append(index == 0 ? "\"\(field.0)\":\"\(field.1)\"" : ",\"\(field.0)\":\"\(field.1)\"")
        }
        line.append(jsonKey: "number_of_flow_logs")
        line.append(decimal: written)
        line.append(",\"flow_logs\":[")
        var isFirst = true
        for record in records where isWritten(record) {
            if !isFirst { line.append(UInt8(ascii: ",")) }
            isFirst = false
            append(record, to: &line)
        }
        line.append("]}")
        return fields + [("number_of_flow_logs", "\(written)")]
    }

    private static func isEmpty(_ record: FlowRecord) -> Bool {
        record.fromInitiator.packets == 0 && record.fromTarget.packets == 0
    }

    private func isWritten(_ record: FlowRecord) -> Bool {
        guard record.detail != .total, !Self.isEmpty(record) else { return false }
        let isOrdinary = record.key.initiator.family == .ipv4 && [.tcp, .udp].contains(record.key.transport)
        return isOrdinary || isPlus
    }

    private func append(_ record: FlowRecord, to line: inout ByteLine) {
        let key = record.key
        line.append("{\"start_time\":")
        line.append(jsonInstant: record.start, fractionDigits: 0)
        line.append(jsonKey: "end_time")
        line.append(jsonInstant: record.end.roundedUp, fractionDigits: 0)
        line.append(jsonKey: "connection_start_time")
        line.append(jsonInstant: record.connectionStart, fractionDigits: 0)
        line.append(record.direction == .ingress ? ",\"direction\":\"I\"" : ",\"direction\":\"O\"")
        line.append(record.verdict == .accept ? ",\"action\":\"accepted\"" : ",\"action\":\"rejected\"")
        line.append(",\"initiator_ip\":\"")
        line.append(key.initiator)
        line.append("\",\"target_ip\":\"")
        line.append(key.target)
        line.append(UInt8(ascii: "\""))
        let hasPorts = key.transport.hasPorts
        append("initiator_port", UInt64(hasPorts ? key.initiatorPort ?? 0 : 0), to: &line)
        append("target_port", UInt64(hasPorts ? key.targetPort ?? 0 : 0), to: &line)
        append("transport_protocol", UInt64(key.transport.rawValue), to: &line)
        line.append(key.initiator.family == .ipv4 ? ",\"ether_type\":\"IPv4\"" : ",\"ether_type\":\"IPv6\"")
        let began = record.connectionStart >= record.windowStart
        line.append(began ? ",\"was_initiated\":true" : ",\"was_initiated\":false")
        line.append(record.state == .ended ? ",\"was_terminated\":true" : ",\"was_terminated\":false")
        append("bytes_from_initiator", record.fromInitiator.bytes, to: &line)
        append("packets_from_initiator", record.fromInitiator.packets, to: &line)
        append("bytes_from_target", record.fromTarget.bytes, to: &line)
        append("packets_from_target", record.fromTarget.packets, to: &line)
        append("cumulative_bytes_from_initiator", record.cumulativeFromInitiator.bytes, to: &line)
        append("cumulative_packets_from_initiator", record.cumulativeFromInitiator.packets, to: &line)
        append("cumulative_bytes_from_target", record.cumulativeFromTarget.bytes, to: &line)
        append("cumulative_packets_from_target", record.cumulativeFromTarget.packets, to: &line)
        if isPlus { appendDecision(record, to: &line) }
        line.append(UInt8(ascii: "}"))
    }

    /// The key under which stands what holds a rule.
    private static func holderKey(_ stage: Stage) -> String {
        switch stage {
        case .acl: "acl"
        case .guard, .group, .enterprise: "group"
        }
    }

    private func append(_ translation: Translation, to line: inout ByteLine) {
        for (side, key) in [("pre_nat", translation.before), ("post_nat", translation.after)] {
            for (end, address, port) in [
                ("initiator", key.initiator, key.initiatorPort), ("target", key.target, key.targetPort),
            ] {
                line.append(jsonMember: "\(side)_\(end)_ip", address.description)
                if key.transport.hasPorts, let port { append("\(side)_\(end)_port", UInt64(port), to: &line) }
            }
        }
    }

    private func append(_ key: String, _ number: UInt64, to line: inout ByteLine) {
        line.append(jsonKey: key)
        line.append(decimal: number)
    }

    private func appendDecision(_ record: FlowRecord, to line: inout ByteLine) {
        line.append(",\"gatehouse\":{\"rule_id\":\"")
        line.append(record.rule)
        line.append(UInt8(ascii: "\""))
        if let reference = catalogue.rule(record.rule) {
            line.append(jsonMember: "rule", reference.text)
            if !reference.group.isEmpty {
                line.append(jsonMember: Self.holderKey(reference.stage), reference.group)
            }
        }
        line.append(jsonMember: "stage", record.stage.rawValue)
        if record.verdict == .drop, let reason = DropReason(stage: record.stage, rule: record.rule) {
            line.append(jsonMember: "reason", reason.rawValue)
        }
        line.append(jsonKey: "revision")
        line.append(decimal: record.revision)
        if let change = catalogue.change(behind: record.rule, inForce: record.revision) {
            line.append(jsonMember: "changed_by", change.actor)
            line.append(jsonKey: "changed_at")
            line.append(jsonInstant: change.madeAt, fractionDigits: 0)
        }
        line.append(jsonKey: "sequence")
        line.append(decimal: record.sequence)
        // The format's own ports have no word for "not known": they are 0 then.
        if !record.key.isWhole { line.append(jsonMember: "detail", record.detail.name) }
        if let type = record.key.icmpType, let code = record.key.icmpCode {
            append("icmp_type", UInt64(type), to: &line)
            append("icmp_code", UInt64(code), to: &line)
        }
        if let translation = record.translation { append(translation, to: &line) }
        line.append(UInt8(ascii: "}"))
    }
}
