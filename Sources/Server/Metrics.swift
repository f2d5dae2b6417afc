import CoreMetrics
import Registry
import Service
package import Telemetry

/// What the front door counts, and the page of all that the server's parts count.
package struct Metrics: Sendable {
    private let store: MetricsStore
    private let failures: Counter

    package init(_ store: MetricsStore) {
        self.store = store
        failures = Counter(label: "gatehouse_server_failures_total", factory: store)
    }

    /// Counts an answer by its status.
    func note(_ status: Int) {
        Counter(label: "gatehouse_server_requests_total", dimensions: [("status", "\(status)")], factory: store)
            .increment()
    }

    /// Counts a request that failed inside.
    func noteFailure() { failures.increment() }

    func page(_ counts: RegistryCounts, _ hosts: HostService) -> String {
        counts.tell(store)
        hosts.tell(store)
        return store.text
    }
}
