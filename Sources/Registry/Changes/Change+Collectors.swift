import GRDB

/// Flow-log collectors and the buckets that they fill.
extension Change {
    package func createCollector(_ wanted: StoredCollector) throws -> StoredCollector {
        let taken = try StoredCollector.filter(Column("targetID") == wanted.targetID).fetchOne(database)
        if let taken {
            throw RegistryError(
                .targetHasCollector,
                "Flow log collector \(taken.id) has this target already\(taken.isActive ? "" : "; it is suspended").")
        }
        var collector = wanted
        try insert(&collector)
        try tell("flow_log_collector.create", of: collector, before: nil, after: try json(collector))
        return collector
    }

    package func updateCollector(_ wanted: StoredCollector, from former: StoredCollector) throws -> StoredCollector {
        var collector = wanted
        guard collector != former else { return former }
        try update(&collector, from: former)
        try tell(
            "flow_log_collector.update", of: collector, before: try json(former), after: try json(collector))
        return collector
    }

    package func deleteCollector(_ collector: StoredCollector) throws {
        try delete(collector)
        try tell("flow_log_collector.delete", of: collector, before: try json(collector), after: nil)
    }

    /// A target takes its collector along.
    func deleteCollectors(of targetID: String) throws {
        for collector in try StoredCollector.filter(Column("targetID") == targetID).fetchAll(database) {
            try deleteCollector(collector)
        }
    }

    /// One entry against the collector and one against its target.
    private func tell(_ action: String, of collector: StoredCollector, before: String?, after: String?) throws {
        try audit(action, collector, before: before, after: after)
        guard let kind = Kind(rawValue: collector.targetKind) else { return }
        let name = try String.fetchOne(
            database, sql: "SELECT name FROM \(kind.rawValue) WHERE id = ?", arguments: [collector.targetID])
        try audit(action, kind, id: collector.targetID, name: name ?? "", before: before, after: after)
    }

    package func createBucket(_ wanted: StoredBucket) throws -> StoredBucket {
        let named = Column("projectID") == wanted.projectID && Column("name") == wanted.name
        guard try StoredBucket.filter(named).isEmpty(database) else {
            throw RegistryError(.bucketExists, "There is a bucket \(wanted.name) already.")
        }
        var bucket = wanted
        try insert(&bucket)
        try audit("bucket.create", bucket, after: try json(bucket))
        return bucket
    }

    /// Removes a bucket that no collector fills; what lies in it stays.
    package func deleteBucket(_ bucket: StoredBucket) throws {
        let users = try StoredCollector.filter(Column("bucketID") == bucket.id).order(Column("id")).fetchAll(database)
        guard users.isEmpty else {
            throw RegistryError(
                .inUse(.bucket),
                "Bucket \(bucket.name) is filled by \(users.map(\.name).joined(separator: ", ")); delete these first.")
        }
        try delete(bucket)
        try audit("bucket.delete", bucket, before: try json(bucket))
    }
}
