import Foundation
package import GRDB
import Model

/// What a login has shown, in words that the registry can ask again: a token never has more, or lives longer, than that.
package enum LoginProof: Sendable {
    /// The password that this user had.
    case password(User)
    case token(TokenRecord)
    case credential(ApplicationCredential)

    package var userID: String {
        switch self {
        case .password(let user): user.id
        case .token(let token): token.userID
        case .credential(let credential): credential.userID
        }
    }
}

/// The project that a login asks for.
package enum LoginScope: Hashable, Sendable {
    /// None; what is bound to a project gives a token of that one.
    case unscoped
    case project(String)
}

/// A token that was given, and who it stands for.
package struct IssuedToken: Sendable {
    /// Told once and kept nowhere.
    package let text: String
    package let session: Session
}

extension Identity {
    /// The session of a token; nil when there is none, when it, what it came of or what gave it is gone or over, or when its user
    /// or project is disabled.
    package static func session(ofToken token: String, at now: Int64, in database: Database) throws -> Session? {
        guard let record = try TokenRecord.with(hash: hash(ofToken: token), in: database) else { return nil }
        return try session(of: record, at: now, in: database)
    }

    private static func session(of token: TokenRecord, at now: Int64, in database: Database) throws -> Session? {
        guard let chain = try token.chain(at: now, in: database),
            let session = try session(of: token.userID, project: token.projectID, in: database)
        else { return nil }
        guard let id = token.credentialID else {
            return Session(user: session.user, project: session.project, roles: session.roles, chain: chain)
        }
        guard let credential = try ApplicationCredential.with(id: id, in: database), !credential.isOver(at: now) else {
            return nil
        }
        return credential.narrowed(session, chain: chain)
    }

    /// Issues a token for what a login has shown: of its project, if it is bound to one; not beyond its expiry; and gone with it.
    ///
    /// - Parameters:
    ///   - proof: What was shown; it is looked at anew.
    ///   - scope: The project that was asked for.
    ///   - now: Nanoseconds since 1970.
    ///   - lifetime: How long a token lives that nothing bounds.
    ///   - text: Makes the token from the instant when it will end, nanoseconds since 1970. Who makes it puts enough randomness
    ///     into it.
    ///   - database: Where the token is kept.
    /// - Returns: the token; nil when the proof is no longer good, or not for that project.
    /// - Throws: `RegistryError` with `forbidden` where no token is given for what was shown.
    package static func issue(
        for proof: LoginProof, scope: LoginScope, at now: Int64, lifetime: Duration,
        text: (_ end: Int64) -> String = { _ in randomText(bytes: 48) }, in database: Database
    ) throws -> IssuedToken? {
        guard let source = try TokenSource(proof, at: now, lifetime: lifetime, in: database) else { return nil }
        let project: String?
        switch (scope, source.boundProject) {
        case (.unscoped, let bound): project = bound
        case (.project(let wanted), nil): project = wanted
        case (.project(let wanted), .some(let bound)):
            guard wanted == bound else { return nil }
            project = bound
        }
        let token = text(source.end)
        let record = TokenRecord(
            kind: "session", hash: hash(ofToken: token), name: "", userID: proof.userID, projectID: project,
            methods: source.methods.joined(separator: ","), auditID: String(randomText(bytes: 16).prefix(22)),
            issuedAt: now, expiresAt: source.end, parentHash: source.parentHash, credentialID: source.credentialID)
        try record.insert(database)
        // Asked as every use of it asks.
        guard let session = try session(of: record, at: now, in: database) else {
            try record.delete(database)
            return nil
        }
        return IssuedToken(text: token, session: session)
    }
}

/// What bounds a token that is given for a proof.
private struct TokenSource {
    /// Nanoseconds since 1970.
    var end: Int64
    var methods: [String]
    var boundProject: String?
    var parentHash: Data?
    var credentialID: String?

    /// nil when the proof is no longer good.
    init?(_ proof: LoginProof, at now: Int64, lifetime: Duration, in database: Database) throws {
        end = Timestamp(nanoseconds: now).advanced(by: lifetime).nanoseconds
        switch proof {
        case .password(let proven):
            let user = try User.with(id: proven.id, in: database)
            guard let user, user.isEnabled, user.passwordHash == proven.passwordHash else { return nil }
            methods = ["password"]
        case .token(let proven):
            guard let token = try TokenRecord.with(hash: proven.hash, in: database),
                let chain = try token.chain(at: now, in: database)
            else { return nil }
            guard token.credentialID == nil else {
                throw RegistryError(
                    .forbidden,
                    "A token of an application credential is exchanged for no other; log in with the credential.")
            }
            guard chain.count < Limit.tokensOfChain.bound else {
                throw RegistryError(
                    .forbidden, "The token came of \(chain.count - 1) others, one of the other; log in anew.")
            }
            // A login's token is never good beyond the login's first; an operator's has no end, or one that bounds this.
            end = token.isKey ? min(end, token.expiresAt ?? .max) : token.expiresAt ?? end
            let former = token.methods.split(separator: ",").map(String.init)
            methods = ["token"] + former.filter { $0 != "token" }
            boundProject = chain.first(where: \.isKey)?.projectID
            parentHash = token.hash
        case .credential(let proven):
            guard let credential = try ApplicationCredential.with(id: proven.id, in: database),
                !credential.isOver(at: now)
            else { return nil }
            end = min(end, credential.expiresAt ?? .max)
            methods = ["application_credential"]
            boundProject = credential.projectID
            credentialID = credential.id
        }
    }
}
