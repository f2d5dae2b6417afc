import Buckets
import Model
import Synchronization

/// The delivery state in memory and on disk: what it says is on disk.
final class DeliveryLedger: Sendable {
    private let path: String
    private let state: Mutex<DeliveryState>
    private let adoptedAt = Mutex(Timestamp(nanoseconds: 0))

    init(path: String) throws(DeliveryError) {
        self.path = path
        state = Mutex(try DeliveryState(readingFrom: path))
    }

    var current: DeliveryState { state.withLock { $0 } }

    /// Changes a bucket's progress, and returns when the change is on disk; where that fails, nothing has changed.
    ///
    /// - Throws: `.gone` where nobody names the bucket any more, as its courier may learn when it is on its way.
    func update(
        _ bucket: String, _ change: @escaping @Sendable (inout DeliveryState.Progress) -> Void
    ) async throws(DeliveryError) {
        try await onBlockingThread { [self] () throws(DeliveryError) in
            try state.withLock { (state) throws(DeliveryError) in
                guard state.former[bucket] == nil else { throw .gone(bucket: bucket) }
                var next = state
                change(&next[bucket])
                guard next != state else { return }
                try next.write(to: path)
                state = next
            }
        }
    }

    /// Says which buckets there are, and the collectors of each. One that is no longer named goes.
    ///
    /// A new one goes on where the one stood that had a collector of it before; otherwise it begins where the most advanced
    /// stands. This is called before anything of the revision that names it is delivered, so it misses nothing.
    func adopt(_ buckets: [String: Set<String>], asOf instant: Timestamp) async throws(DeliveryError) {
        try await onBlockingThread { [self] () throws(DeliveryError) in
            try state.withLock { (state) throws(DeliveryError) in
                // A courier that began before the last change must not undo it.
                let isLatest = adoptedAt.withLock { last in
                    defer { last = max(last, instant) }
                    return instant >= last
                }
                guard isLatest, state.buckets.mapValues(\.collectors) != buckets else { return }
                var next = state
                if let furthest = state.buckets.values.max(by: { !$1.isBehind($0) }) {
                    next.newcomers = DeliveryState.Progress()
                    next.newcomers.deliveredUntil = furthest.deliveredUntil
                    next.newcomers.deliveredSequence = furthest.deliveredSequence
                }
                for (bucket, progress) in state.buckets where buckets[bucket] == nil {
                    next.former[bucket] = progress.remains
                }
                next.buckets = [:]
                for (bucket, collectors) in buckets {
                    let former = state.buckets.filter {
                        buckets[$0.key] == nil && !$0.value.collectors.isDisjoint(with: collectors)
                    }
                    let heir = former.values.min { $0.isBehind($1) }?.inherited
                    let fresh = (heir ?? next.newcomers).resuming(next.former.removeValue(forKey: bucket))
                    next.buckets[bucket] = state.buckets[bucket] ?? fresh
                    next.buckets[bucket]?.collectors = collectors
                }
                try next.write(to: path)
                state = next
            }
        }
    }
}

extension DeliveryState.Progress {
    /// What another bucket goes on with: keys and manifests begin anew there.
    fileprivate var inherited: Self {
        var progress = DeliveryState.Progress()
        progress.deliveredUntil = deliveredUntil
        progress.deliveredSequence = deliveredSequence
        progress.gaps = gaps
        progress.streams = streams.mapValues {
            .init(owner: "", start: $0.until, until: $0.until, counters: [:])
        }
        return progress
    }

    /// What must go on in the bucket if it is named again: its manifests, and that its streams' ids are taken.
    fileprivate var remains: Self {
        var progress = DeliveryState.Progress()
        progress.manifests = manifests
        progress.openHour = openHour ?? attempt?.end.hour
        progress.abandoned = (streams.values.map(\.start) + [abandoned, attempt?.end].compactMap(\.self)).max()
        return progress
    }

    fileprivate func resuming(_ remains: Self?) -> Self {
        guard let remains else { return self }
        var progress = self
        progress.manifests = remains.manifests
        progress.openHour = remains.openHour
        progress.abandoned = remains.abandoned
        return progress
    }

    fileprivate func isBehind(_ other: Self) -> Bool {
        guard let until = deliveredUntil else { return other.deliveredUntil != nil }
        return other.deliveredUntil.map { until < $0 } ?? false
    }
}
