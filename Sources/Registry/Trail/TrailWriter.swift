import Foundation
import GRDB
import Model

/// Adds entries to the trail's end.
///
/// Of what was done in one act to many objects, who, when, what, before and after are stored once (`audit_act`, under the
/// number of the act's first entry), and objects are known by small numbers (`audit_target`), so that an entry is little more than its hash.
/// Lives within one savepoint of the registry's queue, as the end that it remembers does.
struct TrailWriter {
    private let database: Database
    /// The chain's last entry.
    private var sequence: Int64
    private var hash: Data
    private var latest: (act: AuditAct, number: Int64, digest: AuditDigest)?

    init(_ database: Database) throws {
        self.database = database
        let last = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT sequence, hash FROM audit_entry ORDER BY sequence DESC LIMIT 1"))
        sequence = last?["sequence"] ?? 0
        hash = last?["hash"] ?? AuditDigest.origin
    }

    mutating func append(_ note: AuditNote, by actor: Actor, revision: Int64?, at: Timestamp) throws {
        let act = AuditAct(
            at: at.nanoseconds, requestID: actor.requestID, actorID: actor.userID, actorName: actor.userName,
            projectID: actor.projectID, source: actor.source, action: note.action, outcome: note.outcome.rawValue,
            reason: note.reason, before: note.before, after: note.after, revision: revision)
        let (number, digest) = try number(of: act)
        let kind = note.targetKind?.rawValue ?? ""
        let next = digest.hash(sequence + 1, kind: kind, id: note.targetID, name: note.targetName, after: hash)
        let target = try note.targetNumber ?? target(kind, note.targetID)
        try database.cachedStatement(
            sql: "INSERT INTO audit_entry (sequence, act, target, targetName, hash) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [sequence + 1, number, target, note.targetName, next])
        sequence += 1
        hash = next
    }

    private mutating func number(of act: AuditAct) throws -> (Int64, AuditDigest) {
        if let latest, latest.act == act { return (latest.number, latest.digest) }
        try database.cachedStatement(
            sql: """
                INSERT INTO audit_act (number, at, requestID, actorID, actorName, projectID, source, action, outcome,
                  reason, before, after, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            sequence + 1, act.at, act.requestID, act.actorID, act.actorName, act.projectID, act.source, act.action,
            act.outcome, act.reason, act.before, act.after, act.revision,
        ])
        let digest = AuditDigest(act)
        latest = (act, sequence + 1, digest)
        return (sequence + 1, digest)
    }

    /// The number of an object, which it gets when something is first said of it.
    private func target(_ kind: String, _ id: String) throws -> Int64 {
        let known = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT number FROM audit_target WHERE id = ? AND kind = ?"),
            arguments: [id, kind])
        if let known { return known }
        try database.cachedStatement(sql: "INSERT INTO audit_target (kind, id) VALUES (?, ?)").execute(
            arguments: [kind, id])
        return database.lastInsertedRowID
    }
}
