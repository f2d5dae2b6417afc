import Host
import Model
import Records

/// Messages of RFC 5424: `<PRI>1 TIME HOST gatehouse PID SORT SD MSG`, of facility local0.
struct SyslogMessages {
    private static let facility = 16
    /// A record's sort, as MSGID.
    private static func messageID(_ sort: RecordFields.Sort) -> StaticString {
        switch sort {
        case .event: "EVENT"
        case .flow: "FLOW"
        case .audit: "AUDIT"
        case .finding: "FINDING"
        case .summary: "SUMMARY"
        }
    }

    private let mapping: any RecordMapping
    private let isStructured: Bool
    private let process = Array(" gatehouse \(Machine.processID) ".utf8)

    init(_ format: SinkFormat?) {
        let format = format ?? .rfc5424
        mapping = format.mapping
        isStructured = format == .rfc5424
    }

    func append(_ record: RecordFields, to line: inout ByteLine) {
        line.append(UInt8(ascii: "<"))
        line.append(decimal: Self.facility * 8 + record.severity.ofSyslog)
        line.append(">1 ")
        line.append(record.value(record.timeKey) ?? [UInt8(ascii: "-")])
        line.append(UInt8(ascii: " "))
        let host = record.value(.host) ?? []
        if host.isEmpty || host.count > 255 || !host.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) {
            line.append(UInt8(ascii: "-"))
        } else {
            line.append(host)
        }
        line.append(process)
        line.append(Self.messageID(record.sort).description)
        line.append(isStructured ? " " : " - ")
        mapping.append(record, to: &line)
    }
}
