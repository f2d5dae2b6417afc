import Model
import Records

/// Records as logs of CLS: every value a text.
enum CLSLogs {
    /// Names that the vendor has, or Gatehouse's own.
    private static let words: [(key: RecordKey, name: String)] = [
        (.time, "timestamp"), (.start, "start_time"), (.end, "end_time"), (.sourceIP, "src_ip"),
        (.sourcePort, "src_port"), (.targetIP, "dst_ip"), (.targetPort, "dst_port"), (.ruleID, "uid"),
        (.rule, "rule_info"), (.instance, "instance_id"), (.project, "appid"), (.vpc, "vpc_id"),
        (.subnet, "subnet_id"), (.interfaceID, "interface_id"), (.host, "host"), (.verdict, "gh_verdict"),
        (.stage, "gh_stage"), (.revision, "gh_revision"), (.observedRules, "gh_observed"), (.reason, "gh_reason"),
        (.group, "gh_group"), (.state, "gh_state"), (.actor, "actor"), (.action, "action"), (.origin, "origin"),
        (.title, "title"), (.way, "way"), (.packets, "packets"), (.bytes, "bytes"), (.from, "from"), (.to, "to"),
        (.lost, "lost"), (.suppressed, "suppressed"),
    ]
    private static let names = words.map { ($0.key, Array($0.name.utf8)) }

    /// Counts of a flow, as the interface sees them: with the session's initiator at the other end `in` is the initiator's.
    private static let counts: [(fromOther: [UInt8], fromOwn: [UInt8], key: RecordKey, answer: RecordKey)] = [
        (Array("in_pkt_count".utf8), Array("out_pkt_count".utf8), .packetsFromInitiator, .packetsFromTarget),
        (Array("in_pkt_len".utf8), Array("out_pkt_len".utf8), .bytesFromInitiator, .bytesFromTarget),
    ]

    static func body(_ batch: RecordBatch, _ fields: inout RecordFields, longestValue: Int) -> [UInt8] {
        var group = ProtobufWriter()
        var log = ProtobufWriter()
        var host: [UInt8] = []
        batch.forEach(&fields) { _, record in
            if host.isEmpty { host = Array(record.value(.host) ?? []) }
            log.removeAll()
            log.number(1, UInt64(max(record.time, 0) / 1_000_000))
            append(record, longestValue, to: &log)
            group.text(1, log.bytes)
        }
        group.text(3, fileName(batch.source))
        group.text(4, host)
        for (key, value) in [("product", "gatehouse"), ("format", "1")] {
            group.message(5) { tag in
                tag.text(1, key)
                tag.text(2, value)
            }
        }
        group.text(6, host)
        var list = ProtobufWriter()
        list.text(1, group.bytes)
        return list.bytes
    }

    private static func fileName(_ source: SinkSource) -> String {
        switch source {
        case .events: "rule_sg"
        case .flows: "netflow_fl"
        case .audit: "audit"
        case .findings: "finding"
        }
    }

    private static func append(_ record: RecordFields, _ longest: Int, to log: inout ProtobufWriter) {
        func content(_ name: some Collection<UInt8>, _ value: ArraySlice<UInt8>) {
            let isLong = value.count > longest
            log.message(2) { pair in
                pair.text(1, name)
                pair.text(2, isLong ? value.prefix(longest - 3) + Array("…".utf8) : value)
            }
        }
        content("record_id".utf8, record.idBytes)
        content("time".utf8, Array(String(record.time / 1_000_000).utf8)[...])
        for (key, name) in names {
            if let value = record.value(key) { content(name, value) }
        }
        guard record.sort == .event || record.sort == .flow else { return }
        content("protocol".utf8, Array((record.text(.transport) ?? "").uppercased().utf8)[...])
        content("direction".utf8, [UInt8(ascii: record.isInbound ? "1" : "0")])
        let strategy: StaticString =
            record.isWord(.stage, "enterprise") ? (record.act == .drop ? "1" : record.act == .observe ? "0" : "2") : ""
        content("strategy".utf8, Array(strategy.description.utf8)[...])
        guard record.sort == .flow else { return }
        for (other, own, key, answer) in counts {
            content(record.isInbound ? other : own, record.value(key) ?? [0x30])
            content(record.isInbound ? own : other, record.value(answer) ?? [0x30])
        }
    }
}
