import Model
import Records

/// ArcSight's Common Event Format, version 0.
///
/// `CEF:0|Gatehouse|gatehouse|1.0|CLASS|NAME|SEVERITY| KEY=VALUE …`. In the header `|` and `\` are escaped, in values `=` and `\`;
/// a line feed is `\n`, a carriage return `\r`, any other control character a blank. A blank stands before the first key: some
/// readers take the first character behind the seventh bar for one of the header's.
struct CEFMapping: RecordMapping {
    func append(_ record: RecordFields, to line: inout ByteLine) {
        line.append("CEF:0|Gatehouse|gatehouse|1.0|")
        record.appendClass(to: &line)
        line.append(UInt8(ascii: "|"))
        line.append(mapped: Array(record.sentence.utf8)[...], Self.isPlainInHeader, Self.escapeInHeader)
        line.append(UInt8(ascii: "|"))
        line.append(decimal: record.severity.ofTen)
        line.append("| rt=")
        line.append(milliseconds: record.time)
        add(" externalId=", id: record, to: &line)
        add(" dvchost=", record.value(.host), to: &line)
        switch record.sort {
        case .event, .flow: appendSession(record, to: &line)
        case .audit:
            add(" suser=", record.value(.actor), to: &line)
            add(" act=", record.value(.action), to: &line)
            add(" fname=", record.value(.origin), to: &line)
            label(" cn1", "revision", record.value(.revision), to: &line)
        case .finding, .summary:
            add(" reason=", record.value(.reason), to: &line)
            label(" cs4", "interface", record.value(.instance) ?? record.value(.interfaceID), to: &line)
            add(" cnt=", record.value(.packets) ?? record.value(.lost), to: &line)
            if let from = record.instant(.from) {
                line.append(" start=")
                line.append(milliseconds: from)
            }
            if let to = record.instant(.to) {
                line.append(" end=")
                line.append(milliseconds: to)
            }
        }
    }

    private func appendSession(_ record: RecordFields, to line: inout ByteLine) {
        if record.isIPv6 {
            label(" c6a2", "sourceIPv6", record.value(.sourceIP), to: &line)
            label(" c6a3", "destinationIPv6", record.value(.targetIP), to: &line)
        } else {
            add(" src=", record.value(.sourceIP), to: &line)
            add(" dst=", record.value(.targetIP), to: &line)
        }
        add(" spt=", record.value(.sourcePort), to: &line)
        add(" dpt=", record.value(.targetPort), to: &line)
        add(" proto=", record.value(.transport), to: &line)
        add(" act=", record.act?.word, to: &line)
        line.append(" deviceDirection=")
        line.append(record.isInbound ? UInt8(ascii: "0") : UInt8(ascii: "1"))
        add(
            record.isInbound ? " deviceInboundInterface=" : " deviceOutboundInterface=", record.value(.device),
            to: &line)
        add(" smac=", record.value(.sourceMAC), to: &line)
        add(" dmac=", record.value(.targetMAC), to: &line)
        add(" out=", record.value(.bytesFromInitiator), to: &line)
        add(" in=", record.value(.bytesFromTarget), to: &line)
        add(" cnt=", record.value(.packetsFromInitiator), to: &line)
        if record.sort == .flow, let end = record.instant(.end) {
            line.append(" start=")
            line.append(milliseconds: record.time)
            line.append(" end=")
            line.append(milliseconds: end)
        }
        add(" reason=", record.value(.reason), to: &line)
        label(" cs1", "ruleId", record.value(.ruleID), to: &line)
        label(" cs2", "group", record.value(.group), to: &line)
        label(" cs3", "rule", record.value(.rule), to: &line)
        label(" cs4", "instance", record.value(.instance), to: &line)
        label(" cs5", "vpc", record.value(.vpc), to: &line)
        label(" cs6", "stage", record.value(.stage), to: &line)
        label(" cn1", "revision", record.value(.revision), to: &line)
        if let type = record.value(.icmpType) { label(" cn2", "icmpType", type, to: &line) }
        if let code = record.value(.icmpCode) { label(" cn3", "icmpCode", code, to: &line) }
    }

    private func add(_ key: StaticString, _ value: ArraySlice<UInt8>?, to line: inout ByteLine) {
        guard let value, !value.isEmpty else { return }
        line.append(key.description)
        line.append(mapped: value, Self.isPlain, Self.escape)
    }

    private func add(_ key: StaticString, _ word: StaticString?, to line: inout ByteLine) {
        guard let word else { return }
        line.append(key.description)
        line.append(word.description)
    }

    private func add(_ key: StaticString, id record: RecordFields, to line: inout ByteLine) {
        line.append(key.description)
        line.append(mapped: record.idBytes, Self.isPlain, Self.escape)
    }

    private func label(_ key: StaticString, _ name: StaticString, _ value: ArraySlice<UInt8>?, to line: inout ByteLine)
    {
        guard let value, !value.isEmpty else { return }
        line.append(key.description)
        line.append("Label=")
        line.append(name.description)
        line.append(key.description)
        line.append(UInt8(ascii: "="))
        line.append(mapped: value, Self.isPlain, Self.escape)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\\") && byte != 0x7f
    }

    private static func escape(_ byte: UInt8, _ line: inout ByteLine) {
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "\\"):
            line.append(UInt8(ascii: "\\"))
            line.append(byte)
        case 0x0a: line.append("\\n")
        case 0x0d: line.append("\\r")
        default: line.append(UInt8(ascii: " "))
        }
    }

    private static func isPlainInHeader(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "|") && byte != UInt8(ascii: "\\") && byte != 0x7f
    }

    private static func escapeInHeader(_ byte: UInt8, _ line: inout ByteLine) {
        if byte >= 0x20, byte != 0x7f {
            line.append(UInt8(ascii: "\\"))
            line.append(byte)
        } else {
            line.append(UInt8(ascii: " "))
        }
    }
}
