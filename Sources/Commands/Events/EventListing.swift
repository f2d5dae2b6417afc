import Model
import Records
import Terminal

/// One line of the event log: its bytes, and what they say.
struct EventLine {
    let bytes: [UInt8]
    let content: EventLogLine

    init(reading bytes: ArraySlice<UInt8>) throws {
        self.bytes = Array(bytes)
        content = try EventLogLine(reading: bytes)
    }

    func matches(_ filter: RecordFilter) -> Bool {
        switch content {
        case .event(let entry): filter.matches(entry)
        case .summary(let summary): filter.matches(summary)
        }
    }
}

/// How events are listed. JSON is the log's own line.
struct EventListing: Listing {
    let time: LocalTime

    let columns = [
        TableColumn("TIME", minimumWidth: 12), TableColumn("VERDICT"), TableColumn("INTERFACE", minimumWidth: 12),
        TableColumn("WAY", minimumWidth: 7), TableColumn("SOURCE", minimumWidth: 24),
        TableColumn("TARGET", minimumWidth: 15), TableColumn("SERVICE", minimumWidth: 8),
        TableColumn("REVISION", isNumber: true), TableColumn("RULE BY", minimumWidth: 7), TableColumn("RULE"),
    ]

    func cells(_ row: EventLine) -> [String] {
        guard case .event(let entry) = row.content else { return [] }
        let service =
            entry.icmpType.map { "\(entry.transport)/\($0)/\(entry.icmpCode ?? 0)" }
            ?? entry.targetPort.map { "\(entry.transport)/\($0)" } ?? "\(entry.transport)"
        return [
            time.text(entry.time), verdict(entry), entry.label ?? entry.interfaceID.short,
            entry.direction.rawValue,
            Wording.initiator(Wording.end(entry.source, entry.sourcePort), entry.translation, at: entry.direction),
            Wording.target("\(entry.target)", entry.translation, at: entry.direction), service,
            "\(entry.revision)", entry.changedBy ?? "",
            "\(entry.ruleID.short) \(entry.rule ?? "")",
        ]
    }

    func note(_ row: EventLine) -> String? {
        guard case .summary(let summary) = row.content else { return nil }
        let span = "\(time.text(summary.from)) to \(time.text(summary.to))"
        return "\(span): \(summary.suppressed) events left out by the rate limit, \(summary.lost) lost"
    }

    func appendJSON(_ row: EventLine, to line: inout ByteLine) { line.append(row.bytes) }

    let keys = [
        "sequence", "time", "host", "verdict", "would_be", "reason", "direction", "project", "project_name",
        "vpc", "subnet", "instance", "interface", "interface_id", "device", "stage", "rule_id", "rule", "rule_name",
        "group",
        "security_group_id", "revision",
        "changed_by", "changed_at", "src_ip", "dst_ip", "protocol", "protocol_number", "src_port", "dst_port",
        "icmp_type", "icmp_code", "tcp_flags", "ttl", "length", "src_mac", "dst_mac", "pre_nat_src_ip",
        "pre_nat_src_port", "pre_nat_dst_ip", "pre_nat_dst_port", "post_nat_src_ip", "post_nat_src_port",
        "post_nat_dst_ip", "post_nat_dst_port",
    ]

    func fields(_ row: EventLine) -> [Field] {
        switch row.content {
        case .event(let entry): place(entry) + decision(entry) + packet(entry) + translation(entry)
        case .summary(let summary):
            [
                Field("kind", .text("summary")), Field("host", .text(summary.host)),
                Field("lost", .number(summary.lost)), Field("suppressed", .number(summary.suppressed)),
                Field("from", .instant(summary.from)), Field("to", .instant(summary.to)),
            ]
        }
    }

    private func verdict(_ entry: EventEntry) -> String {
        entry.isObservation ? SessionEvent.observation : Wording.verdict(entry.verdict)
    }

    private func place(_ entry: EventEntry) -> [Field] {
        [
            Field("sequence", .number(entry.sequence)), Field("time", .instant(entry.time)),
            Field("host", .text(entry.host)), Field("verdict", .text(verdict(entry))),
            Field("would_be", .text(entry.wouldBe.map(Wording.verdict))),
            Field("reason", .text(entry.reason?.rawValue)), Field("direction", .text(entry.direction.rawValue)),
            Field("project", .text(entry.project)), Field("project_name", .text(entry.projectName)),
            Field("vpc", .text(entry.vpc)),
            Field("subnet", .text(entry.subnet)), Field("instance", .text(entry.instance)),
            Field("interface", .text(entry.interface)), Field("interface_id", .text(entry.interfaceID.description)),
            Field("device", .text(entry.device)),
        ]
    }

    private func decision(_ entry: EventEntry) -> [Field] {
        [
            Field("stage", .text(entry.stage.rawValue)), Field("rule_id", .text(entry.ruleID.description)),
            Field("rule", .text(entry.rule)), Field("rule_name", .text(entry.ruleName)),
            Field("group", .text(entry.group)),
            Field("security_group_id", .text(entry.securityGroupID?.description)),
            Field("revision", .number(entry.revision)), Field("changed_by", .text(entry.changedBy)),
            Field("changed_at", .instant(entry.changedAt)),
        ]
    }

    private func translation(_ entry: EventEntry) -> [Field] {
        [("pre_nat", entry.translation?.before), ("post_nat", entry.translation?.after)].flatMap { side, key in
            [
                Field("\(side)_src_ip", .text(key?.initiator.description)),
                Field("\(side)_src_port", .number(key?.initiatorPort)),
                Field("\(side)_dst_ip", .text(key?.target.description)),
                Field("\(side)_dst_port", .number(key?.targetPort)),
            ]
        }
    }

    private func packet(_ entry: EventEntry) -> [Field] {
        [
            Field("src_ip", .text(entry.source.description)), Field("dst_ip", .text(entry.target.description)),
            Field("protocol", .text(entry.transport.description)),
            Field("protocol_number", .number(entry.transport.rawValue)),
            Field("src_port", .number(entry.sourcePort)), Field("dst_port", .number(entry.targetPort)),
            Field("icmp_type", .number(entry.icmpType)), Field("icmp_code", .number(entry.icmpCode)),
            Field("tcp_flags", .text(entry.tcpFlags)), Field("ttl", .number(entry.timeToLive)),
            Field("length", .number(entry.length)), Field("src_mac", .text(entry.sourceMAC?.description)),
            Field("dst_mac", .text(entry.targetMAC?.description)),
        ]
    }
}

/// Shows lines of the event log while they come.
struct EventPrinter {
    private var writer: ListingWriter<EventListing>

    init(_ format: OutputFormat) {
        writer = ListingWriter(EventListing(time: LocalTime(now: .now)), format, grows: true)
    }

    /// Shows a line at once.
    mutating func print(_ line: [UInt8]) throws {
        writer.add(try EventLine(reading: line[...]))
        writer.flush()
    }
}
