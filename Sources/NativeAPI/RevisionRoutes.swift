import Foundation
import HTTPTypes
import Model
import Registry
import Service

/// `api/revisions`: who changed what when, and everything as it was.
enum RevisionRoutes {
    static let routes = [
        NativeRoute(
            method: .get, path: "/revisions", right: "get_revision",
            summary:
                "The newest revisions: who made them, when, by which request. Of every project for administrators and "
                + "auditors, of the caller's for others.",
            parameters: [("limit", "1 to 1000; 100 when left out.")], answer: list),
        NativeRoute(
            method: .get, path: "/revisions/{number}", right: "get_revision_state",
            summary: "Everything as it was after a revision; `at` for the number takes the instant `time`.",
            parameters: [("time", "RFC 3339, with /revisions/at.")], answer: state),
    ]

    @Sendable private static func list(_ request: NativeRequest) async throws -> Answer {
        let text = request.call.values("limit").first ?? "100"
        guard let limit = Int(text), (1...1000).contains(limit) else {
            throw Refusal.invalid("limit", "'\(text)' is not between 1 and 1000")
        }
        let project = request.allows("get_revision_of_all_projects") ? nil : request.session.project?.id ?? ""
        let latest = try await request.registry.read { try Revisions.latest(limit, of: project, in: $0) }
        let rows = latest.map { revision -> JSON in
            .object([
                "number": .int(revision.number),
                "made_at": .string(Timestamp(nanoseconds: revision.madeAt).description),
                "actor": .string(revision.actor), "request_id": .string(revision.requestID),
                "action": .string(revision.action),
            ])
        }
        return Answer(.ok, .object(["revisions": .array(rows)]))
    }

    @Sendable private static func state(_ request: NativeRequest) async throws -> Answer {
        let number: Int64?
        if request.value("number") == "at" {
            let instant = try AuditRoutes.instant(request.call, "time") ?? Timestamp.now.nanoseconds
            number = try await request.registry.read { try PastState.revision(at: instant, in: $0) }
        } else {
            number = Int64(request.value("number"))
        }
        let newest = try await request.registry.read { try PastState.revision(at: .max, in: $0) } ?? 0
        guard let number, (1...max(newest, 1)).contains(number) else { throw Refusal.nothingHere }
        let state = try await request.registry.read { try PastState(at: number, in: $0) }
        let body = JSON(parsing: Array(try JSONEncoder().encode(state)))
        return Answer(.ok, .object(["revision": .int(Int(number)), "state": body ?? .null]))
    }
}
