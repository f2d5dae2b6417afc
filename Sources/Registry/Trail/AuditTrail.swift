package import GRDB

/// The append-only record of who changed what: each entry's hash covers the one before, so an entry that is altered, removed
/// or put in shows.
package enum AuditTrail {
    /// Reads the whole chain and compares each hash; tells every fault, and which of them an administrator has sealed.
    package static func verify(_ database: Database) throws -> TrailReport { try TrailCheck.run(database) }
}
