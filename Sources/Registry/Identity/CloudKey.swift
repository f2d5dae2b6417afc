package import Foundation
package import GRDB
import Model

/// A key by which a caller signs requests: its secret is here sealed, because a signature is checked with the secret itself.
package struct CloudKey: Codable, FetchableRecord, PersistableRecord, Sendable {
    package static let databaseTableName = "cloud_key"

    package let secretID: String
    package let userID: String
    package let projectID: String
    package let sealed: Data
    package let createdAt: Int64

    /// Whether a text can be a key's id: 8 to 64 letters and digits.
    package static func isSecretID(_ text: some StringProtocol) -> Bool {
        (8...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
            }
    }

    /// The key of an id; nil where there is none.
    package static func named(_ secretID: String, in database: Database) throws -> CloudKey? {
        try fetchOne(
            database.cachedStatement(sql: "SELECT * FROM cloud_key WHERE secretID = ?"), arguments: [secretID])
    }
}

extension Change {
    /// Keeps a key, in place of one of the same id.
    package func setCloudKey(_ secretID: String, sealed: [UInt8], user: User, project: Project) throws {
        try CloudKey(
            secretID: secretID, userID: user.id, projectID: project.id, sealed: Data(sealed),
            createdAt: instant.nanoseconds
        ).insert(database, onConflict: .replace)
        try audit(
            AuditNote(
                action: "cloud_key.create", targetKind: .user, targetID: user.id, targetName: user.name, after: secretID
            ))
    }
}
