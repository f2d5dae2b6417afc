import Model
import Records

/// Open Cybersecurity Schema Framework 1.8.0: `network_activity` of events and flows, `api_activity` of changes,
/// `detection_finding` of what records do not hold.
///
/// `traffic` counts from the source's view: `out` is what the session's initiator sent.
struct OCSFMapping: RecordMapping {
    func append(_ record: RecordFields, to line: inout ByteLine) {
        JSONObjectWriter.object(&line) { event, line in
            switch record.sort {
            case .event, .flow: network(record, &event, &line)
            case .audit: change(record, &event, &line)
            case .finding, .summary: finding(record, &event, &line)
            }
        }
    }

    /// What every class has.
    private func common(
        _ record: RecordFields, category: Int, kind: Int, activity: Int, profiles: StaticString?,
        _ event: inout JSONObjectWriter, _ line: inout ByteLine
    ) {
        event.number("category_uid", category, &line)
        event.number("class_uid", kind, &line)
        event.number("activity_id", activity, &line)
        event.number("type_uid", kind * 100 + activity, &line)
        event.number("time", Int(record.time / 1_000_000), &line)
        event.number("severity_id", record.severity.rawValue, &line)
        event.string("message", record.sentence, &line)
        event.object("metadata", &line) { metadata, line in
            metadata.word("version", "1.8.0", &line)
            metadata.id("uid", record, &line)
            if let profiles {
                metadata.begin("profiles", &line)
                line.append(profiles.description)
            }
            metadata.object("product", &line) { product, line in
                product.word("name", "Gatehouse", &line)
                product.word("vendor_name", "Gatehouse", &line)
            }
        }
    }

    private func device(_ record: RecordFields, _ event: inout JSONObjectWriter, _ line: inout ByteLine) {
        guard record.has(.host) else { return }
        event.object("device", &line) { device, line in
            device.number("type_id", 1, &line)
            device.text("name", record, .host, &line)
            device.text("hostname", record, .host, &line)
        }
    }

    private func network(_ record: RecordFields, _ event: inout JSONObjectWriter, _ line: inout ByteLine) {
        let activity = record.act == .drop ? 5 : record.sort == .flow ? 6 : 1
        common(
            record, category: 4, kind: 4001, activity: activity, profiles: #"["security_control","host"]"#, &event,
            &line)
        device(record, &event, &line)
        endpoint("src_endpoint", record, .sourceIP, .sourcePort, isOwn: !record.isInbound, &event, &line)
        endpoint("dst_endpoint", record, .targetIP, .targetPort, isOwn: record.isInbound, &event, &line)
        event.object("connection_info", &line) { connection, line in
            connection.number("direction_id", record.isInbound ? 1 : 2, &line)
            connection.digits("protocol_num", record, .transportNumber, &line)
            connection.text("protocol_name", record, .transport, &line)
            if record.has(.sourceIP) { connection.number("protocol_ver_id", record.isIPv6 ? 6 : 4, &line) }
            connection.text("uid", record, .connection, &line)
        }
        if record.sort == .flow {
            event.object("traffic", &line) { traffic, line in
                traffic.digits("bytes_out", record, .bytesFromInitiator, &line)
                traffic.digits("packets_out", record, .packetsFromInitiator, &line)
                traffic.digits("bytes_in", record, .bytesFromTarget, &line)
                traffic.digits("packets_in", record, .packetsFromTarget, &line)
            }
            event.number("start_time", Int(record.time / 1_000_000), &line)
            if let end = record.instant(.end) { event.number("end_time", Int(end / 1_000_000), &line) }
        }
        let (action, disposition) =
            switch record.act {
            case .accept: (1, 1)
            case .drop: (2, 6)
            case .observe: (3, 17)
            case nil: (0, 0)
            }
        event.number("action_id", action, &line)
        event.number("disposition_id", disposition, &line)
        if record.has(.ruleID) {
            event.object("firewall_rule", &line) { rule, line in
                rule.text("uid", record, .ruleID, &line)
                rule.text("name", record, record.has(.ruleName) ? .ruleName : .rule, &line)
            }
        }
        if record.has(.group) {
            event.object("policy", &line) { policy, line in
                policy.text("name", record, .group, &line)
                policy.text("uid", record, record.has(.groupID) ? .groupID : .group, &line)
            }
        }
        unmapped(record, &event, &line)
    }

