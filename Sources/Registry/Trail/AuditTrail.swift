import Foundation
package import GRDB
import Model

/// The append-only record of who changed what: each entry's hash covers the one before, so an entry that is altered, removed
/// or put in shows.
package enum AuditTrail {
    /// What a check of the chain found.
    package enum Soundness: Hashable, Sendable {
        /// The chain is whole: so many entries, the last with this hash.
        case whole(entries: Int, last: String)
        /// The first entry that does not follow from the one before.
        case broken(sequence: Int64, String)
    }

    /// Reads the whole chain and compares each hash.
    package static func verify(_ database: Database) throws -> Soundness {
        var previous = AuditDigest.origin
        var expected: Int64 = 1
        let entries = try AuditEntry.order(Column("sequence")).fetchCursor(database)
        while let entry = try entries.next() {
            guard entry.sequence == expected else {
                return .broken(sequence: expected, "entry \(expected) is missing: the next one is \(entry.sequence)")
            }
            let hash = AuditDigest(entry.act).hash(
                entry.sequence, kind: entry.targetKind, id: entry.targetID, name: entry.targetName, after: previous)
            guard hash == entry.hash else {
                return .broken(sequence: entry.sequence, "entry \(entry.sequence) does not bear its own hash")
            }
            previous = entry.hash
            expected += 1
        }
        let issued =
            try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit_entry'")
            ?? expected - 1
        guard issued < expected else {
            return .broken(sequence: expected, "the last \(issued - expected + 1) entries are missing")
        }
        return .whole(entries: Int(expected - 1), last: hexadecimal(previous))
    }
}
