import Crypto
package import Foundation
package import GRDB
import Model

/// A tenant: it owns objects.
package struct Project: Codable, FetchableRecord, PersistableRecord, Hashable, Sendable {
    package static let databaseTableName = "project"

    /// 32 hexadecimal digits.
    package let id: String
    package var name: String
    package var description: String
    package var isEnabled: Bool
}

/// Somebody who may log in.
package struct User: Codable, FetchableRecord, PersistableRecord, Hashable, Sendable {
    package static let databaseTableName = "user"

    package let id: String
    package var name: String
    package var isEnabled: Bool
    /// nil for users that have tokens only.
    package var passwordHash: String?
    package var defaultProjectID: String?

    package init(id: String, name: String, passwordHash: String? = nil, defaultProjectID: String? = nil) {
        self.id = id
        self.name = name
        isEnabled = true
        self.passwordHash = passwordHash
        self.defaultProjectID = defaultProjectID
    }
}

/// What a user may do in a project.
package enum Role: String, CaseIterable, Codable, Sendable {
    case admin
    case manager
    case member
    case reader
    case auditor

    /// Stable, derived from the name.
    package var id: String { Identity.derivedID("role", rawValue) }

    /// The role and those that it holds within.
    package var implied: [Role] {
        switch self {
        case .admin: [.admin, .manager, .member, .reader]
        case .manager: [.manager, .member, .reader]
        case .member: [.member, .reader]
        case .reader: [.reader]
        case .auditor: [.auditor]
        }
    }
}

/// A secret that stands for a user in a project.
package struct TokenRecord: Codable, FetchableRecord, PersistableRecord, Sendable {
    package static let databaseTableName = "token"

    /// `session` for those that a login gives, `api` for those that an operator sets up.
    package let kind: String
    /// SHA-256 of the token: what lies here opens nothing.
    package let hash: Data
    package let name: String
    package let userID: String
    package let projectID: String?
    /// How the login was done, comma-separated.
    package let methods: String
    package let auditID: String
    /// Nanoseconds since 1970.
    package let issuedAt: Int64
    package let expiresAt: Int64?
}

/// Who a token or a password turned out to be.
package struct Session: Sendable {
    package let user: User
    package let project: Project?
    /// The roles in the project, those held within others included.
    package let roles: Set<Role>
    package let token: TokenRecord?

    package init(user: User, project: Project?, roles: Set<Role>, token: TokenRecord? = nil) {
        self.user = user
        self.project = project
        self.roles = roles
        self.token = token
    }
}

