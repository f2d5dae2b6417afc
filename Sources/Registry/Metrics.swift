import CoreMetrics
package import Telemetry

/// What the registry counts.
struct Metrics: Sendable {
    /// Passes of the `Checkpointer` that failed; each is tried again after a later commit, and the log grows meanwhile.
    let checkpointFailures: Counter

    init(_ factory: any MetricsFactory) {
        checkpointFailures = Counter(label: "gatehouse_registry_checkpoint_failures_total", factory: factory)
    }
}

extension RegistryCounts {
    /// Tells how many of each kind there are.
    package func tell(_ store: MetricsStore) {
        store.tell("gatehouse_registry_revision", Int(revision))
        store.tell(total: "gatehouse_registry_audit_entries_total", UInt64(auditEntries))
        for (quota, count) in objects {
            Meter(
                label: "gatehouse_registry_objects", dimensions: [("kind", quota.rawValue)], factory: store
            ).set(count)
        }
    }
}
