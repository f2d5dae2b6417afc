package import GRDB
import Model

/// A host that is enrolled.
package struct HostRecord: Codable, FetchableRecord, PersistableRecord, Sendable {
    package static let databaseTableName = "host"

    package let id: String
    package let name: String
    /// Instants are nanoseconds since 1970.
    package let enrolledAt: Int64
    package var isRevoked: Bool
    package var lastSeenAt: Int64?
    /// The newest revision that concerns the host, and the newest that its kernel has.
    package var wantedRevision: Int
    package var appliedRevision: Int
    /// Why the wanted revision is not in force; nil when it is or is on its way.
    package var failure: String?
    /// How far the host's clock is ahead of the server's, in nanoseconds.
    package var clockOffset: Int64?
    /// What the agent says of itself, as JSON.
    package var status: String?
    package var certificateSerial: String

    package init(id: String, name: String, enrolledAt: Int64, certificateSerial: String) {
        self.id = id
        self.name = name
        self.enrolledAt = enrolledAt
        isRevoked = false
        wantedRevision = 0
        appliedRevision = 0
        self.certificateSerial = certificateSerial
    }

    /// Whether a text can be a host's name: 1 to 255 bytes, nothing that leads to another folder, nothing that cannot be seen.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && Limit.hostName.admits(text) && text != "." && text != ".."
            && text.unicodeScalars.allSatisfy { $0 != "/" && !$0.properties.generalCategory.isUnseen }
    }

    /// What `isName` wants, for who is refused.
    package static var nameRule: String { "give 1 to \(Limit.hostName.bound) bytes without / and control characters" }

    /// A host that is silent for so long, in nanoseconds, is stale: three pings and a bit.
    package static let patience: Int64 = 7_000_000_000

    /// How a host does.
    package enum State: String, Sendable {
        /// Enrolled, and not heard of since.
        case pending
        case live
        /// Not heard of for longer than three pings.
        case stale
        /// A revision could not be put in force.
        case failed
        case revoked
    }

    package func state(at now: Int64, patience: Int64) -> State {
        if isRevoked { return .revoked }
        guard let lastSeenAt else { return .pending }
        if now - lastSeenAt > patience { return .stale }
        return failure == nil ? .live : .failed
    }
}

/// A host's word about one revision.
package struct ReceiptRecord: Codable, FetchableRecord, PersistableRecord, Sendable {
    package static let databaseTableName = "receipt"

    package let host: String
    package let revision: Int
    /// Nanoseconds since 1970; nil when it could not be put in force.
    package let appliedAt: Int64?
    package let method: String
    package let microseconds: Int
    package let cutSessions: Int
    /// Of the policy that the kernel was given.
    package let digest: String
    package let failure: String?

    package init(
        host: String, revision: Int, appliedAt: Int64?, method: String, microseconds: Int, cutSessions: Int,
        digest: String, failure: String?
    ) {
        self.host = host
        self.revision = revision
        self.appliedAt = appliedAt
        self.method = method
        self.microseconds = microseconds
        self.cutSessions = cutSessions
        self.digest = digest
        self.failure = failure
    }
}