/// Looks up and writes users, projects, roles and tokens.
package enum Identity {
    /// 32 hexadecimal digits that follow from the parts.
    package static func derivedID(_ parts: String...) -> String {
        let digest = SHA256.hash(data: Data(parts.joined(separator: "\u{0}").utf8))
        return hexadecimal(digest.prefix(16))
    }

    package static func randomID() -> String {
        Change.newID().filter { $0 != "-" }
    }

    package static func hash(ofToken token: String) -> Data { Data(SHA256.hash(data: Data(token.utf8))) }

    package static func project(named name: String, in database: Database) throws -> Project? {
        try Project.filter(Column("name") == name).fetchOne(database)
    }

    package static func user(named name: String, in database: Database) throws -> User? {
        try User.filter(Column("name") == name).fetchOne(database)
    }

    package static func roles(_ userID: String, _ projectID: String, in database: Database) throws -> Set<Role> {
        let names = try String.fetchAll(
            database.cachedStatement(sql: "SELECT role FROM role_assignment WHERE userID = ? AND projectID = ?"),
            arguments: [userID, projectID])
        return Set(names.compactMap(Role.init(rawValue:)).flatMap(\.implied))
    }

    /// The session of a token; nil when there is none, it has expired, or its user or project is disabled.
    package static func session(ofToken token: String, at now: Int64, in database: Database) throws -> Session? {
        guard
            let record = try TokenRecord.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM token WHERE hash = ?"), arguments: [hash(ofToken: token)]),
            record.expiresAt.map({ $0 > now }) ?? true
        else { return nil }
        return try session(of: record.userID, project: record.projectID, token: record, in: database)
    }

    /// The session of a user in a project; nil when one is disabled, or the user has no role there.
    package static func session(
        of userID: String, project projectID: String?, token: TokenRecord?, in database: Database
    ) throws -> Session? {
        let user = try User.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM user WHERE id = ?"), arguments: [userID])
        guard let user, user.isEnabled else { return nil }
        guard let projectID else { return Session(user: user, project: nil, roles: [], token: token) }
        let project = try Project.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM project WHERE id = ?"), arguments: [projectID])
        guard let project, project.isEnabled else { return nil }
        let roles = try roles(userID, projectID, in: database)
        guard !roles.isEmpty else { return nil }
        return Session(user: user, project: project, roles: roles, token: token)
    }

    /// Issues a token; the text is told once and kept nowhere. Who chooses it puts enough randomness into it.
    package static func issue(
        to user: String, project: String?, methods: [String], at now: Int64, lifetime: Duration,
        text: String = randomText(bytes: 48), in database: Database
    ) throws -> (text: String, record: TokenRecord) {
        let record = TokenRecord(
            kind: "session", hash: hash(ofToken: text), name: "", userID: user, projectID: project,
            methods: methods.joined(separator: ","), auditID: String(randomText(bytes: 16).prefix(22)), issuedAt: now,
            expiresAt: Timestamp(nanoseconds: now).advanced(by: lifetime).nanoseconds)
        try record.insert(database)
        return (text, record)
    }

    /// So many random bytes from the system's generator, in Base64 for URLs.
    package static func randomText(bytes: Int) -> String {
        Data((0..<bytes).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension Change {
    @discardableResult package func createProject(name: String, description: String = "") throws -> Project {
        if let project = try Identity.project(named: name, in: database) { return project }
        let project = Project(id: Identity.randomID(), name: name, description: description, isEnabled: true)
        try project.insert(database)
        try audit(
            AuditNote(
                action: "project.create", targetKind: .project, targetID: project.id, targetName: name,
                after: try json(project)))
        return project
    }

    /// Makes a user, or sets the password of the one that has the name.
    @discardableResult package func setUser(name: String, passwordHash: String?) throws -> User {
        let former = try Identity.user(named: name, in: database)
        let user = User(
            id: former?.id ?? Identity.randomID(), name: name,
            passwordHash: passwordHash ?? former?.passwordHash, defaultProjectID: former?.defaultProjectID)
        guard user != former else { return user }
        try user.save(database)
        // The password is in neither state.
        try audit(
            AuditNote(
                action: former == nil ? "user.create" : "user.password", targetKind: .user, targetID: user.id,
                targetName: name))
        return user
    }

    package func grant(_ role: Role, to user: User, in project: Project) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO role_assignment (userID, projectID, role) VALUES (?, ?, ?)",
            arguments: [user.id, project.id, role.rawValue])
        guard database.changesCount > 0 else { return }
        if user.defaultProjectID == nil {
            try database.execute(
                sql: "UPDATE user SET defaultProjectID = ? WHERE id = ? AND defaultProjectID IS NULL",
                arguments: [project.id, user.id])
        }
        try audit(
            AuditNote(
                action: "role.grant", targetKind: .user, targetID: user.id, targetName: user.name,
                after: "\(role.rawValue) in \(project.name)"))
    }

    /// Sets up a token that an operator chose.
    package func setToken(named name: String, text: String, user: User, project: Project) throws {
        try database.execute(
            sql: "DELETE FROM token WHERE kind = 'api' AND name = ? AND hash <> ?",
            arguments: [name, Identity.hash(ofToken: text)])
        if let known = try TokenRecord.fetchOne(database, key: Identity.hash(ofToken: text)) {
            guard known.userID != user.id || known.projectID != project.id else { return }
            try known.delete(database)
        }
        try TokenRecord(
            kind: "api", hash: Identity.hash(ofToken: text), name: name, userID: user.id, projectID: project.id,
            methods: "token", auditID: Identity.randomText(bytes: 16), issuedAt: instant.nanoseconds, expiresAt: nil
        ).insert(database)
        try audit(
            AuditNote(action: "token.create", targetKind: .user, targetID: user.id, targetName: user.name, after: name))
    }
}
