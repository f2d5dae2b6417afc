import Buckets
import CoreMetrics
package import Model

/// Brings what is due into one bucket, round by round, and tries again what it refused.
///
/// The spool is its queue: what is due is found there each time, so that nothing is held in memory while the bucket
/// refuses. A round that was refused for 24 hours is dropped.
package actor BucketCourier {
    package static let patience = Duration.seconds(24 * 3600)

    package struct Surroundings: Sendable {
        package var source: DeliverySource
        package var now: @Sendable () -> Timestamp
        /// Says a line to the operator.
        package var log: @Sendable (String) -> Void
        package var metrics: DeliveryMetrics

        package init(
            source: DeliverySource, now: @escaping @Sendable () -> Timestamp,
            log: @escaping @Sendable (String) -> Void, metrics: DeliveryMetrics = DeliveryMetrics()
        ) {
            self.source = source
            self.now = now
            self.log = log
            self.metrics = metrics
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

    /// Delivers until nothing is due or the bucket refuses.
    ///
    /// - Returns: when to try again; nil when all is delivered.
    package func run(_ surroundings: Surroundings, catalogue: Catalogue) async -> Timestamp? {
        if let due = backoff.dueAt, surroundings.now() < due { return due }
        do {
            while true {
                let progress = delivery.state[bucket]
                switch try await next(after: progress, surroundings.source) {
                case .round(let round) where progress.attempt.map({ $0.end == round.end }) ?? true:
                    guard try await deliver(round, surroundings, catalogue) else { return backoff.dueAt }
                case .nothing(let until, let sequence) where progress.attempt == nil:
                    try await delivery.settle(bucket, until: until, sequence: sequence)
                    backoff.succeed()
                    problem = nil
                    return nil
                default:
                    try await delivery.abandonAttempt(in: bucket)
                }
            }
        } catch {
            return fail("\(error)", retryAfter: nil, surroundings)
        }
    }

    private func next(
        after progress: DeliveryState.Progress, _ source: DeliverySource
    ) async throws -> DeliveryRound.Finding {
        let bucket = bucket
        let result: Result<DeliveryRound.Finding, any Error> = await onBlockingThread {
            Result { try DeliveryRound.next(for: bucket, after: progress, source) }
        }
        return try result.get()
    }

    /// False when the bucket refused and the round is not too old to wait.
    private func deliver(
        _ round: DeliveryRound, _ surroundings: Surroundings, _ catalogue: Catalogue
    ) async throws(DeliveryError) -> Bool {
        do throws(DeliveryError) {
            try await delivery.deliver(round, to: bucket, from: surroundings.source.spool, catalogue: catalogue)
            backoff.succeed()
            surroundings.metrics.rounds.increment()
            return true
        } catch {
            let now = surroundings.now()
            if let line = refusals.line(error, bucket: bucket, at: now) { surroundings.log(line) }
            guard round.end.advanced(by: Self.patience) <= now, case .bucket = error else {
                let pause: Duration? = if case .bucket(let refusal) = error { refusal.retryAfter } else { nil }
                _ = fail("\(error)", retryAfter: pause, surroundings)
                return false
            }
            surroundings.metrics.dropped.increment()
            let dropped = try await delivery.drop(round, from: bucket)
            let start = round.spans.map(\.start).min() ?? round.end
            for line in refusals.lines(dropped: dropped, since: start, bucket: bucket, at: now) {
                surroundings.log(line)
            }
            return true
        }
    }

    private func fail(_ reason: String, retryAfter: Duration?, _ surroundings: Surroundings) -> Timestamp? {
        problem = reason
        surroundings.metrics.failures.increment()
        backoff.fail(at: surroundings.now(), retryAfter: retryAfter, jitter: Double.random(in: 0...1))
        return backoff.dueAt
    }
}
