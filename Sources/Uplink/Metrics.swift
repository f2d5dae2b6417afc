package import CoreMetrics
import Synchronization

/// How the wire to the control plane does: what it counts, and what stands against it at the moment.
package final class UplinkHealth: Sendable {
    private enum Part: String, CaseIterable {
        case stream
        case shipping
    }

    private let connected: Meter
    private let failures: [Part: Counter]
    private let shipped: Counter
    private let problem = Mutex<[Part: String]>([:])

    package init(_ factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        connected = Meter(label: "gatehouse_uplink_connected", factory: factory)
        connected.set(0)
        shipped = Counter(label: "gatehouse_uplink_shipped_bytes_total", factory: factory)
        failures = Dictionary(
            uniqueKeysWithValues: Part.allCases.map {
                (
                    $0,
                    Counter(
                        label: "gatehouse_uplink_failures_total", dimensions: [("part", $0.rawValue)], factory: factory)
                )
            })
    }

    /// What keeps the host from its control plane, or its records from there; nothing where all is well.
    package var problems: [String] {
        problem.withLock { problem in
            Part.allCases.compactMap { part in problem[part].map { "uplink: \(part.rawValue): \($0)" } }
        }
    }

    func streamIsOpen() {
        connected.set(1)
        problem.withLock { $0[.stream] = nil }
    }

    func streamFailed(_ words: String) {
        connected.set(0)
        note(words, .stream)
    }

    func shippingWorks() { problem.withLock { $0[.shipping] = nil } }
    func shippingFailed(_ words: String) { note(words, .shipping) }
    func noteShipped(_ bytes: Int) { shipped.increment(by: Int64(bytes)) }

    private func note(_ words: String, _ part: Part) {
        failures[part]?.increment()
        problem.withLock { $0[part] = words }
    }
}
