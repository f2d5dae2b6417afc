import Model

/// An own address answers at a port at which it never answered.
///
/// What two others answer at is usual, and administration from within is looked at elsewhere. It counts where something was said, not where a port was only found open. The first four hours of the records, and the first four in which an address answers anybody, are for learning. Ports that
/// systems give to clients are none of a service, unless three others reach the same one.
final class NewServices: Detection {
    private static let learning = Span.hours(4)
    private static let others = 3
    /// Own addresses that answer at a port, from which on it is a usual one.
    private static let usual = 2

    private struct Host {
        var since: Int64 = .min
    }

    /// By port: the own addresses that answered there while it was learned.
    private var ports: [UInt64: DistinctCount] = [:]

    private struct Service {
        var isKnown = false
        var callers: [UInt64] = []
        var finding: OpenFinding?
    }

    private var hosts = AgingTable<Host>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(24 * 30), empty: Host())
    private var services = AgingTable<Service>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(24 * 30), empty: Service())

    var evicted: Int { hosts.evicted + services.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard flow.outcome == .answered, sight.isTargetOwn, flow.targetPort > 0,
            flow.transport == 6 || flow.transport == 17,
            !sight.isToGroup, flow.answers >= 3, flow.answered >= 200
        else { return }
        let port = UInt64(flow.transport) << 16 | UInt64(flow.targetPort)
        let service = port | 1 << 33
        let (slot, isNew) = services.slot(Mixing.key(sight.targetKey, service), at: flow.start)
        if !isNew {
            if let finding = services.values[slot].finding {
                if flow.start - finding.foundAt <= Span.hours(24) { finding.add(.init(flow, target: flow.initiator)) }
                return
            }
            if services.values[slot].isKnown { return }
        }
        let (host, isNewHost) = hosts.slot(sight.targetKey, at: flow.start)
        if isNewHost { hosts.values[host].since = flow.start }
        guard sight.age >= Self.learning, flow.start - hosts.values[host].since >= Self.learning else {
            services.values[slot].isKnown = true
            ports[port, default: DistinctCount()].insert(sight.targetKey)
            return
        }
        guard ports[port]?.count ?? 0 < Self.usual,
            !(sight.isInitiatorOwn && ServicePorts.administration.contains(flow.targetPort))
        else { return }
        if ServicePorts.isEphemeral(flow.targetPort) || flow.transport == 17 && !ServicePorts.isService(flow.targetPort)
        {
            if !services.values[slot].callers.contains(sight.initiatorKey) {
                services.values[slot].callers.append(sight.initiatorKey)
            }
            guard services.values[slot].callers.count >= Self.others else { return }
        }
        let finding = book.begin(
            .newService, .target(flow.target), at: flow.start, contacts: 1,
            severity: sight.isInitiatorOwn ? .low : .medium, [.init(flow, target: flow.initiator)])
        finding?.certainty = 30
        finding?.parameters = [("learning", TimeWords.length(Self.learning))]
        services.values[slot].finding = finding
        services.values[slot].isKnown = true
    }
}