/// Takes hosts in, and keeps what they say.
package enum Hosts {
    package static func named(_ name: String, in database: Database) throws -> HostRecord? {
        try HostRecord.filter(Column("name") == name).fetchOne(database)
    }

    package static func all(_ database: Database) throws -> [HostRecord] {
        try HostRecord.order(Column("name")).fetchAll(database)
    }

    /// Names of the hosts that are taken in and not turned away.
    package static func enrolled(in database: Database) throws -> Set<String> {
        try String.fetchSet(database, sql: "SELECT name FROM host WHERE NOT isRevoked")
    }

    /// The serial number of the certificate by which a host of this name is known; nil where none is good.
    package static func certificate(of name: String, in database: Database) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT certificateSerial FROM host WHERE name = ? AND NOT isRevoked"),
            arguments: [name])
    }

    /// The serial numbers of all hosts' certificates that are good, by name.
    package static func certificates(in database: Database) throws -> [String: String] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT name, certificateSerial FROM host WHERE NOT isRevoked"))
        var found: [String: String] = [:]
        while let row = try rows.next() { found[row[0]] = row[1] }
        return found
    }

    /// Notes the revision that a host was told last; a failure that begins with these words is over with it.
    package static func noteWanted(
        _ revision: Int, of host: String, endsFailure prefix: String, in database: Database
    ) throws {
        try database.cachedStatement(
            sql: """
                UPDATE host SET wantedRevision = max(wantedRevision, ?),
                  failure = CASE WHEN failure LIKE ? THEN NULL ELSE failure END WHERE name = ?
                """
        ).execute(arguments: [revision, prefix + "%", host])
    }

    /// Keeps a failure of a host; nil ends one that begins with these words.
    package static func note(
        _ failure: String?, of host: String, endsFailure prefix: String, in database: Database
    ) throws {
        try database.cachedStatement(
            sql: "UPDATE host SET failure = ?1 WHERE name = ?2 AND (?1 IS NOT NULL OR failure LIKE ?3)"
        ).execute(arguments: [failure, host, prefix + "%"])
    }

    /// Takes an enrolment token: it must be for this host, unused, and not too old.
    package static func redeem(_ token: String, for host: String, at now: Int64, in database: Database) throws {
        try database.execute(
            sql: "UPDATE enrolment SET usedAt = ? WHERE hash = ? AND host = ? AND usedAt IS NULL AND expiresAt > ?",
            arguments: [now, Identity.hash(ofToken: token), host, now])
        guard database.changesCount == 1 else { throw tokenFault(host) }
    }

    /// Whether an enrolment token could be taken for a host; changes nothing.
    package static func isGood(_ token: String, for host: String, at now: Int64, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: "SELECT 1 FROM enrolment WHERE hash = ? AND host = ? AND usedAt IS NULL AND expiresAt > ?",
            arguments: [Identity.hash(ofToken: token), host, now]) ?? false
    }

    package static func tokenFault(_ host: String) -> RegistryError {
        RegistryError(
            .forbidden,
            "host \(host): the enrolment token is not for it, was used, or has expired; make one with "
                + "`gatehouse host enrol \(host)`")
    }

    /// Keeps a receipt and what follows from it for the host's state.
    package static func keep(_ receipt: ReceiptRecord, at now: Int64, in database: Database) throws {
        try receipt.insert(database, onConflict: .replace)
        if let failure = receipt.failure {
            try database.execute(
                sql: "UPDATE host SET failure = ?, lastSeenAt = ? WHERE name = ?",
                arguments: ["revision \(receipt.revision): \(failure)", now, receipt.host])
        } else {
            try database.execute(
                sql: """
                    UPDATE host SET failure = NULL, lastSeenAt = ?, appliedRevision = max(appliedRevision, ?)
                    WHERE name = ?
                    """, arguments: [now, receipt.revision, receipt.host])
        }
    }

    package static func noteSeen(
        _ host: String, at now: Int64, clockOffset: Int64?, status: String?, in database: Database
    ) throws {
        try database.execute(
            sql: """
                UPDATE host SET lastSeenAt = ?, clockOffset = coalesce(?, clockOffset), status = coalesce(?, status)
                WHERE name = ?
                """, arguments: [now, clockOffset, status, host])
    }
}

extension Change {
    /// Makes a token with which a host of this name can be enrolled once, within a day.
    package func makeEnrolmentToken(host: String) throws -> String {
        guard HostRecord.isName(host) else {
            throw RegistryError(
                .invalid(.body), "host: \"\(Limit.textOfEntry.cut(host))\" is no name of a host; \(HostRecord.nameRule)"
            )
        }
        let token = Identity.randomText(bytes: 32)
        try database.execute(
            sql: "INSERT INTO enrolment (hash, host, expiresAt) VALUES (?, ?, ?)",
            arguments: [Identity.hash(ofToken: token), host, instant.nanoseconds + 86_400_000_000_000])
        try audit(AuditNote(action: "host.invite", targetKind: .host, targetID: host, targetName: host))
        return token
    }

    /// Takes a host in; one of the name that was there before is replaced.
    package func enrol(_ name: String, certificateSerial: String) throws -> HostRecord {
        let former = try Hosts.named(name, in: database)
        var host =
            former
            ?? HostRecord(
                id: Change.newID(), name: name, enrolledAt: instant.nanoseconds, certificateSerial: certificateSerial)
        host.certificateSerial = certificateSerial
        host.isRevoked = false
        try host.save(database)
        try audit(
            AuditNote(
                action: "host.enrol", targetKind: .host, targetID: host.id, targetName: name, after: certificateSerial))
        return host
    }

    /// Takes a host's certificate back: it is told nothing more.
    package func revoke(_ host: HostRecord) throws {
        try database.execute(sql: "UPDATE host SET isRevoked = 1 WHERE id = ?", arguments: [host.id])
        try audit(AuditNote(action: "host.revoke", targetKind: .host, targetID: host.id, targetName: host.name))
    }
}

extension Unicode.GeneralCategory {
    /// Control and format characters, halves of pairs, ends of lines.
    fileprivate var isUnseen: Bool {
        switch self {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