    private func endpoint(
        _ key: StaticString, _ record: RecordFields, _ address: RecordKey, _ port: RecordKey, isOwn: Bool,
        _ event: inout JSONObjectWriter, _ line: inout ByteLine
    ) {
        guard record.has(address) || isOwn else { return }
        event.object(key, &line) { endpoint, line in
            endpoint.text("name", record, isOwn && record.has(.instance) ? .instance : address, &line)
            endpoint.text("ip", record, address, &line)
            endpoint.digits("port", record, port, &line)
            guard isOwn else { return }
            endpoint.text("uid", record, .interfaceID, &line)
            endpoint.text("instance_uid", record, .instance, &line)
            endpoint.text("interface_uid", record, .interfaceID, &line)
            endpoint.text("interface_name", record, .interface, &line)
            endpoint.text("subnet_uid", record, .subnet, &line)
            endpoint.text("vpc_uid", record, .vpc, &line)
        }
    }

    private func change(_ record: RecordFields, _ event: inout JSONObjectWriter, _ line: inout ByteLine) {
        common(record, category: 6, kind: 6003, activity: 3, profiles: #"["host"]"#, &event, &line)
        device(record, &event, &line)
        event.number("status_id", 1, &line)
        event.object("actor", &line) { actor, line in
            actor.object("user", &line) { $0.text("name", record, .actor, &$1) }
        }
        event.object("api", &line) { api, line in
            api.text("operation", record, .action, &line)
        }
        event.object("src_endpoint", &line) { $0.text("name", record, .host, &$1) }
        event.begin("resources", &line)
        line.append(UInt8(ascii: "["))
        JSONObjectWriter.object(&line) { resource, line in
            resource.id("uid", record, &line)
            resource.word("type", "policy-revision", &line)
            resource.text("name", record, .project, &line)
        }
        line.append(UInt8(ascii: "]"))
        unmapped(record, &event, &line)
    }

    private func finding(_ record: RecordFields, _ event: inout JSONObjectWriter, _ line: inout ByteLine) {
        common(record, category: 2, kind: 2004, activity: 1, profiles: nil, &event, &line)
        device(record, &event, &line)
        event.number("status_id", 1, &line)
        event.number("confidence_id", 3, &line)
        event.object("finding_info", &line) { finding, line in
            finding.id("uid", record, &line)
            finding.string("title", record.sentence, &line)
            finding.object("analytic", &line) { analytic, line in
                analytic.text("name", record, record.has(.reason) ? .reason : .kind, &line)
                analytic.number("type_id", 1, &line)
            }
            if let from = record.instant(.from) { finding.number("first_seen_time", Int(from / 1_000_000), &line) }
            if let to = record.instant(.to) { finding.number("last_seen_time", Int(to / 1_000_000), &line) }
        }
        unmapped(record, &event, &line)
    }

    private static let rest: [(StaticString, RecordKey)] = [
        ("stage", .stage), ("reason", .reason), ("revision", .revision), ("state", .state), ("detail", .detail),
        ("would_be", .wouldBe), ("changed_by", .changedBy), ("origin", .origin), ("way", .way), ("packets", .packets),
        ("bytes", .bytes), ("lost", .lost), ("suppressed", .suppressed), ("icmp_type", .icmpType),
        ("icmp_code", .icmpCode), ("tcp_flags", .tcpFlags),
    ]

    private func unmapped(_ record: RecordFields, _ event: inout JSONObjectWriter, _ line: inout ByteLine) {
        event.object("unmapped", &line) { members, line in
            for (key, member) in Self.rest { members.text(key, record, member, &line) }
        }
    }
}
