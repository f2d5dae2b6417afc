import Model

/// An own address that asked nobody for seven days, and did before, asks again.
final class DormantInterfaces: Detection {
    private static let silence = Span.hours(24 * 7)

    private var hosts = AgingTable<Int64>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(24 * 60), empty: .min)

    var evicted: Int { hosts.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard sight.isInitiatorOwn, !flow.isReply, !sight.isBackscatter,
            !ServicePorts.housekeeping.contains(flow.targetPort), !sight.isToGroup
        else { return }
        let (slot, isNew) = hosts.slot(sight.initiatorKey, at: flow.start)
        let last = hosts.values[slot]
        hosts.values[slot] = max(last, flow.start)
        guard !isNew, flow.start - last >= Self.silence else { return }
        let finding = book.begin(
            .dormantInterface, .initiator(flow.initiator), at: flow.start, contacts: 1, severity: .medium, [.init(flow)]
        )
        finding?.certainty = 40
        finding?.parameters = [
            ("silence", TimeWords.length(flow.start - last)), ("threshold", TimeWords.length(Self.silence)),
        ]
    }
}
