import GRDB

/// Buckets, which collectors fill.
extension Change {
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

    /// Opens a bucket to other projects, or closes it to them.
    ///
    /// - Returns: the bucket, and the collectors of projects that may not fill it any more: they deliver nothing until it is
    ///   opened to them again.
    package func openBucket(
        _ former: StoredBucket, to projects: [String]
    ) throws -> (bucket: StoredBucket, stopped: [StoredCollector]) {
        var bucket = former
        bucket.projects = Set(projects).subtracting([former.projectID]).sorted()
        if bucket != former {
            try update(&bucket, from: former)
            try audit("bucket.update", bucket, before: try json(former), after: try json(bucket))
        }
        let users = try StoredCollector.filter(Column("bucketID") == bucket.id).order(Column("name"), Column("id"))
            .fetchAll(database)
        return (bucket, users.filter { !bucket.admits($0.projectID) })
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
