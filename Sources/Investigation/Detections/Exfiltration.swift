import Foundation
import Model

/// Much is sent out: an own address sends to outside ones, in an hour, far more than it is used to.
///
/// The hour slides in steps of five minutes. What an address is used to is the most that one of its hours had before; it takes
/// two hours to be learned. Counted is what goes to addresses to which it sent little before, and which few others use.
final class Exfiltration: Detection {
    private static let slot = Span.minutes(5)
    private static let slots = 12
    private static let learning = Span.hours(2)
    /// Bytes of an hour below which nothing is found.
    private static let least: Double = 50_000_000
    private static let factor = 6.0
    /// Bytes from which on a peer is known as one that much is sent to.
    private static let known: Double = 10_000_000
    /// Sent must be so many times what was received: a download has it the other way.
    private static let ratio = 3.0
    private static let quiet = Span.hours(2)

    private struct Host {
        var since: Int64 = .min
        var recent: [Double] = []
        var place: Int64 = 0
        /// The most of an hour that ended more than an hour ago.
        var usual = 0.0
        var former: [Double] = []
        var finding: OpenFinding?
        var marks: [OpenFinding.Mark] = []
        var received = 0.0
    }

    private struct Peer {
        var senders = DistinctCount()
        /// Bytes of this hour, which began when; and of all before.
        var hour: Int64 = .min
        var now = 0.0
        var before = 0.0

        mutating func add(_ bytes: Double, at time: Int64) {
            if hour == .min || time - hour > Span.hours(1) {
                before += now
                (hour, now) = (time, 0)
            }
            now += bytes
        }

        /// Whether it got much before this hour.
        var isUsual: Bool { before >= max(Exfiltration.known, now / 2) }
    }

    private var hosts = AgingTable<Host>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(24 * 14), empty: Host())
    private var peers = AgingTable<Peer>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(24 * 14), empty: Peer())

    var evicted: Int { hosts.evicted + peers.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        // Who sends out is the end that is the network's own.
        guard sight.isInitiatorOwn != sight.isTargetOwn, flow.outcome != .refused, !sight.isToGroup else { return }
        let sent = Double(sight.isInitiatorOwn ? flow.bytes : flow.answered)
        guard sent > 0 else { return }
        let received = Double(sight.isInitiatorOwn ? flow.answered : flow.bytes)
        let (peerSlot, _) = peers.slot(
            sight.isInitiatorOwn ? sight.targetKey : sight.initiatorKey, at: flow.start)
        peers.values[peerSlot].senders.insert(sight.isInitiatorOwn ? sight.initiatorKey : sight.targetKey)
        peers.values[peerSlot].add(sent, at: flow.start)
        // An answer of an own service to who asked is its work.
        guard sight.isInitiatorOwn else { return }
        let (slot, isNew) = hosts.slot(sight.initiatorKey, at: flow.start)
        if isNew { hosts.values[slot].since = flow.start }
        step(&hosts.values[slot], flow.start / Self.slot)
        hosts.values[slot].recent[Self.slots - 1] += sent
        hosts.values[slot].received += received
        if !peers.values[peerSlot].isUsual, peers.values[peerSlot].senders.count < 3, sent > received * Self.ratio {
            note(&hosts.values[slot], flow, book)
        }
    }

    /// Slides the hour on to a step.
    private func step(_ host: inout Host, _ place: Int64) {
        if host.recent.isEmpty {
            host.recent = [Double](repeating: 0, count: Self.slots)
            host.former = [Double](repeating: 0, count: Self.slots)
            host.place = place
        }
        while host.place < place {
            let left = host.recent.removeFirst()
            host.recent.append(0)
            host.former.removeFirst()
            host.former.append(left)
            host.usual = max(host.usual, host.former.reduce(0, +))
            host.place += 1
            if place - host.place > Int64(3 * Self.slots) { host.place = place - Int64(3 * Self.slots) }
            host.received *= 0.92
        }
    }

    private func note(_ host: inout Host, _ flow: Observation, _ book: FindingBook) {
        if let finding = host.finding {
            if flow.start - finding.lastSeen <= Self.quiet {
                finding.add(.init(flow))
                return
            }
            host.finding = nil
        }
        host.marks.removeAll { flow.start - $0.start > Span.hours(1) }
        if host.marks.count < OpenFinding.mostListed { host.marks.append(.init(flow)) }
        let hour = host.recent.reduce(0, +)
        guard flow.start - host.since >= Self.learning, hour >= max(Self.least, Self.factor * host.usual) else {
            return
        }
        host.finding = book.begin(
            .exfiltration, .initiator(flow.initiator), at: flow.start, contacts: host.marks.count, severity: .high,
            host.marks)
        host.finding?.certainty = min(60, 35 + 5 * Foundation.log2(hour / max(host.usual, Self.least / Self.factor)))
        host.finding?.parameters = [
            ("sent in an hour", "\(UInt64(hour)) bytes"), ("usual", "at most \(UInt64(host.usual)) bytes"),
            ("factor", "\(Self.factor)"), ("learning", TimeWords.length(Self.learning)),
        ]
        host.marks = []
    }
}
