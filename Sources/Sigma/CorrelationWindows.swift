import Model

/// The sliding windows of one correlation, a group each.
///
/// A window has the events of the last timespan, the last instant included; an event without a value to group by is in none. It is told when its condition begins to hold; while
/// it goes on holding it is the same finding and told no more.
struct CorrelationWindows {
    struct Event {
        let time: Int64
        /// The rule's place among all.
        let rule: Int
        let record: String
        let value: String?
    }

    private struct Window {
        var events: [Event] = []
        var first = 0
        var holds = false

        var inside: ArraySlice<Event> { events[first...] }

        mutating func add(_ event: Event, oldest: Int64) {
            events.append(event)
            while events[first].time < oldest { first += 1 }
            // What is beyond the bound goes as if it were too old.
            first = max(first, events.count - Limit.eventsOfWindow.bound)
            if first > 1024, first * 2 > events.count {
                events.removeFirst(first)
                first = 0
            }
        }
    }

    let places: [Int]
    private let correlation: SigmaCorrelation
    private var windows: [[String]: Window] = [:]
    private var touched: [(key: [String], groups: [String])] = []
    private var nextSweep: Int64 = .min

    init(_ correlation: SigmaCorrelation, _ places: [Int]) {
        (self.correlation, self.places) = (correlation, places)
    }

    /// Adds an event to its group's window; events come by their times.
    mutating func add(_ event: Event, _ groups: [String]) {
        sweep(event.time)
        // Texts are the same whatever their case.
        let key = groups.map { $0.lowercased() }
        if !touched.contains(where: { $0.key == key }) { touched.append((key, groups)) }
        windows[key, default: Window()].add(event, oldest: event.time - correlation.span)
    }

    /// Judges the windows that got events since the last time, which is once an instant; those whose condition begins to hold.
    mutating func judge() -> [SigmaMatch] {
        defer { touched = [] }
        var matches: [SigmaMatch] = []
        for (key, groups) in touched {
            guard let events = windows[key]?.inside, let last = events.last else { continue }
            let (holds, value) = judged(events)
            let begins = holds && windows[key]?.holds == false
            windows[key]?.holds = holds
            guard begins else { continue }
            matches.append(
                SigmaMatch(
                    ruleID: correlation.id, title: correlation.title, level: correlation.level, tags: correlation.tags,
                    record: last.record, start: events.first?.time ?? last.time,
                    evidence: events.prefix(64).map(\.record), count: events.count,
                    group: zip(correlation.groupNames, groups).map { (name: $0, value: $1) }, value: value))
        }
        return matches
    }

    /// Forgets groups whose events are all too old.
    private mutating func sweep(_ time: Int64) {
        guard time >= nextSweep else { return }
        nextSweep = time + max(correlation.span, 60_000_000)
        windows = windows.filter { $0.value.events.last.map { $0.time >= time - correlation.span } ?? false }
    }

    private func judged(_ events: ArraySlice<Event>) -> (holds: Bool, value: Double?) {
        switch correlation.kind {
        case .temporal: return (isPresent(events), nil)
        case .temporalOrdered: return (isPresent(events) && isOrdered(events), nil)
        case .eventCount: return bounded(Double(events.count))
        case .valueCount: return bounded(Double(Set(events.compactMap { $0.value?.lowercased() }).count))
        case .valueSum:
            let numbers = numbers(events)
            return numbers.isEmpty ? (false, nil) : bounded(numbers.reduce(0, +))
        case .valueAverage:
            let numbers = numbers(events)
            return numbers.isEmpty ? (false, nil) : bounded(numbers.reduce(0, +) / Double(numbers.count))
        case .valueMedian: return percentile(events, 50)
        case .valuePercentile: return percentile(events, correlation.percentile)
        }
    }

    private func bounded(_ value: Double) -> (Bool, Double?) {
        (correlation.bounds.allSatisfy { $0.bound.holds(value, $0.value) }, value)
    }

    private func numbers(_ events: ArraySlice<Event>) -> [Double] {
        events.compactMap { $0.value.flatMap(Double.init) }
    }

    /// Between the two nearest numbers, as the share says.
    private func percentile(_ events: ArraySlice<Event>, _ percent: Double) -> (Bool, Double?) {
        let sorted = numbers(events).sorted()
        guard !sorted.isEmpty else { return (false, nil) }
        let place = percent / 100 * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return bounded(sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below)))
    }

    private func isPresent(_ events: ArraySlice<Event>) -> Bool {
        let present = Set(events.compactMap { event in places.firstIndex(of: event.rule) })
        if let presence = correlation.presence { return presence.holds(present) }
        guard !correlation.bounds.isEmpty else { return present.count == places.count }
        return bounded(Double(present.count)).0
    }

    /// Whether the rules found something one after the other, each later than the one before.
    private func isOrdered(_ events: ArraySlice<Event>) -> Bool {
        var next = 0
        var last = Int64.min
        for event in events where next < places.count && event.rule == places[next] && event.time > last {
            (next, last) = (next + 1, event.time)
        }
        return next == places.count
    }
}
