import Host
import Link
import Model

/// When packets passed unjudged: what status says of it, also after a restart.
struct UnguardedSpans {
    /// The last spans, oldest first.
    private(set) var spans: [UnguardedSpan]
    /// The last moment at which the table was found to be well.
    private(set) var lastWell = SystemClock.realtime
    /// How many there were since the start, for metrics.
    private(set) var count = 0

    /// So many are kept: the newest, and those that go on.
    private static let memory = 100

    /// * `spans`: those of an agent before. What was open then is open until something else is known.
    init(_ spans: [UnguardedSpan]) { self.spans = spans }

    /// Says that rules were as they should be at an instant.
    mutating func wasWell(at instant: Int64) { lastWell = instant }

    /// Notes a span that is over: from when all was known to be well to now.
    mutating func note(_ cause: String, devices: [String], since: Int64?) -> UnguardedSpan {
        let now = SystemClock.realtime
        let span = UnguardedSpan(
            since: Timestamp(nanoseconds: min(since ?? lastWell, now)), until: Timestamp(nanoseconds: now),
            cause: cause, devices: devices)
        add(span)
        lastWell = now
        return span
    }

    /// Says what goes on unjudged at present, by device; what went on before and is not among it is over.
    ///
    /// - Returns: the spans that are over now.
    mutating func noteOpen(_ present: [String: String], since: Int64) -> [UnguardedSpan] {
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        var known: Set<String> = []
        var over: [UnguardedSpan] = []
        for index in spans.indices where spans[index].until == nil {
            let device = spans[index].devices.first ?? ""
            if present[device] == spans[index].cause {
                known.insert(device)
            } else {
                spans[index].until = now
                over.append(spans[index])
            }
        }
        for (device, cause) in present.sorted(by: { $0.key < $1.key }) where !known.contains(device) {
            add(UnguardedSpan(since: Timestamp(nanoseconds: since), until: nil, cause: cause, devices: [device]))
        }
        return over
    }

    private mutating func add(_ span: UnguardedSpan) {
        count += 1
        spans.append(span)
        while spans.count > Self.memory, let oldest = spans.firstIndex(where: { $0.until != nil }) {
            spans.remove(at: oldest)
        }
    }
}
