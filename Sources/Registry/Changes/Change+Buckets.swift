import Foundation
import GRDB

/// Buckets, which collectors fill.
extension Change {
    /// Makes a bucket; `sealed` are its credentials, which only the server can open.
    package func createBucket(_ wanted: StoredBucket, sealed: [UInt8]? = nil) throws -> StoredBucket {
        let named = Column("projectID") == wanted.projectID && Column("name") == wanted.name
        guard try StoredBucket.filter(named).isEmpty(database) else {
            throw RegistryError(.bucketExists, "There is a bucket \(wanted.name) already.")
        }
        var bucket = wanted
        if sealed != nil { bucket.credentialsEdition = 1 }
        try insert(&bucket)
        if let sealed { try keep(sealed, of: bucket) }
        try audit("bucket.create", bucket, after: try json(bucket))
        return bucket
    }

    /// Puts other credentials in place of a bucket's.
    package func setCredentials(of former: StoredBucket, sealed: [UInt8]) throws -> StoredBucket {
        var bucket = former
        bucket.credentialsEdition = (former.credentialsEdition ?? 0) + 1
        try update(&bucket, from: former)
        try keep(sealed, of: bucket)
        try audit("bucket.credentials", bucket, before: try json(former), after: try json(bucket))
        return bucket
    }

    private func keep(_ sealed: [UInt8], of bucket: StoredBucket) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO bucket_secret (bucketID, sealed) VALUES (?, ?)",
            arguments: [bucket.id, Data(sealed)])
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
