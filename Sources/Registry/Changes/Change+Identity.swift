import GRDB
import Model

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

    /// Makes a user, or sets the password of the one that has the name: who is disabled stays so.
    @discardableResult package func setUser(name: String, passwordHash: String?) throws -> User {
        let former = try Identity.user(named: name, in: database)
        var user = former ?? User(id: Identity.randomID(), name: name)
        if let passwordHash { user.passwordHash = passwordHash }
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
            methods: "token", auditID: Identity.randomText(bytes: 16), issuedAt: instant.nanoseconds, expiresAt: nil,
            parentHash: nil, credentialID: nil
        ).insert(database)
        try audit(
            AuditNote(action: "token.create", targetKind: .user, targetID: user.id, targetName: user.name, after: name))
    }
}
