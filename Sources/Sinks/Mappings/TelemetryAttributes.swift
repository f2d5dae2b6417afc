import Model
import Records

/// What of a record is an attribute of OpenTelemetry, and by which name.
enum TelemetryAttributes {
    enum Value {
        case text(ArraySlice<UInt8>)
        case number(UInt64)
    }

    private static let numbers: Set<RecordKey> = [
        .sourcePort, .targetPort, .revision, .bytesFromInitiator, .packetsFromInitiator, .bytesFromTarget,
        .packetsFromTarget, .icmpType, .icmpCode, .packets, .bytes, .lost, .suppressed,
    ]

    static let names: [(key: RecordKey, name: String)] = [
        (.sourceIP, "source.address"), (.sourcePort, "source.port"), (.targetIP, "destination.address"),
        (.targetPort, "destination.port"), (.transport, "network.transport"),
        (.direction, "gatehouse.direction"), (.verdict, "gatehouse.verdict"), (.reason, "gatehouse.reason"),
        (.stage, "gatehouse.stage"), (.ruleID, "gatehouse.rule.id"), (.rule, "gatehouse.rule.text"),
        (.group, "gatehouse.group"), (.revision, "gatehouse.revision"), (.project, "gatehouse.project"),
        (.vpc, "gatehouse.vpc"), (.subnet, "gatehouse.subnet"), (.instance, "gatehouse.instance"),
        (.interface, "gatehouse.interface"), (.interfaceID, "gatehouse.interface.id"), (.device, "gatehouse.device"),
        (.state, "gatehouse.state"), (.bytesFromInitiator, "gatehouse.bytes_from_initiator"),
        (.packetsFromInitiator, "gatehouse.packets_from_initiator"), (.bytesFromTarget, "gatehouse.bytes_from_target"),
        (.packetsFromTarget, "gatehouse.packets_from_target"), (.end, "gatehouse.end"),
        (.icmpType, "gatehouse.icmp.type"), (.icmpCode, "gatehouse.icmp.code"), (.actor, "user.name"),
        (.action, "gatehouse.action"), (.origin, "gatehouse.origin"), (.way, "gatehouse.way"),
        (.packets, "gatehouse.packets"), (.bytes, "gatehouse.bytes"), (.from, "gatehouse.from"), (.to, "gatehouse.to"),
        (.lost, "gatehouse.lost"), (.suppressed, "gatehouse.suppressed"),
    ]

    static func forEach(_ record: RecordFields, _ body: (String, RecordKey, Value) -> Void) {
        for (key, name) in names {
            if numbers.contains(key), let number = record.number(key) {
                body(name, key, .number(number))
            } else if let value = record.value(key) {
                body(name, key, .text(value))
            }
        }
    }

    static func eventName(_ record: RecordFields) -> String {
        var line = ByteLine(capacity: 32)
        record.appendClass(to: &line)
        return line.text
    }
}
