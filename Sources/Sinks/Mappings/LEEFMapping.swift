import Model
import Records

/// QRadar's Log Event Extended Format 2.0 with `^` between attributes.
///
/// `LEEF:2.0|Gatehouse|gatehouse|1.0|CLASS|^|KEY=VALUE^…`. The format knows no escapes: in a value a `^` becomes `_`, a control
/// character a blank.
struct LEEFMapping: RecordMapping {
    func append(_ record: RecordFields, to line: inout ByteLine) {
        line.append("LEEF:2.0|Gatehouse|gatehouse|1.0|")
        record.appendClass(to: &line)
        line.append("|^|devTime=")
        line.append(milliseconds: record.time)
        line.append("^cat=")
        line.append(record.sort.word.description)
        line.append("^sev=")
        line.append(decimal: record.severity.ofTen)
        add("^eventUid=", record.idBytes, to: &line)
        add("^identHostName=", record.value(.host), to: &line)
        for (key, value) in Self.keys { add(key, record.value(value), to: &line) }
        if let act = record.act {
            line.append("^action=")
            line.append(act.word.description)
        } else {
            add("^action=", record.value(.action), to: &line)
        }
    }

    private static let keys: [(StaticString, RecordKey)] = [
        ("^proto=", .transport), ("^src=", .sourceIP), ("^srcPort=", .sourcePort), ("^dst=", .targetIP),
        ("^dstPort=", .targetPort), ("^srcMAC=", .sourceMAC), ("^dstMAC=", .targetMAC),
        ("^srcBytes=", .bytesFromInitiator), ("^dstBytes=", .bytesFromTarget),
        ("^srcPackets=", .packetsFromInitiator), ("^dstPackets=", .packetsFromTarget), ("^policy=", .group),
        ("^rule=", .rule), ("^ruleId=", .ruleID), ("^direction=", .direction), ("^stage=", .stage),
        ("^reason=", .reason), ("^resource=", .instance), ("^vpc=", .vpc), ("^revision=", .revision),
        ("^usrName=", .actor), ("^origin=", .origin), ("^packets=", .packets), ("^lost=", .lost),
        ("^suppressed=", .suppressed), ("^icmpType=", .icmpType), ("^icmpCode=", .icmpCode),
    ]

    private func add(_ key: StaticString, _ value: ArraySlice<UInt8>?, to line: inout ByteLine) {
        guard let value, !value.isEmpty else { return }
        line.append(key.description)
        line.append(mapped: value, { $0 >= 0x20 && $0 != UInt8(ascii: "^") && $0 != 0x7f }) { byte, line in
            line.append(byte == UInt8(ascii: "^") ? UInt8(ascii: "_") : UInt8(ascii: " "))
        }
    }
}
