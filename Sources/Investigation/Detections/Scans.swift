import Foundation
import Model

/// Port scans of one source: a sequential test over its first contacts.
///
/// A first contact fails with probability 0.2 where the source is an honest client and 0.8 where it scans; each failure makes
/// scanning four times as likely, each success a quarter. At a likelihood of 990 it is found: an honest source comes there with a
/// probability below α = 0.001 each time it sets out, a scanner is missed with at most β = 0.01. That is five failures in a row.
/// Contacts are counted by target and port, so that a scan of one target's ports is walked like one of many targets.
final class Scans: Detection {
    private static let honest = 0.2
    private static let scanning = 0.8
    private static let falseAlarm = 0.001
    private static let miss = 0.01
    /// Failures more than successes at which it is decided.
    static let steps = Int((Foundation.log((1 - miss) / falseAlarm) / Foundation.log(scanning / honest)).rounded(.up))
    /// A failure longer ago than this is no evidence any more.
    private static let memory = Span.hours(6)
    /// A source that has not failed for so long has ended its scan.
    private static let quiet = Span.hours(6)
    /// Requests further apart, on average, make a scan a slow one.
    private static let slowGap = Span.seconds(60)

    private struct Source {
        var walk = 0
        var contacts = 0
        var lastFailure = Int64.min / 2
        var failures: [OpenFinding.Mark] = []
        var scan: OpenFinding?
        var failed = 0
        var firstFailure: Int64 = 0
    }

    private var sources = AgingTable<Source>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(24), empty: Source())
    /// Scans of one target each that were found lately, for whoever joins them.
    private(set) var lately: [(target: UInt128, time: Int64, finding: OpenFinding)] = []
    /// Targets that many sources scan, each with what was found of them.
    private var joined: [UInt128: (finding: OpenFinding, until: Int64)] = [:]
    private var found: [(finding: OpenFinding, count: Int, first: Int64, last: Int64)] = []
    private var places: [ObjectIdentifier: Int] = [:]

    var evicted: Int { sources.evicted }

    /// Whether a source is being told as a scanner.
    func isScanning(_ sourceKey: UInt64, at time: Int64) -> Bool {
        guard let index = sources.find(sourceKey, at: time), sources.values[index].scan != nil else { return false }
        return time - sources.values[index].lastFailure < Self.quiet
    }

    /// What comes from single sources to a target is a part of a finding from now on.
    func join(_ target: UInt128, _ finding: OpenFinding, until: Int64) { joined[target] = (finding, until) }

    func take(_ sight: Sight, _ book: FindingBook) {
        guard sight.isRequest, sight.isFirstContact, !Self.isUsual(sight) else { return }
        let flow = sight.flow
        // Requests of an own address to outside ones that the policy refuses are another finding.
        if flow.outcome == .refused, sight.isInitiatorOwn, !sight.isTargetOwn { return }
        let (slot, isNew) = sources.slot(sight.initiatorKey, at: flow.start)
        guard flow.outcome.isFailure else {
            if !isNew { succeed(slot, flow) }
            return
        }
        if flow.start - sources.values[slot].lastFailure > Self.memory {
            sources.values[slot].walk = 0
            sources.values[slot].contacts = 0
            sources.values[slot].failures.removeAll()
        }
        if sources.values[slot].scan != nil, flow.start - sources.values[slot].lastFailure > Self.quiet {
            sources.values[slot] = Source()
        }
        sources.values[slot].lastFailure = flow.start
        if let scan = sources.values[slot].scan {
            scan.add(.init(flow))
            note(scan, flow.start)
            return
        }
        sources.values[slot].walk += 1
        sources.values[slot].contacts += 1
        if sources.values[slot].failures.count < OpenFinding.mostListed {
            sources.values[slot].failures.append(.init(flow))
        }
        guard sources.values[slot].walk >= Self.steps else { return }
        let source = sources.values[slot]
        sources.values[slot].scan = begin(flow, source, book)
        sources.values[slot].failures = []
    }

    /// Known for what they are: datagrams that want no answer, and traceroute's.
    private static func isUsual(_ sight: Sight) -> Bool {
        let flow = sight.flow
        guard flow.transport == 17 else { return false }
        return ServicePorts.traceroute.contains(flow.targetPort)
            || flow.outcome == .unanswered && ServicePorts.unanswered.contains(flow.targetPort)
    }

    private func succeed(_ slot: Int, _ flow: Observation) {
        if let scan = sources.values[slot].scan {
            // What answers amid the failures was found by the scan.
            if flow.start - sources.values[slot].lastFailure <= Span.minutes(1) {
                scan.add(.init(flow))
                expose(scan)
            }
            return
        }
        guard sources.values[slot].walk > 0 else { return }
        sources.values[slot].walk -= 1
        sources.values[slot].contacts += 1
        if sources.values[slot].walk == 0 {
            sources.values[slot].contacts = 0
            sources.values[slot].failures.removeAll()
        }
    }

    private func begin(_ flow: Observation, _ source: Source, _ book: FindingBook) -> OpenFinding? {
        let targets = Set(source.failures.map(\.target))
        if targets.count == 1, let (whole, until) = joined[flow.target], flow.start <= until {
            for mark in source.failures { whole.add(mark) }
            return whole
        }
        let kind: FindingKind = targets.count * 2 > source.failures.count ? .horizontalScan : .verticalScan
        guard
            let scan = book.begin(
                kind, .initiator(flow.initiator), at: flow.start, contacts: source.contacts, severity: .low,
                source.failures)
        else { return nil }
        scan.certainty = 45
        expose(scan)
        scan.parameters = [
            ("alpha", "\(Self.falseAlarm)"), ("beta", "\(Self.miss)"), ("failures", "\(Self.steps)"),
            ("memory", TimeWords.length(Self.memory)),
        ]
        places[ObjectIdentifier(scan)] = found.count
        found.append((scan, source.failures.count, source.failures.first?.start ?? flow.start, flow.start))
        if targets.count == 1 { lately.append((flow.target, flow.start, scan)) }
        lately.removeAll { flow.start - $0.time > DistributedScans.window }
        return scan
    }

    private func note(_ scan: OpenFinding, _ time: Int64) {
        expose(scan)
        guard let place = places[ObjectIdentifier(scan)] else { return }
        found[place].count += 1
        found[place].last = time
    }

    /// What the policy let pass weighs more, and what answered most.
    private func expose(_ scan: OpenFinding) {
        if scan.reached > 0 {
            scan.severity = .high
        } else if scan.passed > 0 {
            scan.severity = max(scan.severity, .medium)
        }
    }

    func finish(_ book: FindingBook) {
        for (scan, count, first, last) in found where scan.kind != .distributedScan {
            let gap = (last - first) / Int64(max(count - 1, 1))
            scan.kind =
                gap >= Self.slowGap
                ? .slowScan : scan.portCount.count > scan.targetCount.count ? .verticalScan : .horizontalScan
            scan.certainty = min(60, 45 + 3 * Foundation.log2(Double(max(count, 1)) / Double(Self.steps)))
        }
    }
}
