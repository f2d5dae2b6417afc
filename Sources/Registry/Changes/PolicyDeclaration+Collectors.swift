import GRDB
import Model

extension PolicyDeclaration {
    /// Makes the project's collectors those of the file; one whose target has another collector takes its place.
    func collectors(_ vpcs: [String: StoredVPC], _ change: DeclaredChange, _ buckets: inout [String]) throws {
        var kept: Set<String> = []
        for collector in policy.collectors {
            let target = try self.target(of: collector, vpcs, change)
            kept.insert(target.id)
            let bucket = try self.bucket(collector, change, &buckets)
            let present = try StoredCollector.filter(Column("targetID") == target.id).fetchOne(change.database)
            if let present, present.bucketID == bucket.id {
                var wanted = present
                (wanted.name, wanted.isActive) = (collector.name, collector.isActive)
                (wanted.flowLogFormat, wanted.interval) = (collector.format, collector.interval)
                guard wanted != present else { continue }
                try change.updateCollector(wanted, from: present)
                continue
            }
            if let present {
                // A collector's bucket never changes: another bucket is another collector.
                try change.deleteCollector(present)
            }
            try change.createCollector(
                StoredCollector(
                    id: Change.newID(), projectID: projectID, vpcID: target.vpcID, name: collector.name,
                    target: (target.kind, target.id), bucketID: bucket.id, isActive: collector.isActive,
                    format: collector.format, interval: collector.interval))
        }
        guard prunes else { return }
        let all = try StoredCollector.filter(Column("projectID") == projectID).order(Column("id"))
            .fetchAll(change.database)
        for collector in all where !kept.contains(collector.targetID) {
            try change.deleteCollector(collector)
        }
    }

    private func target(
        of collector: Collector, _ vpcs: [String: StoredVPC], _ change: DeclaredChange
    ) throws -> (kind: Kind, id: String, vpcID: String) {
        let missing = RegistryError(
            .invalid(.body), "collector \(collector.name): there is no \(collector.target); define it in the file")
        func vpc(_ name: String) throws -> StoredVPC {
            guard let vpc = vpcs[name] else { throw missing }
            return vpc
        }
        func ports(_ vpc: StoredVPC, _ instance: String) -> QueryInterfaceRequest<StoredInterface> {
            StoredInterface.filter(
                Column("vpcID") == vpc.id && Column("projectID") == projectID && Column("deviceID") == instance)
        }
        switch collector.target {
        case .vpc(let name):
            let vpc = try vpc(name)
            return (.vpc, vpc.id, vpc.id)
        case .subnet(let name, let subnet):
            let vpc = try vpc(name)
            let named = Column("vpcID") == vpc.id && Column("name") == subnet
            guard
                let found = try StoredSubnet.filter(named).order(Column("createdAt"), Column("id"))
                    .fetchOne(change.database)
            else { throw missing }
            return (.subnet, found.id, vpc.id)
        case .instance(let name, let instance):
            let vpc = try vpc(name)
            guard let port = try ports(vpc, instance).order(Column("createdAt"), Column("id")).fetchOne(change.database)
            else { throw missing }
            return (.instance, try change.ensureInstance(of: port, zone: region.firstZone).id, vpc.id)
        case .interface(let name, let instance, let interface):
            let vpc = try vpc(name)
            let found = try ports(vpc, instance).filter(Column("name") == "\(instance)/\(interface)")
                .fetchOne(change.database)
            guard let found else { throw missing }
            return (.interface, found.id, vpc.id)
        }
    }

    /// The bucket of a location: one that is there, or a new one where the caller may make it.
    private func bucket(_ collector: Collector, _ change: DeclaredChange, _ buckets: inout [String]) throws
        -> StoredBucket
    {
        let known = try StoredBucket.filter(Column("url") == collector.bucket).order(Column("name"))
            .fetchAll(change.database).filter { $0.admits(projectID) }
        if let own = known.first(where: { $0.projectID == projectID }) ?? known.first(where: { $0.projectID.isEmpty }) {
            return own
        }
        if let opened = known.first { return opened }
        let name = try freeBucketName(for: collector.bucket, change)
        if let fault = StoredBucket.fault(name: name, url: collector.bucket) {
            throw RegistryError(.invalid(.body), "collector \(collector.name): bucket\(fault)")
        }
        let bucket = try change.createBucket(
            StoredBucket(id: Change.newID(), projectID: projectID, name: name, url: collector.bucket),
            for: collector.name)
        buckets.append("+ bucket \(name) \(collector.bucket)")
        return bucket
    }

    /// A name made of the location's last part that no bucket of the project has.
    private func freeBucketName(for url: String, _ change: DeclaredChange) throws -> String {
        let last = url.dropFirst(5).split(separator: "/").last.map { String($0) } ?? ""
        let legal = last.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        let base = legal.count < 3 || legal.hasPrefix("-") ? "bucket-\(legal)" : String(legal.prefix(50))
        let taken = Set(
            try StoredBucket.filter(Column("projectID") == projectID).fetchAll(change.database).map(\.name))
        guard taken.contains(base) else { return base }
        return (2...).lazy.map { "\(base)-\($0)" }.first { !taken.contains($0) } ?? base
    }
}
