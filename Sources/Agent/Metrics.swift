import Link

/// What an agent counts, as Prometheus text; `docs/operations.md` lists the names.
struct Metrics {
    /// How often each step of the loop failed.
    private var failures: [String: Int] = [:]

    mutating func noteFailure(of step: String) { failures[step, default: 0] += 1 }

    func text(_ status: AgentStatus, spoolBytes: Int) -> String {
        var lines: [(name: String, value: String)] = [
            ("gatehouse_agent_revision", "\(status.revision)"),
            ("gatehouse_agent_interfaces", "\(status.interfaces.count)"),
            ("gatehouse_agent_missing_devices", "\(status.missingDevices.count)"),
            ("gatehouse_agent_sockets_kept", status.socketsAreKept ? "1" : "0"),
            ("gatehouse_agent_live_sessions", "\(status.liveSessions)"),
            ("gatehouse_agent_events_total", "\(status.events)"),
            ("gatehouse_agent_events_suppressed_total", "\(status.eventsSuppressed)"),
            ("gatehouse_agent_events_lost_total", "\(status.eventsLost)"),
            ("gatehouse_agent_records_total", "\(status.records)"),
            ("gatehouse_agent_spool_bytes", "\(spoolBytes)"),
            ("gatehouse_agent_malformed_messages_total", "\(status.malformedMessages)"),
            ("gatehouse_agent_repairs_total", "\(status.repairs)"),
            ("gatehouse_agent_problems", "\(status.problems.count)"),
        ]
        lines += Self.steps.map { ("gatehouse_agent_failures_total{step=\"\($0)\"}", "\(failures[$0] ?? 0)") }
        return lines.map { "\($0.name) \($0.value)\n" }.joined()
    }

    /// The steps of the loop that are tried again when they fail.
    static let steps = [
        "bindings", "control", "ended connections", "event logs", "events", "metrics", "plumbing", "state", "upkeep",
        "window",
    ]
}
