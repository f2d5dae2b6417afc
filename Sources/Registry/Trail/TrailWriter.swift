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
        // A number is given once: where entries were cut off the end, their numbers stay missing.
        sequence = max(last?["sequence"] ?? 0, try AuditEntry.issued(in: database))
        hash = last?["hash"] ?? AuditDigest.origin
    }

    mutating func append(_ note: AuditNote, by actor: Actor, revision: Int64?, at: Timestamp) throws {
        let act = AuditAct(
            at: at.nanoseconds, requestID: Self.kept(actor.requestID), actorID: Self.kept(actor.userID),
            actorName: Self.kept(actor.userName), projectID: Self.kept(actor.projectID),
            source: Self.kept(actor.source), action: Self.kept(note.action), outcome: note.outcome.rawValue,
            reason: Self.kept(note.reason, .reasonOfEntry), before: note.before.map(Self.readable),
            after: note.after.map(Self.readable), revision: revision)
        let (number, digest) = try number(of: act)
        let kind = note.targetKind?.rawValue ?? ""
        let (id, name) = (Self.kept(note.targetID), Self.kept(note.targetName))
        let next = digest.hash(sequence + 1, kind: kind, id: id, name: name, after: hash)
        let target = try note.targetNumber ?? target(kind, id)
        try database.cachedStatement(
            sql: "INSERT INTO audit_entry (sequence, act, target, targetName, hash) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [sequence + 1, number, target, name, next])
        sequence += 1
        hash = next
    }

    /// A text as the trail keeps it: short, and as it can be read again.
    private static func kept(_ text: String, _ limit: Limit = .textOfEntry) -> String { readable(limit.cut(text)) }

    /// SQLite gives a text back up to its first NUL: hashed and stored is what is read again.
    private static func readable(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacing("\u{0}", with: "\u{2400}") : text
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
