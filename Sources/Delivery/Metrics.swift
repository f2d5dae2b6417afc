package import CoreMetrics

/// What delivery to buckets counts.
package struct DeliveryMetrics: Sendable {
    /// Rounds that are whole in their bucket: a span's objects and their manifest.
    let rounds: Counter
    /// Tries that a bucket, or the host's own files, refused; each is made again.
    let failures: Counter
    /// Rounds that were given up because they were refused for too long.
    let dropped: Counter

    package init(_ factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        rounds = Counter(label: "gatehouse_delivery_rounds_total", factory: factory)
        failures = Counter(label: "gatehouse_delivery_failures_total", factory: factory)
        dropped = Counter(label: "gatehouse_delivery_dropped_rounds_total", factory: factory)
    }
}
