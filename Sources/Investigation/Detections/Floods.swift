import Foundation
import Model

/// A service is denied: failed and half-open requests to one port of a target, a thousand within two seconds, or three
/// hundred from sixteen sources and more.
///
/// Packets of a record are spread evenly over its span. What a scanner asks at many ports is its scan, not a flood; sums of floods
/// that do not know their ports count together.
final class Floods: Detection {
    private static let packets = 1000.0
    private static let packetsOfMany = 300.0
    private static let many = 16
    private static let window: Int64 = 2
    private static let quiet = Span.minutes(10)

    private struct Place {
        /// The second of `now`.
        var second: Int64 = .min
        var now = 0.0
        var before = 0.0
        var marks: [OpenFinding.Mark] = []
        var attempts = 0
        var finding: OpenFinding?
        var sources = DistinctCount()
    }

    private var places = AgingTable<Place>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.minutes(30), empty: Place())

    var evicted: Int { places.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard flow.outcome.isFailure || flow.outcome == .halfOpen, !flow.isReply, !sight.isEcho, !sight.isToGroup,
            !sight.isBackscatter
        else { return }
        let service = UInt64(flow.transport) << 16 | UInt64(flow.targetPort) | 1 << 32
        let (slot, _) = places.slot(Mixing.key(sight.targetKey, service), at: flow.start)
        places.values[slot].sources.insert(sight.initiatorKey)
        step(&places.values[slot], flow, book)
        if let finding = places.values[slot].finding {
            finding.note = "from \(places.values[slot].sources.count) sources"
        }
    }

    private func step(_ place: inout Place, _ flow: Observation, _ book: FindingBook) {
        let mark = OpenFinding.Mark(flow)
        if let finding = place.finding {
            if flow.start - finding.lastSeen <= Self.quiet {
                finding.add(mark)
                return
            }
            place = Place()
        }
        let second = flow.start / 1_000_000
        if second != place.second {
            place.before = second == place.second &+ 1 ? place.now : 0
            (place.second, place.now) = (second, 0)
            if place.before == 0 {
                place.marks.removeAll(keepingCapacity: true)
                place.attempts = 0
                place.sources = DistinctCount()
            }
        }
        let span = max(1, Double(flow.end - flow.start) / 1e6)
        place.now += Double(max(flow.packets, 1)) / span
        place.attempts += 1
        if place.marks.count < OpenFinding.mostListed { place.marks.append(mark) }
        let rate = place.now + place.before
        guard rate >= Self.packets || rate >= Self.packetsOfMany && place.sources.count >= Self.many else { return }
        place.finding = book.begin(
            .flood, .target(flow.target), at: flow.start, contacts: place.attempts, severity: .high, place.marks)
        if flow.outcome == .refused { place.finding?.severity = .medium }
        place.finding?.certainty = 50
        place.finding?.parameters = [
            ("packets", "\(Int(Self.packets)), or \(Int(Self.packetsOfMany)) from \(Self.many) sources"),
            ("window", "\(Self.window) s"),
        ]
    }
}
