import Buckets
package import Model

/// Brings what is pending into one bucket, window by window, and tries again what it refused.
///
/// The spool is its queue: what is pending is read from there each time, so that nothing is held in memory while the bucket
/// refuses. A window that was refused for 24 hours is dropped.
package actor BucketCourier {
    package static let patience = Duration.seconds(24 * 3600)

    package struct Surroundings: Sendable {
        /// The windows that follow a progress, in order: some of them, or none when all is delivered.
        package var windows: @Sendable (DeliveryState.Progress) async throws -> [ClosedWindow]
        package var now: @Sendable () -> Timestamp
        /// Says a line to the operator.
        package var log: @Sendable (String) -> Void

        package init(
            windows: @escaping @Sendable (DeliveryState.Progress) async throws -> [ClosedWindow],
            now: @escaping @Sendable () -> Timestamp, log: @escaping @Sendable (String) -> Void
        ) {
            self.windows = windows
            self.now = now
            self.log = log
        }
    }

    private let bucket: String
    private let delivery: CollectorDelivery
    private var backoff = Backoff()
    private var refusals = RefusalLog()
    /// What keeps records from the bucket at the moment.
    package private(set) var problem: String?

    package init(bucket: String, delivery: CollectorDelivery) {
        self.bucket = bucket
        self.delivery = delivery
    }

    /// Delivers until nothing is pending or the bucket refuses.
    ///
    /// - Returns: when to try again; nil when all is delivered.
    package func run(_ surroundings: Surroundings, catalogue: Catalogue) async -> Timestamp? {
        if let due = backoff.dueAt, surroundings.now() < due { return due }
        do {
            while true {
                let windows = try await surroundings.windows(delivery.state[bucket])
                guard !windows.isEmpty else { break }
                for window in windows where !(try await deliver(window, surroundings, catalogue)) {
                    return backoff.dueAt
                }
            }
            backoff.succeed()
            problem = nil
            return nil
        } catch {
            return fail("\(error)", retryAfter: nil, surroundings)
        }
    }

    /// False when the bucket refused and the window is not too old to wait.
    private func deliver(
        _ window: ClosedWindow, _ surroundings: Surroundings, _ catalogue: Catalogue
    ) async throws -> Bool {
        do throws(DeliveryError) {
            try await delivery.deliver(window, to: bucket, catalogue: catalogue)
            backoff.succeed()
            return true
        } catch {
            let now = surroundings.now()
            if let line = refusals.line(error, bucket: bucket, at: now) { surroundings.log(line) }
            guard window.end.advanced(by: Self.patience) <= now, case .bucket = error else {
                let pause: Duration? = if case .bucket(let refusal) = error { refusal.retryAfter } else { nil }
                _ = fail("\(error)", retryAfter: pause, surroundings)
                return false
            }
            let dropped = try await delivery.drop(window, from: bucket)
            for line in refusals.lines(dropped: dropped, since: window.start, bucket: bucket, at: now) {
                surroundings.log(line)
            }
            return true
        }
    }

    private func fail(_ reason: String, retryAfter: Duration?, _ surroundings: Surroundings) -> Timestamp? {
        problem = reason
        backoff.fail(at: surroundings.now(), retryAfter: retryAfter, jitter: Double.random(in: 0...1))
        return backoff.dueAt
    }
}
