import Foundation
package import GRDB
package import Model

/// A bucket's credentials as the registry has them: sealed with a key that lies outside.
package struct SealedCredentials: Sendable {
    package let bucketID: String
    /// What hosts call them.
    package let name: String
    package let bytes: [UInt8]

    /// Those of a bucket; nil where it has none.
    package init?(of bucket: StoredBucket, in database: Database) throws {
        guard let name = bucket.credentialsName,
            let sealed = try Data.fetchOne(
                database, sql: "SELECT sealed FROM bucket_secret WHERE bucketID = ?", arguments: [bucket.id])
        else { return nil }
        (bucketID, self.name, bytes) = (bucket.id, name, Array(sealed))
    }

    /// Those of the buckets that a host's collectors fill.
    package static func needed(by policy: Policy, in database: Database) throws -> [SealedCredentials] {
        let named = Set(policy.collectors.map(\.bucket))
        guard !named.isEmpty else { return [] }
        return try StoredBucket.filter(Column("credentialsEdition") != nil).order(Column("id")).fetchAll(database)
            .filter { named.contains($0.location) }.compactMap { try SealedCredentials(of: $0, in: database) }
    }
}
