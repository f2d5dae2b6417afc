import Archive
import Model
import Records

/// Reads Suricata's EVE lines of type `flow` and `netflow`; those of other types are events of other kinds.
///
/// There is no verdict unless `flow.action` says one. A `netflow` line goes one way.
struct SuricataReader: LineReader {
    var context: [UInt8] { [] }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool { JSONValue(parsing: line)?["event_type"] != nil }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return .comment }
        guard let value = JSONValue(parsing: line), case .object = value else {
            return .bad("the line is no JSON object")
        }
        let fields = JSONFields(value: value)
        guard let type = fields.word("event_type") else { return .bad("event_type: there is none") }
        guard type == "flow" || type == "netflow" else { return .otherEvent }
        do throws(BadLine) {
            try record(fields, type, &batch)
            return .record
        } catch {
            return .bad(error.reason)
        }
    }

    private func record(_ fields: JSONFields, _ type: String, _ batch: inout FlowBatch) throws(BadLine) {
        guard let start = try fields.instant("\(type).start", else: "timestamp", of: fields) else {
            throw BadLine("\(type).start: there is none")
        }
        try batch.set(start: start, end: try fields.instant("\(type).end") ?? start)
        try fields.set(.initiatorIP, address: "src_ip", &batch)
        try fields.set(.targetIP, address: "dest_ip", &batch)
        var transport: TransportProtocol?
        if let name = fields.word("proto") {
            transport = TransportProtocol(name.lowercased())
            guard let transport else {
                throw BadLine("proto: \"\(FieldValues.shown(Array(name.utf8)[...]))\" is no protocol")
            }
            batch.set(transport: transport.rawValue)
        }
        if transport?.hasPorts ?? true {
            try fields.set(.initiatorPort, number: "src_port", &batch, most: 65_535)
            try fields.set(.targetPort, number: "dest_port", &batch, most: 65_535)
        }
        try fields.set(.icmpType, number: "icmp_type", &batch, most: 255)
        try fields.set(.icmpCode, number: "icmp_code", &batch, most: 255)
        if type == "flow" {
            try fields.set(.packetsFromInitiator, number: "flow.pkts_toserver", &batch)
            try fields.set(.bytesFromInitiator, number: "flow.bytes_toserver", &batch)
            try fields.set(.packetsFromTarget, number: "flow.pkts_toclient", &batch)
            try fields.set(.bytesFromTarget, number: "flow.bytes_toclient", &batch)
        } else {
            try fields.set(.packetsFromInitiator, number: "netflow.pkts", &batch)
            try fields.set(.bytesFromInitiator, number: "netflow.bytes", &batch)
        }
        if let flags = fields.word("tcp.tcp_flags") {
            guard let number = UInt8(flags, radix: 16) else { throw BadLine("tcp.tcp_flags: it is no number") }
            batch.set(.flags, number: UInt64(number))
        }
        if let action = fields.word("flow.action") {
            switch action {
            case "accept", "pass": batch.set(.verdict, text: Verdict.accept.rawValue)
            case "drop", "reject": batch.set(.verdict, text: Verdict.drop.rawValue)
            default: throw BadLine("flow.action: \"\(FieldValues.shown(Array(action.utf8)[...]))\" is no action")
            }
        }
        switch fields.word("flow.reason") {
        case "timeout": batch.set(.endReason, text: EndReason.idle.rawValue)
        case "forced", "shutdown": batch.set(.endReason, text: EndReason.forced.rawValue)
        default: break
        }
        fields.set(.communityID, text: "community_id", &batch)
        fields.set(.interface, text: "in_iface", &batch)
    }
}
