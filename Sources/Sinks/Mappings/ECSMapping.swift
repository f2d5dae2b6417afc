import Model
import Records

/// Elastic Common Schema 9.4. What it has no field for stands under `gatehouse`.
struct ECSMapping: RecordMapping {
    func append(_ record: RecordFields, to line: inout ByteLine) {
        JSONObjectWriter.object(&line) { members, line in
            members.text("@timestamp", record, record.timeKey, &line)
            members.object("ecs", &line) { $0.word("version", "9.4.0", &$1) }
            members.object("event", &line) { event(record, &$0, &$1) }
            switch record.sort {
            case .event, .flow: session(record, &members, &line)
            case .audit:
                members.object("user", &line) { $0.text("name", record, .actor, &$1) }
                members.object("related", &line) { related, line in
                    guard let actor = record.json(.actor) else { return }
                    related.begin("user", &line)
                    line.append("[\"")
                    line.append(actor)
                    line.append("\"]")
                }
            case .finding, .summary: break
            }
            members.string("message", record.sentence, &line)
            members.object("observer", &line) { observer, line in
                observer.word("vendor", "Gatehouse", &line)
                observer.word("product", "gatehouse", &line)
                observer.word("type", "firewall", &line)
                observer.text("name", record, .host, &line)
            }
            members.object("gatehouse", &line) { own, line in
                for (key, member) in Self.own { own.text(key, record, member, &line) }
            }
        }
    }

    private static let own: [(StaticString, RecordKey)] = [
        ("stage", .stage), ("reason", .reason), ("revision", .revision), ("vpc", .vpc), ("subnet", .subnet),
        ("instance", .instance), ("interface", .interface), ("interface_id", .interfaceID), ("device", .device),
        ("state", .state), ("detail", .detail), ("would_be", .wouldBe), ("observed_rule_id", .observedRules),
        ("changed_by", .changedBy), ("changed_at", .changedAt), ("connection", .connection), ("origin", .origin),
        ("packets", .packets), ("bytes", .bytes), ("lost", .lost), ("suppressed", .suppressed), ("from", .from),
        ("to", .to), ("way", .way),
    ]

    private func event(_ record: RecordFields, _ event: inout JSONObjectWriter, _ line: inout ByteLine) {
        event.id("id", record, &line)
        let isSession = record.sort == .event || record.sort == .flow
        event.word("kind", record.sort == .finding ? "alert" : "event", &line)
        event.begin("category", &line)
        line.append(isSession ? "[\"network\"]" : record.sort == .audit ? "[\"configuration\"]" : "[\"host\"]")
        event.begin("type", &line)
        switch (record.sort, record.act) {
        case (.event, .drop?), (.flow, .drop?): line.append("[\"connection\",\"denied\"]")
        case (.event, .accept?), (.flow, .accept?): line.append("[\"connection\",\"allowed\"]")
        case (.audit, _): line.append("[\"change\"]")
        case (.event, _), (.flow, _): line.append("[\"connection\"]")
        case (.finding, _), (.summary, _): line.append("[\"info\"]")
        }
        if let act = record.act {
            event.word("action", act.word, &line)
            event.word("outcome", act == .drop ? "failure" : "success", &line)
        } else {
            event.text("action", record, .action, &line)
        }
        event.begin("dataset", &line)
        line.append("\"gatehouse.")
        line.append(record.sort.word.description)
        line.append(UInt8(ascii: "\""))
        event.number("severity", record.severity.rawValue, &line)
        guard record.sort == .flow else { return }
        event.text("start", record, .start, &line)
        event.text("end", record, .end, &line)
        if let end = record.instant(.end), end >= record.time {
            event.number("duration", Int(end - record.time), &line)
        }
    }

    private func session(_ record: RecordFields, _ members: inout JSONObjectWriter, _ line: inout ByteLine) {
        members.object("source", &line) { source, line in
            source.text("ip", record, .sourceIP, &line)
            source.digits("port", record, .sourcePort, &line)
            source.text("mac", record, .sourceMAC, &line)
            source.digits("bytes", record, .bytesFromInitiator, &line)
            source.digits("packets", record, .packetsFromInitiator, &line)
        }
        members.object("destination", &line) { target, line in
            target.text("ip", record, .targetIP, &line)
            target.digits("port", record, .targetPort, &line)
            target.text("mac", record, .targetMAC, &line)
            target.digits("bytes", record, .bytesFromTarget, &line)
            target.digits("packets", record, .packetsFromTarget, &line)
        }
        members.object("network", &line) { network, line in
            network.text("transport", record, .transport, &line)
            network.text("iana_number", record, .transportNumber, &line)
            network.word("type", record.isIPv6 ? "ipv6" : "ipv4", &line)
            network.text("direction", record, .direction, &line)
        }
        members.object("rule", &line) { rule, line in
            rule.text("id", record, .ruleID, &line)
            rule.text("name", record, record.has(.ruleName) ? .ruleName : .rule, &line)
            rule.text("ruleset", record, .group, &line)
        }
        members.object("related", &line) { related, line in
            guard let source = record.json(.sourceIP), let target = record.json(.targetIP) else { return }
            related.begin("ip", &line)
            line.append("[\"")
            line.append(source)
            line.append("\",\"")
            line.append(target)
            line.append("\"]")
        }
    }
}
