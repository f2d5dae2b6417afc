import Model
import Spools

/// Puts a bucket's windows together into spans, until some are due.
struct SpanPlan {
    private let bucket: String
    private let progress: DeliveryState.Progress
    /// Where collectors deliver now, which is where their earlier records go too.
    private let buckets: [Identifier<Collector>: String]
    private let flushed: Timestamp?
    /// What the progress says, by interface.
    private let untils: [Identifier<Interface>: Timestamp]
    private let gaps: Set<Identifier<Interface>>
    private var open: [Identifier<Interface>: Span] = [:]
    private var isComplete = false
    /// The windows that were added: their ends, and up to which number the spool holds nothing later.
    private var windows: [(end: Timestamp, sequence: UInt64)] = []
    /// Spans that are due at `end`, by interface.
    private(set) var due: [Span] = []

    init(
        bucket: String, progress: DeliveryState.Progress, buckets: [Identifier<Collector>: String], flushed: Timestamp?
    ) {
        self.bucket = bucket
        self.progress = progress
        self.buckets = buckets
        self.flushed = flushed
        untils = Dictionary(
            progress.streams.compactMap { name, stream in Identifier(name).map { ($0, stream.until) } }
        ) { first, _ in first }
        gaps = Set(progress.gaps.compactMap { Identifier($0) })
    }

    /// The end of the last window that counts.
    var end: Timestamp? { windows.last?.end }

    /// Adds the next window, which has this ownership at its end; true where spans are due without it.
    mutating func add(_ window: SpooledWindow, _ ownership: Ownership) -> Bool {
        finish(followedBy: ownership)
        guard !isComplete else { return true }
        let last = windows.last?.sequence ?? progress.deliveredSequence
        windows.append((window.end, max(last, window.sequences?.upperBound ?? last)))
        for (interface, owner) in ownership.owners {
            guard let terms = ownership.terms[interface], buckets[terms.collector] == bucket else { continue }
            let until = untils[interface]
            if let until, window.end <= until { continue }
            var span =
                open[interface]
                ?? Span(
                    owner: moved(owner), terms: terms, start: max(window.start, until ?? window.start), end: window.end,
                    hasLoss: gaps.contains(interface))
            span.end = window.end
            let counts = (
                window.counts[.init(interface, .ingress)] ?? 0, window.counts[.init(interface, .egress)] ?? 0
            )
            span.ingress += counts.0
            span.egress += counts.1
            if counts.0 + counts.1 > 0, let sequences = window.sequences {
                span.sequences = (span.sequences?.lowerBound ?? sequences.lowerBound)...sequences.upperBound
            }
            if window.lacksRecords || window.losses.contains(interface) { span.hasLoss = true }
            open[interface] = span
        }
        return false
    }

    /// Ends what is due at the last window, which this ownership follows.
    mutating func finish(followedBy ownership: Ownership) {
        guard !isComplete, let end else { return }
        due = open.values.filter { $0.isDue || flushed == end || ownership.terms[$0.interface] != $0.terms }.sorted {
            ($0.interface.high, $0.interface.low) < ($1.interface.high, $1.interface.low)
        }
        isComplete = !due.isEmpty
    }

    /// How far the bucket is when it has what is due.
    var settled: DeliveryRound.Settled {
        let dueInterfaces = Set(due.map(\.interface))
        let waiting = open.values.filter { !dueInterfaces.contains($0.interface) }.map(\.start).min()
        let until = waiting ?? end ?? progress.deliveredUntil
        guard let until, until > progress.deliveredUntil ?? Timestamp(nanoseconds: 0) else {
            return .init(until: progress.deliveredUntil, sequence: progress.deliveredSequence)
        }
        let sequence = windows.last { $0.end <= until }?.sequence ?? progress.deliveredSequence
        return .init(until: until, sequence: sequence)
    }

    private func moved(_ owner: Ownership.Owner) -> Ownership.Owner {
        var collector = owner.collector
        collector.bucket = bucket
        return .init(collector: collector, placement: owner.placement)
    }
}
