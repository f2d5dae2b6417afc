import Delivery
import Dispatch
import Host
import Link
import Model
import Spools
import Synchronization

/// Delivers what is due to the collectors' buckets, beside the recorder, which never waits for it.
///
/// Each bucket has a courier of its own, so that one that refuses or stalls keeps no other waiting. Couriers are started by
/// the agent's loop: when a window was closed, and when a refused one is due again.
final class DeliveryService: Sendable {
    /// What is in force.
    struct Present: Sendable {
        var revision: Revision
        var catalogue: Catalogue
        var history: HostHistory
        /// When this was in force; not before the last window's end.
        var instant: Timestamp
        /// The end of the window that was closed last.
        var closedUntil: Timestamp
        /// A window's end at which everything is due.
        var flushed: Timestamp?
    }

    private struct State {
        var present: Present?
        var delivery: CollectorDelivery?
        var couriers: [String: BucketCourier] = [:]
        /// When a bucket is to be tried again; one that is not here has nothing pending.
        var due: [String: Timestamp] = [:]
        var running: Set<String> = []
        /// What keeps records from each bucket.
        var problems: [String: String] = [:]
        var isStopping = false

        var buckets: Set<String> { Set(present?.revision.policy.collectors.map(\.bucket) ?? []) }
    }

    private let folder: DataFolder
    private let windowLength: Duration
    private let signer: ManifestSigner?
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let tasks = DispatchGroup()
    private let metrics: DeliveryMetrics

    init(
        _ folder: DataFolder, windowLength: Duration, signer: ManifestSigner?, metrics: DeliveryMetrics,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.metrics = metrics
        self.folder = folder
        self.windowLength = windowLength
        self.signer = signer
        self.log = log
    }

    /// Says that a window was closed, and what is in force.
    func wake(_ present: Present) {
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        state.withLock { state in
            state.present = present
            let buckets = state.buckets
            for bucket in buckets { state.due[bucket] = state.due[bucket] ?? now }
            for gone in Set(state.due.keys).union(state.problems.keys).subtracting(buckets) {
                state.due[gone] = nil
                state.couriers[gone] = nil
                state.problems[gone] = nil
            }
        }
        startDue()
    }

    /// Starts the couriers that have something to do; to be called often, for it costs nothing when there is nothing.
    func startDue() {
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        let started: [String] = state.withLock { state in
            guard !state.isStopping else { return [] }
            let due = state.due.filter { $0.value <= now && !state.running.contains($0.key) }.keys
            for bucket in due {
                state.due[bucket] = nil
                state.running.insert(bucket)
            }
            return Array(due)
        }
        for bucket in started {
            tasks.enter()
            Task {
                let (due, problem) = await run(bucket)
                state.withLock { state in
                    state.running.remove(bucket)
                    // What nobody names any more is nobody's problem.
                    guard state.buckets.contains(bucket) else { return }
                    state.problems[bucket] = problem
                    if let due { state.due[bucket] = min(state.due[bucket] ?? due, due) }
                }
                tasks.leave()
            }
        }
    }

    private func run(_ bucket: String) async -> (due: Timestamp?, problem: String?) {
        do {
            guard let present = state.withLock({ $0.present }) else { return (nil, nil) }
            let delivery = try opened()
            try await delivery.adopt(Ownership(present.revision.policy).buckets, asOf: present.instant)
            let courier = state.withLock { state in
                let courier = state.couriers[bucket] ?? BucketCourier(bucket: bucket, delivery: delivery)
                state.couriers[bucket] = courier
                return courier
            }
            let history = present.history
            let source = DeliverySource(
                spool: SpoolReader(folder: folder.spool), windowLength: windowLength, closedUntil: present.closedUntil,
                present: present.instant, flushed: present.flushed, ownership: { try history.ownership(at: $0) })
            let due = await courier.run(
                .init(
                    source: source, now: { Timestamp(nanoseconds: SystemClock.realtime) }, log: log, metrics: metrics),
                catalogue: present.catalogue)
            return (due, await courier.problem.map { "\(bucket): \($0)" })
        } catch {
            return (Timestamp(nanoseconds: SystemClock.realtime).advanced(by: .seconds(10)), "\(error)")
        }
    }

    private func opened() throws -> CollectorDelivery {
        try state.withLock { state in
            let delivery =
                try state.delivery
                ?? CollectorDelivery(.init(dataFolder: folder.path, stateFile: folder.delivery), signer: signer)
            state.delivery = delivery
            return delivery
        }
    }

    /// The number of the last record that every bucket has; all have what nobody waits for.
    var deliveredSequence: UInt64 {
        state.withLock { state in
            guard let present = state.present, !present.revision.policy.collectors.isEmpty else { return .max }
            return state.delivery?.state.deliveredSequence ?? 0
        }
    }

    /// What keeps records from their buckets at the moment.
    var problem: String? {
        let problems = state.withLock { $0.problems.values.sorted() }
        return problems.isEmpty ? nil : problems.joined(separator: "; ")
    }

    /// Waits for what is on its way, for at most ten seconds; the rest is delivered after the next start.
    func stop() {
        startDue()
        state.withLock { $0.isStopping = true }
        _ = tasks.wait(timeout: .now() + .seconds(10))
    }
}
