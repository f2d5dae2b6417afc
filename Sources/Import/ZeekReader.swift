import Archive
import Model
import Records

/// Reads Zeek's `conn.log`, tab-separated with its heading, or JSON.
///
/// `orig_ip_bytes` and `orig_pkts` are the counts, `ts` plus `duration` the end; there is no verdict. Of ICMP the ports are
/// type and code. `missed_bytes` is a loss that the record itself states.
struct ZeekReader: LineReader {
    private var columns: [String] = []
    private var separator = UInt8(ascii: "\t")
    private var unset = Array("-".utf8)
    private var empty = Array("(empty)".utf8)

    var context: [UInt8] { Array(columns.joined(separator: "\t").utf8) + [0] }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool {
        if line.starts(with: Array("#separator".utf8)) || line.starts(with: Array("#fields\tts\t".utf8)) { return true }
        guard let value = JSONValue(parsing: line) else { return false }
        return value["ts"] != nil && value["id.orig_h"] != nil && value["uid"] != nil
    }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return heading(line) }
        do throws(BadLine) {
            if line.first == UInt8(ascii: "{") {
                guard let value = JSONValue(parsing: line), case .object(let members) = value else {
                    throw BadLine("the line is no JSON object")
                }
                var values: [String: ArraySlice<UInt8>] = [:]
                for member in members {
                    if let text = member.value.bytes { values[String(decoding: member.key, as: UTF8.self)] = text }
                }
                return try record(values, &batch)
            }
            guard !columns.isEmpty else { throw BadLine("no line has named the columns") }
            let tokens = line.split(separator: separator, omittingEmptySubsequences: false)
            guard tokens.count == columns.count else {
                throw BadLine("\(tokens.count) values, where \(columns.count) columns are wanted")
            }
            var values: [String: ArraySlice<UInt8>] = [:]
            for (name, token) in zip(columns, tokens) where !token.elementsEqual(unset) && !token.elementsEqual(empty) {
                values[name] = token
            }
            return try record(values, &batch)
        } catch {
            return .bad(error.reason)
        }
    }

    private mutating func heading(_ line: ArraySlice<UInt8>) -> LineOutcome {
        let parts = line.split(separator: separator, omittingEmptySubsequences: false)
        if line.starts(with: Array("#separator ".utf8)) {
            // `\x09`, as a rule.
            let text = String(decoding: line.dropFirst(11), as: UTF8.self)
            if text.hasPrefix("\\x"), let code = UInt8(text.dropFirst(2), radix: 16) { separator = code }
        } else if parts.first?.elementsEqual("#fields".utf8) == true {
            columns = parts.dropFirst().map { String(decoding: $0, as: UTF8.self) }
        } else if parts.count == 2, parts[0].elementsEqual("#unset_field".utf8) {
            unset = Array(parts[1])
        } else if parts.count == 2, parts[0].elementsEqual("#empty_field".utf8) {
            empty = Array(parts[1])
        } else if !["#set_separator", "#path", "#open", "#close", "#types"].contains(where: {
            line.starts(with: Array($0.utf8))
        }) {
            return .comment
        }
        return .heading
    }

    private func record(
        _ values: [String: ArraySlice<UInt8>], _ batch: inout FlowBatch
    ) throws(BadLine) -> LineOutcome {
        guard let time = values["ts"] else { throw BadLine("ts: there is none") }
        let start =
            time.contains(UInt8(ascii: "T"))
            ? try FieldValues.instant(time, "ts") : try FieldValues.decimalSeconds(time, "ts")
        let length = try values["duration"].map { (text) throws(BadLine) in
            try FieldValues.decimalSeconds(text, "duration")
        }
        try batch.set(start: start, end: start + (length ?? 0))
        if let address = values["id.orig_h"] {
            batch.set(.initiatorIP, address: try FieldValues.address(address, "id.orig_h"))
        }
        if let address = values["id.resp_h"] {
            batch.set(.targetIP, address: try FieldValues.address(address, "id.resp_h"))
        }
        let name = values["proto"].map { String(decoding: $0, as: UTF8.self).lowercased() }
        var isICMP = false
        if let name {
            if let transport = TransportProtocol(name) {
                batch.set(transport: transport.rawValue)
                isICMP = transport.isICMP
            } else if name != "unknown_transport" {
                throw BadLine("proto: \"\(FieldValues.shown(Array(name.utf8)[...]))\" is no protocol")
            }
        }
        for (key, column, other) in [
            ("id.orig_p", FlowColumn.initiatorPort, FlowColumn.icmpType), ("id.resp_p", .targetPort, .icmpCode),
        ] {
            guard let text = values[key] else { continue }
            let number = try FieldValues.number(text, key, most: isICMP ? 255 : 65_535)
            batch.set(isICMP ? other : column, number: number)
        }
        for (key, column) in [
            ("orig_pkts", FlowColumn.packetsFromInitiator), ("orig_ip_bytes", .bytesFromInitiator),
            ("resp_pkts", .packetsFromTarget), ("resp_ip_bytes", .bytesFromTarget),
        ] {
            if let text = values[key] { batch.set(column, number: try FieldValues.number(text, key)) }
        }
        if let id = values["community_id"] { batch.set(.communityID, text: id) }
        guard
            let missed = try values["missed_bytes"].map({ (text) throws(BadLine) in
                try FieldValues.number(text, "missed_bytes")
            }), missed > 0
        else { return .record }
        var statement = Statement(
            id: "", kind: .loss, host: "zeek", start: start, end: start + (length ?? 0), reason: "missed_bytes")
        statement.bytes = missed
        return .incompleteRecord(statement)
    }
}
