import Foundation
import Model

/// Calls home: an own address asks the same outside service at regular times, whether it is let or refused.
///
/// Left out is what machines do on their own: DNS, DHCP and NTP by their ports, what a fifth and more of the own addresses (three
/// at least) call as well, and what comes at whole minutes of the clock, as cron does.
final class Beacons: Detection {
    /// Natural logarithm of the likelihood ratio from which on it is a beacon.
    private static let threshold = 9.0
    private static let leastIntervals = 6
    private static let kept = 64
    private static let share = 5
    private static let many = 3
    /// Who sends more bytes a call, on average, carries something away.
    private static let largest = 1_000_000.0

    private struct Pair {
        var calls: [OpenFinding.Mark] = []
        var count = 0
        /// It began after the records did, and not with them.
        var isNew = false
        var last = Int64.min / 2
        var size = 0.0
        var sizeSquares = 0.0
        var finding: OpenFinding?
    }

    private var pairs = AgingTable<Pair>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(48), empty: Pair())
    private var callers = AgingTable<DistinctCount>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(24 * 7), empty: DistinctCount())
    private var own = DistinctCount()
    private var found: [(finding: OpenFinding, targetKey: UInt64)] = []

    var evicted: Int { pairs.evicted + callers.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        guard sight.isInitiatorOwn, !sight.flow.isReply, !sight.flow.isContinuing, !sight.isBackscatter else { return }
        let flow = sight.flow
        own.insert(sight.initiatorKey)
        guard !sight.isTargetOwn, !sight.isToGroup, !ServicePorts.housekeeping.contains(flow.targetPort) else { return }
        let (caller, _) = callers.slot(sight.targetKey, at: flow.start)
        callers.values[caller].insert(sight.initiatorKey)
        let (slot, isNewPair) = pairs.slot(sight.contactKey, at: flow.start)
        if isNewPair { pairs.values[slot].isNew = sight.age > Span.hours(1) }
        // What follows within two seconds is the same call: retries, and all of a steady stream.
        let isSame = flow.start - pairs.values[slot].last < Int64(BeaconTest.dead * 1e6)
        pairs.values[slot].last = flow.start
        guard !isSame else { return }
        if let finding = pairs.values[slot].finding { finding.add(.init(flow)) }
        if pairs.values[slot].calls.count >= Self.kept { pairs.values[slot].calls.removeFirst() }
        pairs.values[slot].calls.append(.init(flow))
        pairs.values[slot].count += 1
        pairs.values[slot].size += Double(flow.bytes)
        pairs.values[slot].sizeSquares += Double(flow.bytes) * Double(flow.bytes)
        let count = pairs.values[slot].count
        guard count > Self.leastIntervals, Self.isLookedAt(count), !isPopular(callers.values[caller]) else { return }
        look(&pairs.values[slot], flow, sight.targetKey, book)
    }

    /// Looked at is after 7, 8, 10, 12 and so on calls: ever more rarely, in steps of a quarter.
    private static func isLookedAt(_ count: Int) -> Bool {
        guard count >= 16 else { return count == 7 || count % 2 == 0 }
        return count % max(4, 1 << (Int.bitWidth - count.leadingZeroBitCount - 3)) == 0
    }

    private func isPopular(_ callers: DistinctCount) -> Bool {
        callers.count >= Self.many && callers.count * Self.share >= own.count
    }

    private func look(_ pair: inout Pair, _ flow: Observation, _ targetKey: UInt64, _ book: FindingBook) {
        let times = pair.calls.map { Double($0.start) / 1e6 }
        guard let fit = BeaconTest.fit(zip(times.dropFirst(), times).map { $0 - $1 }), fit.evidence >= Self.threshold
        else {
            return
        }
        guard !Self.isByClock(times, fit), pair.size / Double(pair.count) <= Self.largest else { return }
        if pair.finding == nil {
            pair.finding = book.begin(
                .beacon, .initiator(flow.initiator), at: flow.start, contacts: pair.count, severity: .high, pair.calls)
            if let finding = pair.finding { found.append((finding, targetKey)) }
        }
        let mean = pair.size / Double(pair.count)
        let variance = max(pair.sizeSquares / Double(pair.count) - mean * mean, 0)
        let spread = mean > 0 ? variance.squareRoot() / mean : 0
        pair.finding?.certainty = max(
            pair.finding?.certainty ?? 0, 20 + min(25, fit.evidence) + (spread < 0.3 ? 5 : 0) + (pair.isNew ? 10 : 0))
        pair.finding?.parameters = [
            ("period", String(format: "%.1f s", fit.period)), ("jitter", String(format: "%.0f %%", fit.jitter * 100)),
            ("evidence", String(format: "%.1f nats", fit.evidence)),
            ("threshold", String(format: "%.0f nats", Self.threshold)),
        ]
    }

    /// Whether calls come at whole minutes, each time in the same seconds after them.
    private static func isByClock(_ times: [Double], _ fit: Fit) -> Bool {
        let minutes = (fit.period / 60).rounded()
        guard minutes >= 1, abs(fit.period - minutes * 60) < 2 else { return false }
        let seconds = times.map { $0.truncatingRemainder(dividingBy: 60) }
        return seconds.count { $0 < 6 || $0 > 59 } * 10 >= seconds.count * 9
    }

    private typealias Fit = BeaconTest.Fit

    func finish(_ book: FindingBook) {
        // What turned out to be called by many was telemetry all along.
        for (finding, targetKey) in found {
            if let slot = callers.find(targetKey, at: finding.lastSeen), isPopular(callers.values[slot]) {
                finding.isWithdrawn = true
            }
        }
    }
}
