package import GRDB

/// Which collector has the records of one interface: the finest that has it as target, suspended or not.
package struct CollectorCoverage: Sendable {
    package let interface: String
    /// nil where no collector covers the interface.
    package let owner: StoredCollector?
    /// Coarser ones that would have the interface, finest first.
    package let shadowed: [StoredCollector]

    package init(of interface: StoredInterface, in database: Database) throws {
        let instance = try StoredInstance.owner(of: interface, in: database)
        let targets = [interface.id, instance?.id, interface.addresses.first?.subnetID, interface.vpcID]
        let all = try targets.compactMap { $0 }.compactMap {
            try StoredCollector.filter(Column("targetID") == $0).fetchOne(database)
        }
        self.interface = interface.id
        owner = all.first
        shadowed = Array(all.dropFirst())
    }

    /// What that means for the interface's records, in a sentence.
    package var words: String {
        guard let owner else { return "no collector covers the interface: its records are not delivered" }
        guard !owner.isActive else { return "the interface's records go where collector \(owner.name) says" }
        guard !shadowed.isEmpty else { return "collector \(owner.name) is suspended: no records are delivered" }
        return
            "collector \(owner.name) is suspended and shadows \(shadowed.map(\.name).joined(separator: ", ")): no records "
            + "are delivered"
    }
}
