import GRDB
import Model

/// The collectors that were made, changed and removed in a span.
struct CollectorChanges {
    private var collectors = StateChanges<StoredCollector>()

    mutating func add(_ id: String, before: String?, after: String?) throws {
        try collectors.add(id, before: before, after: after)
    }

    /// What hosts are told in a few words, and whom each change concerns.
    struct Told {
        var changes: [RevisionAmendment.CollectorChange] = []
        var holders: [Identifier<Collector>: Set<String>] = [:]
        /// Hosts that are told in full: where the target is a part of an instance, and where the bucket's credentials come
        /// or go with the collector.
        var inFull: Set<String> = []
    }

    func told(number: Int, in database: Database) throws -> Told {
        var told = Told()
        var reads = SharedReads(number: number)
        for (id, change) in collectors.byID.sorted(by: { $0.key < $1.key }) {
            guard let stored = change.after ?? change.before, let own = Identifier<Collector>(id),
                let vpc = Identifier<VPC>(stored.vpcID)
            else { continue }
            let hosts = try Self.hosts(of: stored, in: database)
            let subnet: Identifier<Subnet>?
            switch Kind(rawValue: stored.targetKind) {
            case .vpc: subnet = nil
            case .subnet: subnet = Identifier(stored.targetID)
            default:
                told.inFull.formUnion(hosts)
                continue
            }
            let states = [change.before, change.after].compactMap { $0 }
            let buckets = try states.compactMap { try reads.bucket($0.bucketID, in: database) }
            guard buckets.count == states.count, buckets.allSatisfy({ $0.credentialsEdition == nil }) else {
                told.inFull.formUnion(hosts)
                continue
            }
            let collector = try change.after.map { item in
                try HostPolicyReader.collector(
                    item, target: .vpc(""), bucket: reads.bucket(item.bucketID, in: database))
            }
            told.changes.append(.init(id: own, vpc: vpc, subnet: subnet, collector: collector))
            told.holders[own] = hosts
        }
        return told
    }

    /// The hosts that have something of the target in force. The target of a collector never changes.
    private static func hosts(of collector: StoredCollector, in database: Database) throws -> Set<String> {
        switch Kind(rawValue: collector.targetKind) {
        case .subnet:
            try HostedInterface.hosts(
                where: "json_extract(addresses, '$[0].subnetID') = ?", [collector.targetID], in: database)
        case .instance: Set(try ConcernedHosts.holders(ofInstance: collector.targetID, database))
        case .interface: try HostedInterface.hosts(where: "id = ?", [collector.targetID], in: database)
        default: try HostedInterface.hosts(where: "vpcID = ?", [collector.vpcID], in: database)
        }
    }
}
