import Model

/// Traffic with addresses of a list.
final class ListedTraffic: Detection {
    private static let quiet = Span.hours(24)

    private let listed: ListedAddresses
    private var open = AgingTable<OpenFinding?>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(24), empty: nil)

    var evicted: Int { open.evicted }

    init(_ listed: ListedAddresses) { self.listed = listed }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        if listed.contains(flow.initiator) { note(flow, flow.initiator, sight.initiatorKey, flow.target, book) }
        if listed.contains(flow.target) { note(flow, flow.target, sight.targetKey, flow.initiator, book) }
    }

    private func note(
        _ flow: Observation, _ address: UInt128, _ key: UInt64, _ other: UInt128, _ book: FindingBook
    ) {
        let (slot, _) = open.slot(key, at: flow.start)
        let mark = OpenFinding.Mark(flow, target: other)
        if let finding = open.values[slot], flow.start - finding.lastSeen <= Self.quiet {
            finding.add(mark)
            if finding.reached > 0 { finding.severity = .high }
            return
        }
        let finding = book.begin(
            .listedAddress, .either(address), at: flow.start, contacts: 1, severity: .medium, [mark])
        finding?.certainty = 40
        if finding?.reached ?? 0 > 0 { finding?.severity = .high }
        finding?.parameters = [("list", listed.name)]
        open.values[slot] = finding
    }
}
