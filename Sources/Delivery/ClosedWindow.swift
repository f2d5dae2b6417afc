package import Model
import Records

/// One capture window that is over, with all its records, committed to the host's spool.
package struct ClosedWindow: Sendable {
    package let start: Timestamp
    package let end: Timestamp
    /// In the spool's order.
    package let records: [FlowRecord]
    /// Whether records of this window were lost, which its objects then say.
    package let hasLoss: Bool
    /// The revision in force when the window ended: its collectors get the records, its names make the keys.
    package let revision: Revision
    /// Active collectors and the interfaces of this host that they have.
    let owners: [(placement: Placement, collector: Collector)]
    private let bySide: [Side: [FlowRecord]]

    private struct Side: Hashable {
        let interface: Identifier<Interface>
        let direction: Direction
    }

    /// A window of this host's `interfaces`; nil is all of the policy.
    ///
    /// `policy` is what is in force now, where that is another than the revision's: records of a collector that is gone are
    /// dropped with it, and one whose bucket was named anew gets them there.
    package init(
        start: Timestamp, end: Timestamp, records: [FlowRecord], hasLoss: Bool = false, revision: Revision,
        interfaces: Set<Identifier<Interface>>? = nil, policy: Policy? = nil
    ) {
        self.start = start
        self.end = end
        self.records = records
        self.hasLoss = hasLoss
        self.revision = revision
        let resolution = CollectorResolution(revision.policy.collectors)
        let present = Dictionary((policy ?? revision.policy).collectors.map { ($0.id, $0) }) { first, _ in first }
        owners = revision.policy.placements.compactMap { placement in
            guard interfaces?.contains(placement.interface) ?? true,
                let collector = resolution.collector(of: placement), collector.isActive,
                let bucket = present[collector.id]?.bucket
            else { return nil }
            var moved = collector
            moved.bucket = bucket
            return (placement, moved)
        }
        bySide = Dictionary(grouping: records) { Side(interface: $0.interface, direction: $0.direction) }
    }

    func records(of interface: Identifier<Interface>, _ part: FlowObjectFormat.Part) -> [FlowRecord] {
        Direction.allCases.filter(part.holds).flatMap { bySide[Side(interface: interface, direction: $0)] ?? [] }
    }

    /// Locations of the buckets that get something of this window.
    package var buckets: Set<String> { Set(owners.map(\.collector.bucket)) }
}
