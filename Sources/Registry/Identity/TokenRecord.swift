package import Foundation
package import GRDB
import Model

/// A secret that stands for a user in a project.
package struct TokenRecord: Codable, FetchableRecord, PersistableRecord, Hashable, Sendable {
    package static let databaseTableName = "token"

    /// `session` for those that a login gives, `api` for those that an operator sets up.
    package let kind: String
    /// SHA-256 of the token: what lies here opens nothing.
    package let hash: Data
    package let name: String
    package let userID: String
    package let projectID: String?
    /// How the login was done, comma-separated; of a token that came of another, also how that one's was.
    package let methods: String
    package let auditID: String
    /// Nanoseconds since 1970.
    package let issuedAt: Int64
    package let expiresAt: Int64?
    /// The token that it came of, and with which it goes; nil for the first of a chain.
    package let parentHash: Data?
    /// The application credential that gave it, and with which it goes.
    package let credentialID: String?

    package var isKey: Bool { kind == "api" }

    /// * `instant`: nanoseconds since 1970.
    func isOver(at instant: Int64) -> Bool { expiresAt.map { $0 <= instant } ?? false }

    static func with(hash: Data, in database: Database) throws -> TokenRecord? {
        try fetchOne(
            database.cachedStatement(sql: "SELECT * FROM token WHERE hash = ?"), arguments: [hash])
    }

    /// The token and those that it came of, itself first; nil when one of them has expired or is gone.
    ///
    /// SQLite takes a token with the one that it came of; a program that goes round that leaves an end that is no first.
    func chain(at instant: Int64, in database: Database) throws -> [TokenRecord]? {
        guard !isOver(at: instant) else { return nil }
        var chain = [self]
        while let parentHash = chain[chain.count - 1].parentHash {
            guard chain.count < Limit.tokensOfChain.bound,
                let parent = try Self.with(hash: parentHash, in: database), parent.userID == userID,
                !parent.isOver(at: instant)
            else { return nil }
            chain.append(parent)
        }
        return chain
    }

    /// Forgets tokens that expired before an instant; nanoseconds since 1970.
    package static func forget(expiredBefore instant: Int64, in database: Database) throws {
        try database.execute(sql: "DELETE FROM token WHERE expiresAt < ?", arguments: [instant])
    }

    /// Revokes a token, and with it what came of it.
    package static func revoke(_ token: String, in database: Database) throws {
        try database.execute(sql: "DELETE FROM token WHERE hash = ?", arguments: [Identity.hash(ofToken: token)])
    }
}
