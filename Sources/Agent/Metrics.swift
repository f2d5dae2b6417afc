import CoreMetrics
import Link
import Telemetry

/// What an agent counts; `docs/operations.md` lists the names.
struct Metrics {
    private let store: MetricsStore

    init(_ store: MetricsStore) {
        self.store = store
        for step in Self.steps { _ = failures(of: step) }
    }

    /// The steps of the loop that are tried again when they fail.
    static let steps = [
        "bindings", "control", "ended connections", "event logs", "events", "metrics", "plumbing", "state", "table",
        "upkeep", "window",
    ]

    private func failures(of step: String) -> Counter {
        Counter(label: "gatehouse_agent_failures_total", dimensions: [("step", step)], factory: store)
    }

    func noteFailure(of step: String) { failures(of: step).increment() }

    /// What is so at present.
    private static let gauges: [(name: String, value: @Sendable (AgentStatus) -> Int)] = [
        ("gatehouse_agent_revision", { $0.revision }),
        ("gatehouse_agent_interfaces", { $0.interfaces.count }),
        (
            "gatehouse_agent_bridged_interfaces",
            { $0.attachments?.count { $0.attachment == .bridged } ?? 0 }
        ),
        ("gatehouse_agent_missing_devices", { $0.missingDevices.count }),
        ("gatehouse_agent_not_enforced_interfaces", { $0.notEnforced?.count ?? 0 }),
        ("gatehouse_agent_held_devices", { $0.heldDevices?.count ?? 0 }),
        ("gatehouse_agent_unguarded", { $0.unguarded?.count { $0.until == nil } ?? 0 }),
        ("gatehouse_agent_foreign_drops", { $0.foreignDrops?.count ?? 0 }),
        ("gatehouse_agent_sockets_kept", { $0.socketsAreKept ? 1 : 0 }),
        ("gatehouse_agent_live_sessions", { $0.liveSessions }),
        ("gatehouse_agent_problems", { $0.problems.count }),
    ]

    /// What only grows, as others keep it.
    private static let totals: [(name: String, value: @Sendable (AgentStatus) -> UInt64)] = [
        ("gatehouse_agent_events_total", { $0.events }),
        ("gatehouse_agent_events_suppressed_total", { $0.eventsSuppressed }),
        ("gatehouse_agent_events_lost_total", { $0.eventsLost }),
        ("gatehouse_agent_records_total", { $0.records }),
        ("gatehouse_agent_malformed_messages_total", { $0.malformedMessages }),
        ("gatehouse_agent_repairs_total", { UInt64($0.repairs) }),
    ]

    /// What became of records at sinks, by the sink's name.
    private static let sinkTotals: [(name: String, value: @Sendable (SinkReport) -> UInt64)] = [
        ("gatehouse_sink_records_total", { $0.taken }),
        ("gatehouse_sink_refused_records_total", { $0.refused }),
        ("gatehouse_sink_lost_records_total", { $0.lost }),
    ]

    /// The page: of this agent, and of all that count into its store.
    func text(_ status: AgentStatus, sinks: [SinkReport], spoolBytes: Int, unguardedSpans: Int) -> String {
        for gauge in Self.gauges { store.tell(gauge.name, gauge.value(status)) }
        store.tell("gatehouse_agent_spool_bytes", spoolBytes)
        for total in Self.totals { store.tell(total: total.name, total.value(status)) }
        store.tell(total: "gatehouse_agent_unguarded_spans_total", UInt64(unguardedSpans))
        for sink in sinks {
            for total in Self.sinkTotals { store.tell(total: total.name, total.value(sink), [("sink", sink.name)]) }
        }
        store.tell("gatehouse_sink_faults", sinks.count { $0.problem != nil })
        return store.text
    }
}
