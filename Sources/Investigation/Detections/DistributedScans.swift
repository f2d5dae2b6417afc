import Model

/// Scans that many sources share: each asks little, and together they ask one target's ports, or many targets at one port.
///
/// Counted are failed first contacts of half an hour. It is found at eight sources that hardly ask the same twice, or twice and more each, where they are
/// more than three times what the target, or the port, gets in other half hours: the Internet's noise knocks at the same few ports
/// all day. Scans of one target from four sources and more are joined likewise: decoys.
final class DistributedScans: Detection {
    static let window = Span.minutes(30)
    private static let sources = 8
    private static let decoys = 4
    private static let quiet = Span.hours(1)
    private static let kept = 48

    private struct Knock: BitwiseCopyable {
        let mark: OpenFinding.Mark
        let source: UInt64
    }

    private struct Place {
        var knocks: [Knock] = []
        /// Knocks that left the window, and since when they are counted.
        var former = 0
        var since: Int64 = 0
        var finding: OpenFinding?
        var last: Int64 = 0
    }

    private let scans: Scans
    private var targets = AgingTable<Place>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(24), empty: Place())
    private var services = AgingTable<Place>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(24), empty: Place())

    var evicted: Int { targets.evicted + services.evicted }

    init(_ scans: Scans) { self.scans = scans }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard sight.isRequest, sight.isFirstContact, flow.outcome.isFailure, sight.isTargetOwn,
            flow.transport == 6 || flow.transport == 17,
            flow.targetPort > 0, !(flow.transport == 17 && flow.outcome == .unanswered)
        else { return }
        join(flow, book)
        guard !scans.isScanning(sight.initiatorKey, at: flow.start) else { return }
        let knock = Knock(mark: .init(flow), source: sight.initiatorKey)
        let (slot, _) = targets.slot(sight.targetKey, at: flow.start)
        if step(&targets.values[slot], knock, sight.age, { UInt64($0.port) }) {
            begin(&targets.values[slot], .target(flow.target), flow, book)
            if let finding = targets.values[slot].finding {
                scans.join(flow.target, finding, until: flow.start + Self.quiet)
            }
        }
        let service = UInt64(flow.transport) << 16 | UInt64(flow.targetPort)
        let (other, _) = services.slot(Mixing.key(service), at: flow.start)
        // One port of one target is asked by many: that is a service that is gone, or noise.
        if targets.values[slot].finding == nil, sight.age > Span.hours(1),
            step(&services.values[other], knock, sight.age, { Mixing.key($0.target) })
        {
            begin(&services.values[other], .service(transport: flow.transport, port: flow.targetPort), flow, book)
        }
    }

    /// Counts a knock; true where it decides.
    private func step(
        _ place: inout Place, _ knock: Knock, _ age: Int64, _ what: (OpenFinding.Mark) -> UInt64
    ) -> Bool {
        let now = knock.mark.start
        if let finding = place.finding {
            if now - place.last <= Self.quiet {
                place.last = now
                finding.add(knock.mark)
                return false
            }
            place = Place()
        }
        if place.knocks.isEmpty, place.since == 0 { place.since = now }
        let before = place.knocks.count
        place.knocks.removeAll { now - $0.mark.start > Self.window }
        place.former += before - place.knocks.count
        // The third knock at the same says no more than the second: a flood of one port hides no scan of others.
        let asked = what(knock.mark)
        guard place.knocks.count(where: { what($0.mark) == asked }) < 3 else { return false }
        if place.knocks.count >= Self.kept {
            place.knocks.removeFirst()
            place.former += 1
        }
        place.knocks.append(knock)
        guard place.knocks.count >= Self.sources else { return false }
        let sources = Set(place.knocks.map(\.source)).count
        let places = Set(place.knocks.map { what($0.mark) }).count
        // Targets are few, and several that each ask more than one are no noise.
        let isSpread = places * 4 >= place.knocks.count * 3 || place.knocks.count >= 2 * sources
        guard sources >= Self.sources, places >= Self.sources, isSpread else {
            return false
        }
        // The mean of a half hour before this one, where there was one.
        let spans = max(Double(now - place.since) / Double(Self.window) - 1, 1)
        return Double(place.knocks.count) > 3 * Double(place.former) / spans + 4
    }

    private func begin(
        _ place: inout Place, _ entity: OpenFinding.Entity, _ flow: Observation, _ book: FindingBook
    ) {
        guard
            let finding = book.begin(
                .distributedScan, entity, at: flow.start, contacts: place.knocks.count, severity: .low,
                place.knocks.map(\.mark))
        else { return }
        let sources = Set(place.knocks.map(\.source)).count
        finding.certainty = min(60, 30 + Double(sources))
        if finding.passed > 0 { finding.severity = .medium }
        finding.parameters = [("sources", "\(Self.sources)"), ("window", TimeWords.length(Self.window))]
        place.finding = finding
        place.last = flow.start
        place.knocks = []
    }

    /// Joins scans of one target that were found one by one.
    private func join(_ flow: Observation, _ book: FindingBook) {
        let parts = scans.lately.filter {
            $0.target == flow.target && !$0.finding.isWithdrawn && flow.start - $0.time <= Self.window
                && $0.finding.kind != .distributedScan
        }
        guard parts.count >= Self.decoys, let first = parts.first?.finding else { return }
        guard
            let whole = book.begin(
                .distributedScan, .target(flow.target), at: flow.start, contacts: first.contacts * parts.count,
                severity: .low, [.init(flow)])
        else { return }
        for part in parts {
            part.finding.isWithdrawn = true
            whole.absorb(part.finding)
        }
        whole.certainty = 50
        whole.parameters = [("scanning sources", "\(Self.decoys)"), ("window", TimeWords.length(Self.window))]
        whole.note = "\(parts.count) sources scanned the target at the same time; some may be decoys"
        scans.join(flow.target, whole, until: flow.start + Self.quiet)
        let (slot, _) = targets.slot(Mixing.key(flow.target), at: flow.start)
        targets.values[slot].finding = whole
        targets.values[slot].last = flow.start
    }
}
