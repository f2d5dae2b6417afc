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
    /// What runs the hosts for all projects: finds their ports, and says where each is.
    case service

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
        case .service: [.service]
        }
    }
}

/// Who a token or a password turned out to be.
package struct Session: Sendable {
    package let user: User
    package let project: Project?
    /// The roles in the project, those held within others included.
    package let roles: Set<Role>
    /// The token, and those that it came of: itself first, the first of the chain last; empty without one.
    package let chain: [TokenRecord]
    /// What gave the token, where that was an application credential.
    package let credential: ApplicationCredential?

    package init(
        user: User, project: Project?, roles: Set<Role>, chain: [TokenRecord] = [],
        credential: ApplicationCredential? = nil
    ) {
        self.user = user
        self.project = project
        self.roles = roles
        self.chain = chain
        self.credential = credential
    }

    package var token: TokenRecord? { chain.first }
}

/// Looks up and writes users, projects, roles and tokens.
package enum Identity {
    /// 32 hexadecimal digits that follow from the parts.
    package static func derivedID(_ parts: String...) -> String {
        let digest = SHA256.hash(data: Data(parts.joined(separator: "\u{0}").utf8))
        return hexadecimal(digest.prefix(16))
    }

    package static func randomID() -> String { UUID().uuidString.lowercased().filter { $0 != "-" } }

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

    /// The session of a user in a project; nil when one is disabled, or the user has no role there.
    package static func session(of userID: String, project projectID: String?, in database: Database) throws
        -> Session?
    {
        let user = try User.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM user WHERE id = ?"), arguments: [userID])
        guard let user, user.isEnabled else { return nil }
        guard let projectID else { return Session(user: user, project: nil, roles: []) }
        let project = try Project.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM project WHERE id = ?"), arguments: [projectID])
        guard let project, project.isEnabled else { return nil }
        let roles = try roles(userID, projectID, in: database)
        guard !roles.isEmpty else { return nil }
        return Session(user: user, project: project, roles: roles)
    }

    /// So many random bytes from the system's generator, in Base64 for URLs.
    package static func randomText(bytes: Int) -> String {
        Data((0..<bytes).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
