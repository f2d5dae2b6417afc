import Foundation
import Model

/// Requests to the outside that the policy refuses: ten different ones of an own address in ten minutes.
///
/// A program that retries one refused address is one contact, however often.
final class RefusedEgress: Detection {
    private static let window = Span.minutes(10)
    private static let contacts = 10
    private static let quiet = Span.hours(1)

    private struct Source {
        var marks: [(mark: OpenFinding.Mark, key: UInt64)] = []
        var finding: OpenFinding?
    }

    private var sources = AgingTable<Source>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(6), empty: Source())

    var evicted: Int { sources.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard flow.outcome == .refused, sight.isRequest, sight.isInitiatorOwn, !sight.isTargetOwn else { return }
        let (slot, _) = sources.slot(sight.initiatorKey, at: flow.start)
        if let finding = sources.values[slot].finding {
            if flow.start - finding.lastSeen <= Self.quiet {
                finding.add(.init(flow))
                return
            }
            sources.values[slot].finding = nil
        }
        let key = sight.contactKey
        sources.values[slot].marks.removeAll { flow.start - $0.mark.start > Self.window || $0.key == key }
        sources.values[slot].marks.append((.init(flow), key))
        guard sources.values[slot].marks.count >= Self.contacts else { return }
        let finding = book.begin(
            .refusedEgressBurst, .initiator(flow.initiator), at: flow.start, contacts: Self.contacts, severity: .medium,
            sources.values[slot].marks.map(\.mark))
        finding?.certainty = 45
        finding?.parameters = [("contacts", "\(Self.contacts)"), ("window", TimeWords.length(Self.window))]
        sources.values[slot].finding = finding
        sources.values[slot].marks = []
    }
}
