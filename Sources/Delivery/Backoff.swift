package import Model

/// When a bucket that refused is tried again: later each time, and not all hosts at the same instant.
package struct Backoff: Hashable, Sendable {
    private static let first = Duration.seconds(1)
    private static let longest = Duration.seconds(300)

    private var failures = 0
    /// Nil while nothing has failed.
    package private(set) var dueAt: Timestamp?

    package init() {}

    /// Notes a failure; `jitter` is a random number from 0 to 1, `retryAfter` the least pause that the service asked for.
    package mutating func fail(at now: Timestamp, retryAfter: Duration?, jitter: Double) {
        let pause = min(Self.first * (1 << min(failures, 20)), Self.longest) * (0.5 + jitter / 2)
        dueAt = now.advanced(by: max(pause, retryAfter ?? .zero))
        failures += 1
    }

    package mutating func succeed() { self = Backoff() }
}
