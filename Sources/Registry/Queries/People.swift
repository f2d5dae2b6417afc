import Foundation
import GRDB

extension Project {
    package static func with(id: String, in state: RegistryState) throws -> Project? { try fetchOne(state, key: id) }

    /// The first by name.
    package static func first(in state: RegistryState) throws -> Project? {
        try order(Column("name")).fetchOne(state)
    }

    package static func everyone(in state: RegistryState) throws -> [Project] { try fetchAll(state) }

    /// The projects in which a user has a role.
    package static func of(user id: String, in state: RegistryState) throws -> [Project] {
        try fetchAll(
            state, sql: "SELECT * FROM project WHERE id IN (SELECT projectID FROM role_assignment WHERE userID = ?)",
            arguments: [id])
    }
}

extension User {
    package static func with(id: String, in state: RegistryState) throws -> User? { try fetchOne(state, key: id) }
}

extension TokenRecord {
    /// Forgets tokens that expired before an instant; nanoseconds since 1970.
    package static func forget(expiredBefore instant: Int64, in state: RegistryState) throws {
        try state.execute(sql: "DELETE FROM token WHERE expiresAt < ?", arguments: [instant])
    }

    /// Revokes a token.
    package static func revoke(_ token: String, in state: RegistryState) throws {
        try state.execute(sql: "DELETE FROM token WHERE hash = ?", arguments: [Identity.hash(ofToken: token)])
    }
}

/// A secret that a user made for a program: bound to one project.
package struct ApplicationCredential: Codable, FetchableRecord, PersistableRecord, Sendable {
    package static let databaseTableName = "application_credential"

    package let id: String
    package let name: String
    package let userID: String
    package let projectID: String
    package let description: String
    package let secretHash: String
    /// Names of roles, comma-separated; those that the user still has count.
    package let roles: String
    /// Nanoseconds since 1970.
    package let expiresAt: Int64?

    package init(
        id: String, name: String, userID: String, projectID: String, description: String, secretHash: String,
        roles: String, expiresAt: Int64?
    ) {
        self.id = id
        self.name = name
        self.userID = userID
        self.projectID = projectID
        self.description = description
        self.secretHash = secretHash
        self.roles = roles
        self.expiresAt = expiresAt
    }

    package static func with(id: String, in state: RegistryState) throws -> ApplicationCredential? {
        try fetchOne(state, key: id)
    }

    package static func named(
        _ name: String, of user: String, in state: RegistryState
    ) throws -> ApplicationCredential? {
        try filter(Column("userID") == user && Column("name") == name).fetchOne(state)
    }

    /// A user's credentials by their names.
    package static func of(user id: String, in state: RegistryState) throws -> [ApplicationCredential] {
        try filter(Column("userID") == id).order(Column("name")).fetchAll(state)
    }
}

extension Change {
    package func keep(_ credential: ApplicationCredential) throws {
        guard try ApplicationCredential.named(credential.name, of: credential.userID, in: database) == nil else {
            throw RegistryError(.inUse(.user), "An application credential named \(credential.name) exists already.")
        }
        try credential.insert(database)
        try audit(Self.note("application_credential.create", credential))
    }

    package func delete(_ credential: ApplicationCredential) throws {
        try credential.delete(database)
        try audit(Self.note("application_credential.delete", credential))
    }

    private static func note(_ action: String, _ credential: ApplicationCredential) -> AuditNote {
        AuditNote(
            action: action, targetKind: .user, targetID: credential.userID, targetName: credential.name,
            after: credential.id)
    }
}
