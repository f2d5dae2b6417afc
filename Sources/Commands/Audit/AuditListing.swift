import Model
import Records
import Registry
import Server
import Service
import Terminal

/// An entry of the trail, as the native interface tells it.
struct AuditRow {
    let sequence: Int
    let at: Timestamp
    let requestID: String
    let actorID: String
    let actorName: String
    let projectID: String
    let source: String
    let action: String
    let outcome: String
    let reason: String
    let targetKind: String
    let targetID: String
    let targetName: String
    /// The object's state as JSON, where there was one.
    let before: String?
    let after: String?
    let revision: Int?
    let hash: String

    init(_ json: JSON) throws {
        let reader = DocumentReader(json)
        let (actor, target) = (try reader.object("actor"), try reader.object("target"))
        sequence = try reader.number("sequence")
        at = try reader.instant("at")
        requestID = try reader.text("request_id")
        (actorID, actorName) = (try actor.text("id"), try actor.text("name"))
        projectID = try reader.text("project_id")
        source = try reader.text("source")
        action = try reader.text("action")
        outcome = try reader.text("outcome")
        reason = try reader.text("reason")
        targetKind = try target.text("kind")
        (targetID, targetName) = (try target.text("id"), try target.text("name"))
        (before, after) = (reader.state("before"), reader.state("after"))
        revision = json["revision"]?.number
        hash = try reader.text("hash")
    }
}

/// How entries of the trail are listed.
struct AuditListing: Listing {
    let time: LocalTime

    let columns = [
        TableColumn("ENTRY", isNumber: true), TableColumn("WHEN"), TableColumn("WHO"), TableColumn("ACTION"),
        TableColumn("TARGET"), TableColumn("OUTCOME"), TableColumn("REVISION", isNumber: true), TableColumn("REQUEST"),
    ]

    func cells(_ row: AuditRow) -> [String] {
        let name = row.targetName.isEmpty ? String(row.targetID.prefix(8)) : row.targetName
        return [
            "\(row.sequence)", time.text(row.at, fractionDigits: 3), row.actorName, row.action,
            row.targetKind.isEmpty ? "" : "\(row.targetKind) \(name)",
            row.reason.isEmpty ? row.outcome : "\(row.outcome): \(row.reason)", row.revision.map { "\($0)" } ?? "",
            row.requestID,
        ]
    }

    let keys = [
        "sequence", "at", "request_id", "actor_id", "actor", "project_id", "source", "action", "outcome", "reason",
        "target_kind", "target_id", "target_name", "before", "after", "revision", "hash",
    ]

    func fields(_ row: AuditRow) -> [Field] {
        [
            Field("sequence", .number(row.sequence)), Field("at", .instant(row.at)),
            Field("request_id", .text(row.requestID)), Field("actor_id", .text(row.actorID)),
            Field("actor", .text(row.actorName)), Field("project_id", .text(row.projectID)),
            Field("source", .text(row.source)), Field("action", .text(row.action)),
            Field("outcome", .text(row.outcome)),
            Field("reason", .text(row.reason)), Field("target_kind", .text(row.targetKind)),
            Field("target_id", .text(row.targetID)), Field("target_name", .text(row.targetName)),
            Field("before", .text(row.before)), Field("after", .text(row.after)),
            Field("revision", .number(row.revision)),
            Field("hash", .text(row.hash)),
        ]
    }
}

/// When a change took effect at a host, as the native interface tells it.
struct EffectRow {
    let host: String
    private let state: Effect.State
    private let revision: Int?
    private let since: Timestamp?
    private let failure: String?

    init(_ json: JSON) throws {
        let reader = DocumentReader(json)
        host = try reader.text("host")
        guard let state = Effect.State(rawValue: try reader.text("state")) else { throw NotFound.otherServer }
        self.state = state
        revision = json["revision"]?.number
        since = try reader.optionalInstant("in_force_since")
        failure = json["failure"]?.text
    }

    /// What an operator wants to know of it.
    func line(_ time: LocalTime) -> String {
        switch state {
        case .inForce: "\(host): in the kernel since \(since.map { time.text($0) } ?? "") (revision \(revision ?? 0))"
        case .waiting: "\(host): not yet in force"
        case .failed: "\(host): failed: \(failure ?? "")"
        case .notConcerned: "\(host): not concerned"
        }
    }
}
