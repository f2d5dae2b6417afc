import GRDB

extension Session {
    /// - Throws: `RegistryError` with `forbidden` where the session is that of a restricted application credential.
    fileprivate func checkMayManageCredentials() throws {
        guard let credential, !credential.isUnrestricted else { return }
        throw RegistryError(
            .forbidden,
            "Application credential \(credential.name) is restricted: it makes and deletes no application credentials; log "
                + "in as its user, or use one that was made with unrestricted: true.")
    }
}

extension Change {
    /// Keeps a credential that its user's session has made.
    ///
    /// - Throws: `RegistryError` where the session may make none, or not with these roles, or the name is taken.
    package func keep(_ credential: ApplicationCredential, madeBy session: Session) throws {
        try session.checkMayManageCredentials()
        guard session.user.id == credential.userID, session.project?.id == credential.projectID,
            session.roles.isSuperset(of: credential.givenRoles)
        else { throw RegistryError(.forbidden, "An application credential has its maker's project and roles at most.") }
        guard try ApplicationCredential.named(credential.name, of: credential.userID, in: database) == nil else {
            throw RegistryError(.inUse(.user), "An application credential named \(credential.name) exists already.")
        }
        try credential.insert(database)
        try audit(Self.note("application_credential.create", credential))
    }

    /// Deletes a credential, and with it the tokens that it gave.
    ///
    /// - Throws: `RegistryError` where the session may delete none.
    package func delete(_ credential: ApplicationCredential, by session: Session) throws {
        try session.checkMayManageCredentials()
        try credential.delete(database)
        try audit(Self.note("application_credential.delete", credential))
    }

    private static func note(_ action: String, _ credential: ApplicationCredential) -> AuditNote {
        AuditNote(
            action: action, targetKind: .user, targetID: credential.userID, targetName: credential.name,
            after: credential.id)
    }
}
