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
    func update(
        _ bucket: String, _ change: @escaping @Sendable (inout DeliveryState.Progress) -> Void
    ) async throws(DeliveryError) {
        try await onBlockingThread { [self] () throws(DeliveryError) in
            try state.withLock { (state) throws(DeliveryError) in
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
                // What a bucket that goes has lies there when it is named again: the ids of its streams stay taken.
                let left = state.buckets.filter { buckets[$0.key] == nil }.values
                let taken = (left.map(\.lastStream) + [state.newcomers.abandoned]).compactMap(\.self).max()
                if let furthest = state.buckets.values.max(by: { !$1.isBehind($0) }) {
                    next.newcomers = DeliveryState.Progress()
                    next.newcomers.deliveredUntil = furthest.deliveredUntil
                    next.newcomers.deliveredSequence = furthest.deliveredSequence
                }
                next.newcomers.abandoned = taken
                next.buckets = [:]
                for (bucket, collectors) in buckets {
                    let former = state.buckets.filter {
                        buckets[$0.key] == nil && !$0.value.collectors.isDisjoint(with: collectors)
                    }
                    let heir = former.values.min { $0.isBehind($1) }?.inherited
                    next.buckets[bucket] = state.buckets[bucket] ?? heir ?? next.newcomers
                    if state.buckets[bucket] == nil { next.buckets[bucket]?.abandoned = taken }
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

    /// The last second that is the id of a stream here, also of one that was given up.
    fileprivate var lastStream: Timestamp? { (streams.values.map(\.start) + [abandoned].compactMap(\.self)).max() }

    fileprivate func isBehind(_ other: Self) -> Bool {
        guard let until = deliveredUntil else { return other.deliveredUntil != nil }
        return other.deliveredUntil.map { until < $0 } ?? false
    }
}
