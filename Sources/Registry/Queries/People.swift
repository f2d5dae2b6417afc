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
