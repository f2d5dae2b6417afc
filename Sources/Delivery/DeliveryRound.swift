package import Model
import Spools

/// What a bucket gets next: the spans that are due first, all at one instant.
package struct DeliveryRound: Sendable {
    package let end: Timestamp
    /// By interface.
    package let spans: [Span]
    /// How far the bucket is when it has them.
    let settled: Settled
    /// From what the round was derived, so that it can be derived again.
    let attempt: DeliveryState.Attempt

    /// Up to where a bucket waits for nothing any more.
    struct Settled: Hashable, Sendable {
        var until: Timestamp?
        var sequence: UInt64
    }
}

extension DeliveryRound {
    /// What a look at the spool finds.
    package enum Finding: Sendable {
        case round(DeliveryRound)
        /// Nothing is due; the spool may forget what no interface waits for.
        case nothing(settled: Timestamp?, sequence: UInt64)
    }

    /// Finds what is due next; a pure function of spool, history and progress.
    ///
    /// An attempt that was begun is derived from what it was derived from then.
    package static func next(
        for bucket: String, after progress: DeliveryState.Progress, _ source: DeliverySource
    ) throws -> Finding {
        var source = source
        if let attempt = progress.attempt {
            source.closedUntil = attempt.closedUntil
            source.present = attempt.present
            source.flushed = attempt.flushed
        }
        let present = try source.ownership(source.present)
        var plan = SpanPlan(bucket: bucket, progress: progress, buckets: present.buckets, flushed: source.flushed)
        var failure: (any Error)?
        try source.spool.windows(
            from: progress.deliveredSequence + 1, since: progress.deliveredUntil, until: source.closedUntil,
            length: source.windowLength
        ) { window in
            do {
                return !plan.add(window, try source.ownership(window.end))
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        plan.finish(followedBy: present)
        guard let end = plan.end, !plan.due.isEmpty else {
            return .nothing(settled: plan.settled.until, sequence: plan.settled.sequence)
        }
        return .round(
            DeliveryRound(
                end: end, spans: plan.due, settled: plan.settled,
                attempt: .init(
                    end: end, closedUntil: source.closedUntil, present: source.present, flushed: source.flushed)))
    }
}
