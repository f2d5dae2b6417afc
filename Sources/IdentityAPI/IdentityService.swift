import Foundation
import HTTPTypes
import Model
package import Registry
package import Service

/// The part of Keystone's v3 interface that clients need to log in and to find projects.
///
/// Errors have Keystone's envelope: `{"error":{"code","title","message"}}`.
package struct IdentityService: MountedAPI {
    let registry: Registry
    let authenticator: Authenticator
    /// How long a token is good for.
    let tokenLifetime: Duration
    package let mounts = [["identity"]]
    package let routes =
        APIRoute.routes(
            .get,
            [
                "", "v3", "v3/auth/tokens", "v3/auth/projects", "v3/auth/catalog", "v3/auth/domains", "v3/projects",
                "v3/projects/{project}", "v3/roles", "v3/roles/{role}", "v3/domains", "v3/domains/{domain}",
                "v3/users/{user}", "v3/users/{user}/application_credentials",
                "v3/users/{user}/application_credentials/{credential}",
            ]) + [
            APIRoute(.post, "v3/auth/tokens"), APIRoute(.head, "v3/auth/tokens"), APIRoute(.delete, "v3/auth/tokens"),
            APIRoute(.post, "v3/users/{user}/application_credentials"),
            APIRoute(.delete, "v3/users/{user}/application_credentials/{credential}"),
        ]
    static let region = "RegionOne"
    static let domain: JSON = .object(["id": "default", "name": "Default"])

    package init(registry: Registry, authenticator: Authenticator, tokenLifetime: Duration) {
        self.registry = registry
        self.authenticator = authenticator
        self.tokenLifetime = tokenLifetime
    }

    package func answer(unserved call: Call) -> Answer { Self.notFound("/\(call.path.joined(separator: "/"))") }

    package func answer(_ call: Call) async throws -> Answer {
        if call.path.isEmpty { return Answer(.multipleChoices, versions(call)) }
        guard call.path[0] == "v3" else { return Self.notFound("\(call.path[0])") }
        let call = call.dropping(1)
        switch call.path.first {
        case nil: return Answer(.ok, .object(["version": version(call)]))
        case "auth": return try await auth(call.dropping(1))
        default: break
        }
        guard let session = try await authenticator.session(of: call) else { return Self.unauthenticated }
        switch call.path[0] {
        case "projects": return try await projects(call.dropping(1), session)
        case "users": return try await ApplicationCredentials(service: self).answer(call.dropping(1), session)
        case "roles": return roles(call.dropping(1))
        case "domains": return domains(call.dropping(1))
        default: return Self.notFound("/v3/\(call.path.joined(separator: "/"))")
        }
    }

    // MARK: Discovery

    private func versions(_ call: Call) -> JSON {
        .object(["versions": .object(["values": .array([version(call)])])])
    }

    private func version(_ call: Call) -> JSON {
        .object([
            "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
            "links": .array([.object(["rel": "self", "href": .string("\(call.base)/identity/v3/")])]),
            "media-types": .array([
                .object(["base": "application/json", "type": "application/vnd.openstack.identity-v3+json"])
            ]),
        ])
    }

    private func catalog(_ call: Call) -> JSON {
        .array(
            [("network", "neutron", "networking"), ("identity", "keystone", "identity")].map { type, name, path in
                .object([
                    "type": .string(type), "name": .string(name), "id": .string(Identity.derivedID("service", type)),
                    "endpoints": .array(
                        ["public", "internal", "admin"].map { interface in
                            .object([
                                "id": .string(Identity.derivedID("endpoint", type, interface)),
                                "interface": .string(interface), "region": .string(Self.region),
                                "region_id": .string(Self.region), "url": .string("\(call.base)/\(path)"),
                            ])
                        }),
                ])
            })
    }

    // MARK: Tokens

    private func auth(_ call: Call) async throws -> Answer {
        switch (call.method, call.path) {
        case (.post, ["tokens"]): return try await logIn(call)
        case (.get, ["tokens"]), (.head, ["tokens"]): return try await validate(call)
        case (.delete, ["tokens"]): return try await revoke(call)
        default: break
        }
        guard let session = try await authenticator.session(of: call) else { return Self.unauthenticated }
        switch (call.method, call.path) {
        case (.get, ["projects"]): return try await projects(call.dropping(1), session)
        case (.get, ["catalog"]): return Answer(.ok, .object(["catalog": catalog(call), "links": .object([:])]))
        case (.get, ["domains"]): return domains(call.dropping(1))
        default: return Self.notFound("/v3/auth/\(call.path.joined(separator: "/"))")
        }
    }

    private func logIn(_ call: Call) async throws -> Answer {
        let request: LoginRequest
        do {
            request = try LoginRequest(try call.document())
        } catch let fault as LoginRequest.Fault {
            return Self.failure(.badRequest, fault.description)
        }
        var actor = Actor(
            userID: "", userName: request.userName, projectID: "", projectName: "", roles: [],
            requestID: call.requestID, source: call.source, action: "login")
        if case .applicationCredential = request.proof, request.project != nil {
            let words =
                "An application credential is bound to its project: a login with it names no auth.scope; leave it out."
            try await noteFailure(words, by: actor)
            return Self.failure(.unauthorized, words)
        }
        let issued: IssuedToken?
        do {
            issued = try await issue(for: request, call)
        } catch let error as RegistryError where [.tooManyAttempts, .forbidden].contains(error.code) {
            let reason = error.code == .tooManyAttempts ? "too many failed logins" : error.message
            try await noteFailure(reason, by: actor)
            throw error
        }
        guard let issued else {
            try await noteFailure("the credentials are not right", by: actor)
            return Self.unauthenticated
        }
        actor.userID = issued.session.user.id
        actor.userName = issued.session.user.name
        actor.projectID = issued.session.project?.id ?? ""
        try await registry.note(AuditNote(action: "login"), by: actor)
        var answer = Answer(.created, .object(["token": describe(issued.session, call)]))
        answer.headers[.subjectToken] = issued.text
        return answer
    }

    /// nil when what is shown is not right, or not for the project that is asked for.
    private func issue(for request: LoginRequest, _ call: Call) async throws -> IssuedToken? {
        guard let proof = try await prove(request, call), let scope = try await scope(request) else { return nil }
        let (now, lifetime) = (Timestamp.now.nanoseconds, tokenLifetime)
        return try await registry.keep { database in
            try TokenRecord.forget(expiredBefore: now - 86_400_000_000_000, in: database)
            return try Identity.issue(for: proof, scope: scope, at: now, lifetime: lifetime, in: database)
        }
    }

    private func noteFailure(_ reason: String, by actor: Actor) async throws {
        try await registry.noteRepeated(
            AuditNote(action: "login", outcome: .failure, reason: reason), by: actor)
    }

    /// nil when what is shown is not right.
    private func prove(_ request: LoginRequest, _ call: Call) async throws -> LoginProof? {
        switch request.proof {
        case .password(let selector, let password):
            let name = try await registry.read { try selector.name(in: $0) } ?? "?"
            return try await authenticator.user(name, password, call).map { .password($0) }
        case .token(let token):
            return try await authenticator.session(provenBy: token, call)?.token.map { .token($0) }
        case .applicationCredential(let credential):
            return try await ApplicationCredentials(service: self).prove(credential, call).map { .credential($0) }
        }
    }

    /// nil when there is no such project.
    private func scope(_ request: LoginRequest) async throws -> LoginScope? {
        guard let wanted = request.project else { return .unscoped }
        return try await registry.read { try wanted.project(in: $0) }.map { .project($0.id) }
    }

    private func validate(_ call: Call) async throws -> Answer {
        guard try await authenticator.session(of: call) != nil else { return Self.unauthenticated }
        guard let token = call.headers[.subjectToken] else {
            return Self.failure(.badRequest, "X-Subject-Token is missing; send the token to look at")
        }
        guard let session = try await authenticator.session(provenBy: token, call) else {
            return Self.notFound("token")
        }
        var answer = Answer(.ok, .object(["token": describe(session, call)]))
        answer.headers[.subjectToken] = token
        return answer
    }

    private func revoke(_ call: Call) async throws -> Answer {
        guard let session = try await authenticator.session(of: call) else { return Self.unauthenticated }
        guard let token = call.headers[.subjectToken] else {
            return Self.failure(.badRequest, "X-Subject-Token is missing; send the token to revoke")
        }
        guard let owner = try await authenticator.session(provenBy: token, call),
            owner.user.id == session.user.id || session.roles.contains(.admin)
        else { return Self.notFound("token") }
        try await registry.keep {
            try TokenRecord.revoke(token, in: $0)
        }
        try await registry.note(
            AuditNote(
                action: "token.revoke", targetKind: .user, targetID: owner.user.id, targetName: owner.user.name),
            by: Actor(session, call, "token.revoke"))
        return Answer(.noContent)
    }

    private func describe(_ session: Session, _ call: Call) -> JSON {
        var token = JSONObject([
            ("methods", .strings((session.token?.methods ?? "password").split(separator: ",").map(String.init))),
            (
                "user",
                .object([
                    "id": .string(session.user.id), "name": .string(session.user.name), "domain": Self.domain,
                    "password_expires_at": .null,
                ])
            ),
            (
                // As Keystone: its own, and that of the first that it came of.
                "audit_ids",
                .strings(([session.chain.first] + [session.chain.dropFirst().last]).compactMap(\.?.auditID))
            ),
            ("issued_at", .string(Timestamp(nanoseconds: session.token?.issuedAt ?? 0).description)),
            (
                "expires_at",
                .optional(session.token?.expiresAt.map { Timestamp(nanoseconds: $0).description })
            ),
        ])
        if let project = session.project {
            token["project"] = .object([
                "id": .string(project.id), "name": .string(project.name), "domain": Self.domain,
            ])
            token["is_domain"] = .bool(false)
            token["roles"] = .array(
                session.roles.map(\.rawValue).sorted().compactMap(Role.init(rawValue:)).map {
                    .object(["id": .string($0.id), "name": .string($0.rawValue)])
                })
            token["catalog"] = catalog(call)
        }
        if let credential = session.credential {
            token["application_credential"] = .object([
                "id": .string(credential.id), "name": .string(credential.name),
                "restricted": .bool(!credential.isUnrestricted),
            ])
        }
        return .object(token)
    }

    // MARK: Projects

    /// `GET projects?name=` and `GET projects/ID`; also served beside the networks for clients without a login.
    @Sendable package func projects(_ call: Call, _ session: Session) async throws -> Answer {
        guard call.method == .get, call.path.count <= 1 else { return Self.notFound("projects") }
        let visible = try await registry.read { database in
            try session.roles.contains(.admin)
                ? Project.everyone(in: database) : Project.of(user: session.user.id, in: database)
        }
        let projects = visible.sorted { $0.name < $1.name }
        if let id = call.path.first {
            guard let project = projects.first(where: { $0.id == id }) else {
                return Self.notFound("project: \(id)")
            }
            return Answer(.ok, .object(["project": Self.describe(project)]))
        }
        let names = call.values("name")
        let found = projects.filter { names.isEmpty || names.contains($0.name) }
        return Answer(
            .ok,
            .object([
                "projects": .array(found.map(Self.describe)),
                "links": .object([
                    "self": .string("\(call.base)/identity/v3/projects"), "next": .null, "previous": .null,
                ]),
            ]))
    }

    private static func describe(_ project: Project) -> JSON {
        .object([
            "id": .string(project.id), "name": .string(project.name), "domain_id": "default",
            "description": .string(project.description), "enabled": .bool(project.isEnabled), "is_domain": .bool(false),
            "parent_id": "default", "tags": .array([]), "options": .object([:]),
        ])
    }

    private func roles(_ call: Call) -> Answer {
        let roles = Role.allCases.map { role -> JSON in
            .object(["id": .string(role.id), "name": .string(role.rawValue), "domain_id": .null])
        }
        guard let id = call.path.first else {
            let names = call.values("name")
            let found = roles.filter { names.isEmpty || names.contains($0["name"]?.text ?? "") }
            return Answer(.ok, .object(["roles": .array(found), "links": .object([:])]))
        }
        guard let role = roles.first(where: { $0["id"]?.text == id }) else { return Self.notFound("role: \(id)") }
        return Answer(.ok, .object(["role": role]))
    }

    private func domains(_ call: Call) -> Answer {
        let domain: JSON = .object(["id": "default", "name": "Default", "enabled": .bool(true), "description": ""])
        guard let id = call.path.first else {
            return Answer(.ok, .object(["domains": .array([domain]), "links": .object([:])]))
        }
        return id == "default" ? Answer(.ok, .object(["domain": domain])) : Self.notFound("domain: \(id)")
    }

    // MARK: Errors

    static func failure(_ status: HTTPResponse.Status, _ message: String) -> Answer {
        Refusal(status, message).answer
    }

    static func notFound(_ what: String) -> Answer { failure(.notFound, "Could not find \(what).") }

    /// The same for a wrong password, an unknown user, an unknown project and a missing role.
    static var unauthenticated: Answer { Refusal.unauthenticated.answer }
}
