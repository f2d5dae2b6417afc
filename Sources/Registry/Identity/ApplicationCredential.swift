package import GRDB
import Model

/// A secret that a user made for a program: bound to one project, and to roles there.
package struct ApplicationCredential: Codable, FetchableRecord, PersistableRecord, Hashable, Sendable {
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
    /// Whether it may make and delete application credentials.
    package let isUnrestricted: Bool

    package init(
        id: String, name: String, userID: String, projectID: String, description: String, secretHash: String,
        roles: Set<Role>, expiresAt: Int64?, isUnrestricted: Bool
    ) {
        self.id = id
        self.name = name
        self.userID = userID
        self.projectID = projectID
        self.description = description
        self.secretHash = secretHash
        self.roles = roles.map(\.rawValue).sorted().joined(separator: ",")
        self.expiresAt = expiresAt
        self.isUnrestricted = isUnrestricted
    }

    /// The roles as they were given; what they hold within them is not named.
    package var givenRoles: [Role] { roles.split(separator: ",").compactMap { Role(rawValue: String($0)) } }

    /// * `instant`: nanoseconds since 1970.
    package func isOver(at instant: Int64) -> Bool { expiresAt.map { $0 <= instant } ?? false }

    /// What is left of a session of its user in its project: the roles that were given and that the user still has; nil
    /// without any.
    func narrowed(_ session: Session, chain: [TokenRecord]) -> Session? {
        guard session.user.id == userID, session.project?.id == projectID else { return nil }
        let roles = session.roles.intersection(givenRoles.flatMap(\.implied))
        guard !roles.isEmpty else { return nil }
        return Session(user: session.user, project: session.project, roles: roles, chain: chain, credential: self)
    }

    package static func with(id: String, in database: Database) throws -> ApplicationCredential? {
        try fetchOne(
            database.cachedStatement(sql: "SELECT * FROM application_credential WHERE id = ?"), arguments: [id])
    }

    package static func named(
        _ name: String, of user: String, in database: Database
    ) throws -> ApplicationCredential? {
        try filter(Column("userID") == user && Column("name") == name).fetchOne(database)
    }

    /// A user's credentials by their names.
    package static func of(user id: String, in database: Database) throws -> [ApplicationCredential] {
        try filter(Column("userID") == id).order(Column("name")).fetchAll(database)
    }
}
