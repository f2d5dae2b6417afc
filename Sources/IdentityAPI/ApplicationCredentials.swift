import Foundation
import HTTPTypes
import Model
import Registry
import Service

/// Secrets that a user makes for programs: bound to one project, and revoked without touching the password.
struct ApplicationCredentials: Sendable {
    let service: IdentityService

    /// The credential that id (or name and user) and secret stand for; nil when they don't belong together.
    func prove(_ credential: LoginRequest.Credential, _ call: Call) async throws -> ApplicationCredential? {
        let account = credential.id ?? "\(credential.user?.name ?? credential.user?.id ?? "")/\(credential.name ?? "")"
        return try await service.authenticator.gate.attempt(.applicationCredential, account, call) {
            try await find(credential)
        }
    }

    private func find(_ credential: LoginRequest.Credential) async throws -> ApplicationCredential? {
        let row = try await service.registry.read { database -> ApplicationCredential? in
            if let id = credential.id { return try ApplicationCredential.with(id: id, in: database) }
            guard let name = credential.name, let user = try credential.user?.name(in: database),
                let userID = try Identity.user(named: user, in: database)?.id
            else { return nil }
            return try ApplicationCredential.named(name, of: userID, in: database)
        }
        let hash = row?.secretHash ?? ""
        // Secrets are random and long: a plain digest is enough.
        let given = Identity.hash(ofToken: credential.secret)
        guard Password.isEqual(given, Data(base64Encoded: hash) ?? Data(count: given.count)), let row,
            !row.isOver(at: Timestamp.now.nanoseconds)
        else { return nil }
        return row
    }

    /// `users/ID` and `users/ID/application_credentials[/ID]`, the caller's own.
    func answer(_ call: Call, _ session: Session) async throws -> Answer {
        guard let userID = call.path.first, userID == session.user.id || session.roles.contains(.admin) else {
            return IdentityService.notFound("user: \(call.path.first ?? "")")
        }
        switch (call.method, call.path.dropFirst().first, call.path.count) {
        case (.get, nil, 1): return try await user(userID)
        case (.post, "application_credentials", 2): return try await create(call, userID, session)
        case (.get, "application_credentials", 2):
            let names = call.values("name")
            let rows = try await service.registry.read {
                try ApplicationCredential.of(user: userID, in: $0)
            }.filter { names.isEmpty || names.contains($0.name) }
            return Answer(
                .ok,
                .object([
                    "application_credentials": .array(rows.map { describe($0, secret: nil) }), "links": .object([:]),
                ]))
        case (.get, "application_credentials", 3):
            guard let row = try await find(call.path[2], userID) else { return missing(call.path[2]) }
            return Answer(.ok, .object(["application_credential": describe(row, secret: nil)]))
        case (.delete, "application_credentials", 3):
            guard let row = try await find(call.path[2], userID) else { return missing(call.path[2]) }
            try await service.registry.change(by: Actor(session, call, "application_credential.delete")) { change in
                try change.delete(row, by: session)
            }
            return Answer(.noContent)
        default: return IdentityService.notFound("/v3/users/\(call.path.joined(separator: "/"))")
        }
    }

    private func user(_ id: String) async throws -> Answer {
        guard let user = try await service.registry.read({ try User.with(id: id, in: $0) }) else {
            return IdentityService.notFound("user: \(id)")
        }
        return Answer(
            .ok,
            .object([
                "user": .object([
                    "id": .string(user.id), "name": .string(user.name), "domain_id": "default",
                    "enabled": .bool(user.isEnabled), "default_project_id": .optional(user.defaultProjectID),
                ])
            ]))
    }

    private func create(_ call: Call, _ userID: String, _ session: Session) async throws -> Answer {
        guard userID == session.user.id, let project = session.project else {
            return IdentityService.failure(.forbidden, "An application credential is made by its user, in a project.")
        }
        let request: CredentialRequest
        do {
            request = try CredentialRequest(try call.document(), by: session, in: project)
        } catch let fault as CredentialRequest.Fault {
            return IdentityService.failure(.badRequest, fault.description)
        }
        let secret = request.secret ?? Identity.randomText(bytes: 48)
        let row = ApplicationCredential(
            id: Identity.randomID(), name: request.name, userID: userID, projectID: project.id,
            description: request.description, secretHash: Identity.hash(ofToken: secret).base64EncodedString(),
            roles: request.roles, expiresAt: request.expiresAt, isUnrestricted: request.isUnrestricted)
        try await service.registry.change(by: Actor(session, call, "application_credential.create")) { change in
            try change.keep(row, madeBy: session)
        }
        return Answer(.created, .object(["application_credential": describe(row, secret: secret)]))
    }

    private func find(_ id: String, _ userID: String) async throws -> ApplicationCredential? {
        try await service.registry.read {
            try ApplicationCredential.with(id: id, in: $0).flatMap { $0.userID == userID ? $0 : nil }
        }
    }

    private func missing(_ id: String) -> Answer { IdentityService.notFound("application credential: \(id)") }

    /// The secret is told once, when it is made.
    private func describe(_ row: ApplicationCredential, secret: String?) -> JSON {
        var json = JSONObject([
            ("id", .string(row.id)), ("name", .string(row.name)), ("description", .string(row.description)),
            ("project_id", .string(row.projectID)), ("user_id", .string(row.userID)),
            ("expires_at", .optional(row.expiresAt.map { Timestamp(nanoseconds: $0).description })),
            ("unrestricted", .bool(row.isUnrestricted)),
            (
                "roles",
                .array(
                    row.givenRoles.map { .object(["id": .string($0.id), "name": .string($0.rawValue)]) })
            ),
            ("access_rules", .array([])),
        ])
        if let secret { json["secret"] = .string(secret) }
        return .object(json)
    }
}
