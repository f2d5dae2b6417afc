package import GRDB
import Model

/// What of the trail is asked for; conditions that are left out admit everything.
package struct AuditQuery: Sendable {
    /// Only entries about this project's objects, and those about no project's that were made within it; nil is all projects.
    package var project: String?
    /// The id of a group, interface or other object.
    package var target: String?
    /// The id of an instance: what became of it, of its interfaces, and of the groups that these carry.
    package var instance: String?
    package var kind: Kind?
    package var actor: String?
    package var requestID: String?
    /// A whole action, or its beginning: `security_group`.
    package var action: String?
    package var outcome: String?
    /// Nanoseconds since 1970.
    package var since: Int64?
    package var until: Int64?
    /// The newest so many.
    package var limit = 1000
    package static let limits = 1...100_000

    package init() {}

    /// The newest entries that match, oldest first.
    package func entries(in database: Database) throws -> [AuditEntry] {
        var request = AuditEntry.order(Column("sequence").desc).limit(limit)
        if let project { request = request.filter(sql: "\(Self.owner) = ?", arguments: [project]) }
        if let target { request = request.filter(Column("targetID") == target) }
        if let instance {
            request = request.filter(try Self.parts(ofInstance: instance, in: database).contains(Column("targetID")))
        }
        if let kind { request = request.filter(Column("targetKind") == kind.rawValue) }
        if let actor { request = request.filter(Column("actorName") == actor || Column("actorID") == actor) }
        if let requestID { request = request.filter(Column("requestID") == requestID) }
        if let action { request = request.filter(Column("action") == action || Column("action").like(action + ".%")) }
        if let outcome { request = request.filter(Column("outcome") == outcome) }
        if let since { request = request.filter(Column("at") >= since) }
        if let until { request = request.filter(Column("at") <= until) }
        return try request.fetchAll(database).reversed()
    }
}

extension AuditQuery {
    /// The project that an entry of the view `audit` is told to: that of the object which it is about, whoever did it from
    /// wherever; for what is no project's (a host, a login) the one that it was done in.
    static let owner = """
        coalesce(nullif((
          SELECT json_extract(history.body, '$.projectID') FROM history
          WHERE history.kind = audit.targetKind AND history.objectID = audit.targetID AND history.body IS NOT NULL LIMIT 1
        ), ''), audit.projectID)
        """

    /// Ids of an instance and of the interfaces that it has or had.
    ///
    /// * `id`: the instance's own, or what Neutron's ports name as their device.
    private static func parts(ofInstance id: String, in database: Database) throws -> Set<String> {
        let interfaces = try String.fetchSet(
            database,
            sql: """
                WITH owner AS (
                  SELECT DISTINCT json_extract(body, '$.deviceID') AS device, json_extract(body, '$.vpcID') AS vpc
                  FROM history WHERE kind = 'instance' AND objectID = ?1 AND body IS NOT NULL)
                SELECT DISTINCT objectID FROM history WHERE kind = 'interface' AND body IS NOT NULL AND (
                  json_extract(body, '$.deviceID') = ?1 OR
                  (json_extract(body, '$.deviceID'), json_extract(body, '$.vpcID')) IN (SELECT device, vpc FROM owner))
                """, arguments: [id])
        return interfaces.union([id])
    }
}

/// When a change took effect, and where.
package struct Effect: Sendable {
    package enum State: String, Sendable {
        case inForce = "in force"
        case waiting
        case failed
        /// The host enforces nothing that the change is about.
        case notConcerned = "not concerned"
    }

    package let host: String
    package let state: State
    /// The revision that the host's receipt is for: the change's own, or a later one that holds it too.
    package let revision: Int?
    /// Nanoseconds since 1970; nil while it has not taken effect.
    package let appliedAt: Int64?
    package let digest: String
    package let failure: String?

    /// The same for who has only the database: whether a silent host is concerned shows when it has been told.
    package static func of(_ revision: Int64, in database: Database) throws -> [Effect] {
        let now = Timestamp.now.nanoseconds
        let heard = try Hosts.all(database).filter { $0.state(at: now, patience: HostRecord.patience) == .live }
        return try of(revision, examined: .max, connected: Set(heard.map(\.name)), in: database)
    }

    /// What each enrolled host has said of a revision.
    ///
    /// * `examined`: the newest revision of which is known whether it concerns the hosts that are `connected`.
    package static func of(
        _ revision: Int64, examined: Int64, connected: Set<String>, in database: Database
    ) throws -> [Effect] {
        try Hosts.all(database).filter { !$0.isRevoked }.map { host in
            let receipt =
                try ReceiptRecord
                .filter(Column("host") == host.name && Column("revision") >= revision && Column("failure") == nil)
                .order(Column("revision")).fetchOne(database)
            let isUnconcerned = host.wantedRevision < revision && revision <= examined && connected.contains(host.name)
            let state: State =
                receipt != nil ? .inForce : host.failure != nil ? .failed : isUnconcerned ? .notConcerned : .waiting
            return Effect(
                host: host.name, state: state, revision: receipt?.revision, appliedAt: receipt?.appliedAt,
                digest: receipt?.digest ?? "", failure: receipt == nil ? host.failure : nil)
        }
    }
}
