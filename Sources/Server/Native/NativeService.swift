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
            return try await AuditRoutes(registry: registry, hosts: hosts).list(call, session)
        case (.get, "audit", 2) where call.path[1] == "verify":
            try permit("get_audit", session)
            return try await AuditRoutes(registry: registry, hosts: hosts).verify()
        case (.get, "hosts", 1):
            try permit("get_host", session)
            return try await listHosts()
        case (.post, "hosts", 1):
            try permit("create_host", session)
            return try await invite(call, session)
        case (.delete, "hosts", 2):
            try permit("delete_host", session)
            return try await revoke(call, session)
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

    // MARK: Hosts

    private func listHosts() async throws -> Answer {
        let now = Timestamp.now.nanoseconds
        let all = try await registry.read { try Hosts.all($0) }
        return Answer(
            .ok,
            .object([
                "hosts": .array(
                    all.map { host in
                        .object([
                            "id": .string(host.id), "name": .string(host.name),
                            "state": .string(host.state(at: now, patience: HostRecord.patience).rawValue),
                            "enrolled_at": .string(Timestamp(nanoseconds: host.enrolledAt).description),
                            "last_seen_at": .optional(host.lastSeenAt.map { Timestamp(nanoseconds: $0).description }),
                            "wanted_revision": .int(host.wantedRevision),
                            "applied_revision": .int(host.appliedRevision), "failure": .optional(host.failure),
                            "clock_offset_ns": .optional(host.clockOffset.map { Int($0) }),
                            "status": host.status.flatMap { JSON(parsing: Array($0.utf8)) } ?? .null,
                        ])
                    })
            ]))
    }

    private func invite(_ call: Call, _ session: Session) async throws -> Answer {
        guard let name = JSON(parsing: call.body)?["host"]?["name"]?.text, (1...255).contains(name.utf8.count),
            !name.contains("/")
        else { throw NeutronError.invalid("host.name", "a name of 1 to 255 characters without / is wanted") }
        let token = try await registry.change(by: Actor(session, call, "host.invite")) { change in
            try change.makeEnrolmentToken(host: name)
        }
        guard let fingerprint = try hosts.fingerprint else {
            throw NeutronError.invalid("host", "this server speaks plain HTTP; hosts are enrolled over TLS only")
        }
        return Answer(
            .created,
            .object(["enrolment": .object(["host": .string(name), "token": .string("\(token).\(fingerprint)")])]))
    }

    private func revoke(_ call: Call, _ session: Session) async throws -> Answer {
        let name = call.path[1]
        try await registry.change(by: Actor(session, call, "host.revoke")) { change in
            guard let host = try Hosts.named(name, in: change.database) else {
                throw RegistryError.notFound(.host, name)
            }
            try change.revoke(host)
        }
        hosts.disconnect(name)
        return Answer(.noContent)
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
