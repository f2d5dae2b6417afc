import Foundation
import GRDB
import HTTPTypes
import Link
import Model
import Registry

/// Gatehouse's own interface: the trail, revisions, hosts.
struct NativeService: Sendable {
    let registry: Registry
    let authenticator: Authenticator
    let policy: @Sendable () -> AccessPolicy
    let hosts: HostService
    let probe: BucketProbe
    let region: ServedRegion

    func answer(_ call: Call) async throws -> Answer {
        do {
            return try await route(call)
        } catch let error as NeutronError {
            return error.answer
        }
    }

    private func route(_ call: Call) async throws -> Answer {
        if call.path.first == "agent" { return try await hosts.answer(call) }
        if call.path == ["openapi.json"] { return Answer(.ok, OpenAPI.document(call)) }
        guard let session = try await authenticator.session(of: call) else {
            throw NeutronError(
                .unauthorized, "HTTPUnauthorized", "The request you have made requires authentication.")
        }
        switch (call.method, call.path.first, call.path.count) {
        case (.get, "audit", 1):
            try permit("get_audit", session)
            return try await audit(session).list(call, session)
        case (.get, "audit", 2) where call.path[1] == "verify":
            try permit("verify_audit", session)
            return try await audit(session).verify()
        case (.get, "hosts", 1):
            try permit("get_host", session)
            return try await HostRoutes(registry: registry, hosts: hosts).list()
        case (.post, "hosts", 1):
            try permit("create_host", session)
            return try await HostRoutes(registry: registry, hosts: hosts).invite(call, session)
        case (.delete, "hosts", 2):
            try permit("delete_host", session)
            return try await HostRoutes(registry: registry, hosts: hosts).revoke(call, session)
        case (_, "buckets", 1...3): return try await buckets(call, session)
        case (.post, "policy", 1):
            try permit("create_security_group", session)
            return try await declare(call, session)
        case (.get, "revisions", 1):
            try permit("get_revision", session)
            return try await revisions(call)
        case (.get, "revisions", 2):
            try permit("get_revision_state", session)
            return try await state(call)
        default: throw NeutronError.resourceMissing
        }
    }

    private func permit(_ operation: String, _ session: Session) throws {
        guard policy().allows(operation, session) else { throw NeutronError.forbidden(operation) }
    }

    private func audit(_ session: Session) -> AuditRoutes {
        AuditRoutes(
            registry: registry, hosts: hosts, readsAll: policy().allows("get_audit_of_all_projects", session),
            seesHosts: policy().allows("get_host", session))
    }

    private func buckets(_ call: Call, _ session: Session) async throws -> Answer {
        let routes = BucketRoutes(
            registry: registry, probe: probe, session: session, call: call,
            isAdministrator: policy().allows("create_bucket", session))
        switch (call.method, call.path.count) {
        case (.get, 1):
            try permit("get_bucket", session)
            return try await routes.list()
        case (.post, 1):
            try permit("create_bucket", session)
            return try await routes.create()
        case (.patch, 2):
            try permit("update_bucket", session)
            return try await routes.update(call.path[1])
        case (.delete, 2):
            try permit("delete_bucket", session)
            return try await routes.delete(call.path[1])
        case (.post, 3) where call.path[2] == "test":
            try permit("test_bucket", session)
            return try await routes.test(call.path[1])
        default: throw NeutronError.resourceMissing
        }
    }

    // MARK: Policy files

    /// Makes the caller's project what a policy file says, in one change; or tells what that would be.
    private func declare(_ call: Call, _ session: Session) async throws -> Answer {
        guard let request = try? ControlCodec.decode(call.body, as: DeclareRequest.self) else {
            throw NeutronError.badRequest("the request is no policy with host, prunes and isPlan")
        }
        guard let project = session.project else {
            throw NeutronError.badRequest("a policy belongs to a project: use a token of one")
        }
        let declaration = PolicyDeclaration(
            request.policy, projectID: project.id, host: request.host, prunes: request.prunes, region: region,
            makesBuckets: policy().allows("create_bucket", session))
        let actor = Actor(session, call, "policy.apply")
        let lines =
            request.isPlan
            ? try await registry.rehearse(by: actor) { try declaration.make(in: $0) }
            : try await registry.change(by: actor) { try declaration.make(in: $0) }
        return Answer(
            .ok,
            .object(["changes": .strings(lines), "plan": .bool(request.isPlan), "request": .string(call.requestID)]))
    }

    // MARK: Revisions

    /// Everything as it was after a revision: `revisions/N`, or `revisions/at?time=` an instant.
    private func state(_ call: Call) async throws -> Answer {
        let number: Int64?
        if call.path[1] == "at" {
            let instant = try AuditRoutes.instant(call, "time") ?? Timestamp.now.nanoseconds
            number = try await registry.read { try PastState.revision(at: instant, in: $0) }
        } else {
            number = Int64(call.path[1])
        }
        let newest = try await registry.read { try PastState.revision(at: .max, in: $0) } ?? 0
        guard let number, (1...max(newest, 1)).contains(number) else { throw NeutronError.resourceMissing }
        let state = try await registry.read { try PastState(at: number, in: $0) }
        let body = JSON(parsing: Array(try JSONEncoder().encode(state)))
        return Answer(.ok, .object(["revision": .int(Int(number)), "state": body ?? .null]))
    }

    private func revisions(_ call: Call) async throws -> Answer {
        let limit = min(call.values("limit").first.flatMap { Int($0) } ?? 100, 1000)
        let rows = try await registry.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT number, madeAt, actor, requestID, action FROM revision ORDER BY number DESC LIMIT ?",
                arguments: [limit]
            ).map { row -> JSON in
                .object([
                    "number": .int(row[0]), "made_at": .string(Timestamp(nanoseconds: row[1]).description),
                    "actor": .string(row[2]), "request_id": .string(row[3]), "action": .string(row[4]),
                ])
            }
        }
        return Answer(.ok, .object(["revisions": .array(rows)]))
    }
}
