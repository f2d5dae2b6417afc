import Model
import Records

/// What every mapping asks of a record in the same words.
extension RecordFields {
    /// Of which sort a record is; an event log's summary is one of its own.
    enum Sort: Hashable {
        case event
        case flow
        case audit
        case finding
        case summary

        /// The word of Gatehouse's JSON.
        var word: StaticString {
            switch self {
            case .event: "event"
            case .flow: "flow"
            case .audit: "audit"
            case .finding: "finding"
            case .summary: "summary"
            }
        }
    }

    enum Severity: Int {
        case informational = 1
        case low
        case medium
        case high
        case critical

        /// Of CEF and LEEF.
        var ofTen: Int { [1, 3, 5, 8, 10][rawValue - 1] }
        var ofSyslog: Int { 7 - rawValue }
        /// OpenTelemetry's number and name.
        var ofTelemetry: (number: Int, text: StaticString) {
            switch self {
            case .informational: (9, "INFO")
            case .low: (10, "INFO2")
            case .medium: (13, "WARN")
            case .high: (17, "ERROR")
            case .critical: (21, "FATAL")
            }
        }
    }

    enum Act {
        case accept
        case drop
        case observe

        var word: StaticString {
            switch self {
            case .accept: "accept"
            case .drop: "drop"
            case .observe: "observe"
            }
        }
    }

    var sort: Sort {
        switch source {
        case .events: isWord(.kind, "summary") ? .summary : .event
        case .flows: .flow
        case .audit: .audit
        case .findings: .finding
        }
    }

    /// What became of the session; nil for what is none.
    var act: Act? {
        if isWord(.verdict, "drop") { return .drop }
        if isWord(.verdict, "accept") { return .accept }
        return isWord(.verdict, "observe") ? .observe : nil
    }

    var severity: Severity {
        switch sort {
        case .event, .flow: act == .drop || act == .observe ? .low : .informational
        case .audit: .informational
        case .finding: isWord(.reason, "unguarded") ? .high : .medium
        case .summary: .medium
        }
    }

    /// `event.drop`, `flow.accept`, `audit.apply`, `finding.unguarded`, `event.summary`.
    func appendClass(to line: inout ByteLine) {
        switch sort {
        case .summary: line.append("event.summary")
        case .event, .flow:
            line.append(sort == .event ? "event." : "flow.")
            line.append(act?.word.description ?? "unknown")
        case .audit:
            line.append("audit.")
            line.append(value(.action) ?? [])
        case .finding:
            line.append("finding.")
            line.append(value(.reason) ?? [])
        }
    }

    /// A sentence for people.
    var sentence: String {
        switch (sort, act) {
        case (.event, .drop?): "Session refused"
        case (.event, .accept?): "Session accepted"
        case (.event, .observe?): "Session observed"
        case (.flow, .drop?): "Packets refused in a capture window"
        case (.flow, _): "Traffic of a session in a capture window"
        case (.audit, _): "Policy of the host changed"
        case (.finding, _): text(.title) ?? "What records do not hold"
        case (.summary, _): "Events that the log does not hold"
        case (.event, nil): "Session"
        }
    }

    /// By which a reader knows a record that it gets twice.
    func appendID(to line: inout ByteLine) {
        if let id = json(.id) { return line.append(id) }
        line.append(json(.host) ?? [])
        switch sort {
        case .summary:
            line.append(":summary:")
            line.append(json(.from) ?? [])
        case .event, .flow, .audit, .finding:
            line.append(":event:")
            line.append(json(.sequence) ?? [])
        }
    }

    /// The id without escapes of JSON.
    var idBytes: ArraySlice<UInt8> {
        if let id = value(.id) { return id }
        var line = ByteLine(capacity: 64)
        appendID(to: &line)
        return line.bytes.contains(UInt8(ascii: "\\")) ? JSONText.unescaped(line.bytes[...])[...] : line.bytes[...]
    }

    var id: String { String(decoding: idBytes, as: UTF8.self) }

    /// When it was, as its own text: a session's first packet, a window's first instant, a loss's end.
    var timeKey: RecordKey {
        switch sort {
        case .event, .audit, .finding: .time
        case .flow: .start
        case .summary: .to
        }
    }

    /// Nanoseconds since 1970.
    var time: Int64 { instant(timeKey) ?? 0 }

    var isIPv6: Bool { value(.sourceIP)?.contains(UInt8(ascii: ":")) ?? false }
    /// Whether it came to the interface, not from it.
    var isInbound: Bool { isWord(.direction, "ingress") }
}
