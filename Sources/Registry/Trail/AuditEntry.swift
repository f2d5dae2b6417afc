package import Foundation
import GRDB

/// One entry of the trail.
package struct AuditEntry: Codable, FetchableRecord, TableRecord, Sendable {
    package static let databaseTableName = "audit"

    /// Rises by one with each entry, from 1.
    package let sequence: Int64
    /// Nanoseconds since 1970.
    package let at: Int64
    package let requestID: String
    package let actorID: String
    package let actorName: String
    package let projectID: String
    package let source: String
    package let action: String
    package let outcome: String
    package let reason: String
    package let targetKind: String
    package let targetID: String
    package let targetName: String
    package let before: String?
    package let after: String?
    /// The revision that the change made; nil for what made none.
    package let revision: Int64?
    /// SHA-256 over the entry before's hash and this entry's fields (`AuditDigest`).
    package let hash: Data

    /// The highest number that an entry was ever given; 0 before the first.
    static func issued(in database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit_entry'")) ?? 0
    }

    /// What the entry has in common with the others of its act.
    var act: AuditAct {
        AuditAct(
            at: at, requestID: requestID, actorID: actorID, actorName: actorName, projectID: projectID, source: source,
            action: action, outcome: outcome, reason: reason, before: before, after: after, revision: revision)
    }
}

/// What was done, by whom and when: the part that the entries of one act have in common, whatever it was done to.
struct AuditAct: Equatable {
    let at: Int64
    let requestID: String
    let actorID: String
    let actorName: String
    let projectID: String
    let source: String
    let action: String
    let outcome: String
    let reason: String
    let before: String?
    let after: String?
    let revision: Int64?
}
