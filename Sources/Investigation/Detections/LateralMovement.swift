import Model

/// From machine to machine: an own address that administered none before reaches another one's port of administration.
///
/// The first four hours of the records are for learning; who administers others then goes on
/// doing so, to new ones as well.
final class LateralMovement: Detection {
    private static let learning = Span.hours(4)
    private static let quiet = Span.hours(24)

    private struct Host {
        var administers = false
        var finding: OpenFinding?
    }

    private var hosts = AgingTable<Host>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(24 * 30), empty: Host())

    var evicted: Int { hosts.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard flow.transport == 6, sight.isInitiatorOwn, sight.isTargetOwn, flow.initiator != flow.target,
            ServicePorts.administration.contains(flow.targetPort), flow.outcome == .answered || flow.outcome == .passed
        else { return }
        let (slot, _) = hosts.slot(sight.initiatorKey, at: flow.start)
        if sight.age < Self.learning {
            hosts.values[slot].administers = true
            return
        }
        if let finding = hosts.values[slot].finding {
            if flow.start - finding.lastSeen > Self.quiet {
                hosts.values[slot].finding = nil
                hosts.values[slot].administers = true
                return
            }
            finding.add(.init(flow))
            if finding.targetCount.count > 1 { finding.certainty = 55 }
            return
        }
        guard !hosts.values[slot].administers, !flow.isReply else { return }
        let finding = book.begin(
            .lateralMovement, .initiator(flow.initiator), at: flow.start, contacts: 1, severity: .high, [.init(flow)])
        finding?.certainty = 40
        finding?.parameters = [("learning", TimeWords.length(Self.learning))]
        hosts.values[slot].finding = finding
    }
}
