import Crypto
package import Foundation
package import GRDB
import Model

/// What an entry of the trail says beside who and when.
package struct AuditNote: Sendable {
    package enum Outcome: String, Sendable, Codable {
        case success
        case failure
    }

    package var action: String
    package var outcome: Outcome
    package var reason: String
    package var targetKind: Kind?
    package var targetID: String
    package var targetName: String
    /// The object's state as JSON, where there was one.
    package var before: String?
    package var after: String?

    package init(
        action: String, outcome: Outcome = .success, reason: String = "", targetKind: Kind? = nil,
        targetID: String = "", targetName: String = "", before: String? = nil, after: String? = nil
    ) {
        self.action = action
        self.outcome = outcome
        self.reason = reason
        self.targetKind = targetKind
        self.targetID = targetID
        self.targetName = targetName
        self.before = before
        self.after = after
    }
}

/// One entry of the trail, as it lies in the database.
package struct AuditEntry: Codable, FetchableRecord, PersistableRecord, Sendable {
    package static let databaseTableName = "audit"

    /// Rises by one with each entry, from 1.
    package var sequence: Int64
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
    /// SHA-256 over the entry before's hash and this entry's fields.
    package fileprivate(set) var hash: Data

    /// The fields in their order, each with its length before it: no two entries have the same bytes.
    fileprivate func digest(after previous: Data) -> Data {
        var bytes = Array(previous)
        bytes.reserveCapacity(1024)
        let fields: [String?] = [
            String(sequence), String(at), requestID, actorID, actorName, projectID, source, action, outcome, reason,
            targetKind, targetID, targetName, before, after, revision.map { String($0) },
        ]
        for field in fields {
            bytes += (field.map { "\($0.utf8.count):" } ?? "-:").utf8
            bytes += (field ?? "").utf8
        }
        return Data(SHA256.hash(data: bytes))
    }
}

/// The append-only record of who changed what: each entry's hash covers the one before, so an entry that is altered, removed
/// or put in shows.
package enum AuditTrail {
    private static let origin = Data(SHA256.hash(data: Data("gatehouse audit trail, version 1".utf8)))

    /// The chain's last entry, as far as the one who writes knows it.
    struct Head {
        fileprivate var sequence: Int64
        fileprivate var hash: Data

        init(_ database: Database) throws {
            let last = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1"))
            sequence = last?["sequence"] ?? 0
            hash = last?["hash"] ?? origin
        }
    }

    /// Adds an entry after `head`, which then is the entry.
    static func append(
        _ note: AuditNote, by actor: Actor, revision: Int64?, at: Timestamp, after head: inout Head,
        to database: Database
    ) throws {
        var entry = AuditEntry(
            sequence: head.sequence + 1, at: at.nanoseconds, requestID: actor.requestID,
            actorID: actor.userID, actorName: actor.userName, projectID: actor.projectID, source: actor.source,
            action: note.action, outcome: note.outcome.rawValue, reason: note.reason,
            targetKind: note.targetKind?.rawValue ?? "", targetID: note.targetID, targetName: note.targetName,
            before: note.before, after: note.after, revision: revision, hash: Data())
        entry.hash = entry.digest(after: head.hash)
        try database.cachedStatement(
            sql: """
                INSERT INTO audit (sequence, at, requestID, actorID, actorName, projectID, source, action, outcome, reason,
                  targetKind, targetID, targetName, before, after, revision, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            entry.sequence, entry.at, entry.requestID, entry.actorID, entry.actorName, entry.projectID, entry.source,
            entry.action, entry.outcome, entry.reason, entry.targetKind, entry.targetID, entry.targetName, entry.before,
            entry.after, entry.revision, entry.hash,
        ])
        head.sequence = entry.sequence
        head.hash = entry.hash
    }

    /// What a check of the chain found.
    package enum Soundness: Hashable, Sendable {
        /// The chain is whole: so many entries, the last with this hash.
        case whole(entries: Int, last: String)
        /// The first entry that does not follow from the one before.
        case broken(sequence: Int64, String)
    }

    /// Reads the whole chain and compares each hash.
    package static func verify(_ database: Database) throws -> Soundness {
        var previous = origin
        var expected: Int64 = 1
        let entries = try AuditEntry.order(Column("sequence")).fetchCursor(database)
        while let entry = try entries.next() {
            guard entry.sequence == expected else {
                return .broken(sequence: expected, "entry \(expected) is missing: the next one is \(entry.sequence)")
            }
            guard entry.digest(after: previous) == entry.hash else {
                return .broken(sequence: entry.sequence, "entry \(entry.sequence) does not bear its own hash")
            }
            previous = entry.hash
            expected += 1
        }
        let issued =
            try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? expected - 1
        guard issued < expected else {
            return .broken(sequence: expected, "the last \(issued - expected + 1) entries are missing")
        }
        return .whole(entries: Int(expected - 1), last: hexadecimal(previous))
    }
}
