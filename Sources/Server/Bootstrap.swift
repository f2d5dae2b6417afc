package import Registry
package import Service

/// What a fresh server begins with: projects, users with password files, roles, API tokens, cloud keys and buckets.
///
/// `BootstrapFile` reads it. Applied again it sets what has changed and takes nothing away.
package struct Bootstrap: Sendable {
    /// What the registry has otherwise, and what never changes.
    struct Fault: Error, CustomStringConvertible {
        let description: String

        init(bucket name: String, isAt present: String, not wanted: String) {
            description =
                "buckets: \"\(name)\" is \(present) here, and a bucket never moves; give \(wanted) another name"
        }
    }

    struct ProjectEntry: Sendable {
        let name: String
        let description: String
    }

    struct UserEntry: Sendable {
        let name: String
        let password: String?
        let roles: [(project: String, role: Role)]
    }

    struct TokenEntry: Sendable {
        let name: String
        let token: String
        let user: String
        let project: String
    }

    /// A key by which a caller signs requests.
    struct CloudKeyEntry: Sendable {
        let secretID: String
        let secret: String
        let user: String
        let project: String
    }

    /// A bucket without a project is for all of them.
    struct BucketEntry: Sendable {
        let name: String
        let url: String
        let project: String?
    }

    var projects: [ProjectEntry] = []
    var users: [UserEntry] = []
    var tokens: [TokenEntry] = []
    var buckets: [BucketEntry] = []
    var cloudKeys: [CloudKeyEntry] = []

    /// * `secrets`: seals the secrets of cloud keys.
    package func apply(to registry: Registry, secrets: CloudKeySecrets) async throws {
        // Hashing takes its time: not within the change.
        let known = try await registry.read { database in
            try users.map { try Identity.user(named: $0.name, in: database)?.passwordHash }
        }
        let hashes = try zip(users, known).map { user, former -> String? in
            guard let password = user.password else { return nil }
            if let former, Password.matches(password, former) { return nil }
            return try Password.hash(password)
        }
        let actor = Actor.system("bootstrap", requestID: "req-\(Change.newID())")
        try await registry.change(by: actor) { change in
            for project in projects { try change.createProject(name: project.name, description: project.description) }
            for (user, hash) in zip(users, hashes) {
                let stored = try change.setUser(name: user.name, passwordHash: hash)
                for role in user.roles {
                    guard let project = try Identity.project(named: role.project, in: change.database) else { continue }
                    try change.grant(role.role, to: stored, in: project)
                }
            }
            for token in tokens {
                guard let user = try Identity.user(named: token.user, in: change.database),
                    let project = try Identity.project(named: token.project, in: change.database)
                else { continue }
                try change.setToken(named: token.name, text: token.token, user: user, project: project)
            }
            for key in cloudKeys {
                guard let user = try Identity.user(named: key.user, in: change.database),
                    let project = try Identity.project(named: key.project, in: change.database)
                else { continue }
                // A key that is as the file says stays as it is.
                if let known = try CloudKey.named(key.secretID, in: change.database), known.userID == user.id,
                    known.projectID == project.id,
                    try secrets.open(Array(known.sealed), of: key.secretID) == key.secret
                {
                    continue
                }
                try change.setCloudKey(
                    key.secretID, sealed: try secrets.seal(key.secret, of: key.secretID), user: user, project: project)
            }
            for bucket in buckets {
                let owner =
                    try bucket.project.flatMap { try Identity.project(named: $0, in: change.database)?.id } ?? ""
                let known = try StoredBucket.named(bucket.name, ownedBy: owner, in: change.database)
                if let known, known.url != bucket.url {
                    throw Fault(bucket: bucket.name, isAt: known.url, not: bucket.url)
                }
                guard known == nil else { continue }
                _ = try change.createBucket(
                    StoredBucket(id: Change.newID(), projectID: owner, name: bucket.name, url: bucket.url))
            }
        }
    }
}
