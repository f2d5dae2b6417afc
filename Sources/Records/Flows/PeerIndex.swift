package import Model

/// Finds the interface at the other end of a flow by its address.
///
/// The catalogue keeps interfaces that are gone, so an address may have had several. Then nobody is named: a wrong
/// peer is worse than none.
package struct PeerIndex: Sendable {
    private struct Place: Hashable {
        let vpc: Identifier<VPC>
        let address: IPAddress
    }

    private var placements: [Place: Placement] = [:]
    private var shared: Set<Place> = []
    private var blocks: [(prefix: IPPrefix, placement: Placement)] = []

    package init(_ catalogue: Catalogue) {
        for placement in catalogue.placements.values {
            for address in Set(placement.addresses) {
                let place = Place(vpc: placement.vpc, address: address)
                if placements.updateValue(placement, forKey: place) != nil { shared.insert(place) }
            }
            blocks += (placement.prefixes ?? []).map { ($0, placement) }
        }
    }

    /// The interface of the address in the VPC, where only one was ever known by it.
    package func placement(of address: IPAddress, in vpc: Identifier<VPC>) -> Placement? {
        let place = Place(vpc: vpc, address: address)
        if let found = placements[place] { return shared.contains(place) ? nil : found }
        let around = blocks.filter { $0.placement.vpc == vpc && $0.prefix.contains(address) }
        return around.count == 1 ? around[0].placement : nil
    }

    /// The other end of the record's flow; `placement` is that of the record's own interface.
    package func peer(of record: FlowRecord, at placement: Placement?) -> Placement? {
        guard let placement else { return nil }
        // Behind a translation is who it really was.
        let key = record.otherSide ?? record.key
        let other = record.direction == .egress ? key.target : key.initiator
        return self.placement(of: other, in: placement.vpc)
    }
}
