import GRDB

/// The revisions that changes made, without what they hold.
package enum Revisions {
    /// A revision as a list shows it.
    package struct Summary: Sendable {
        package let number: Int
        /// Nanoseconds since 1970.
        package let madeAt: Int64
        package let actor: String
        package let requestID: String
        package let action: String
    }

    /// The newest revision's number; 0 before the first.
    package static func newest(in state: RegistryState) throws -> Int64 {
        try Int64.fetchOne(state, sql: "SELECT max(number) FROM revision") ?? 0
    }

    /// The newest revisions, newest first.
    ///
    /// * `project`: only those with an entry of the trail that is told to it (`AuditQuery.owner`); nil is all.
    package static func latest(_ limit: Int, of project: String? = nil, in state: RegistryState) throws -> [Summary] {
        try Row.fetchAll(
            state,
            sql: """
                SELECT number, madeAt, actor, requestID, action FROM revision
                WHERE ?2 IS NULL OR EXISTS (
                  SELECT 1 FROM audit WHERE audit.requestID = revision.requestID AND audit.revision = revision.number
                    AND \(AuditQuery.owner) = ?2)
                ORDER BY number DESC LIMIT ?1
                """, arguments: [limit, project]
        ).map { row in
            Summary(number: row[0], madeAt: row[1], actor: row[2], requestID: row[3], action: row[4])
        }
    }
}

/// How much the registry holds.
package struct RegistryCounts: Sendable {
    package let revision: Int64
    package let auditEntries: Int
    package let objects: [(quota: Quota, count: Int)]

    package init(_ state: RegistryState) throws {
        revision = try Revisions.newest(in: state)
        auditEntries = try Int.fetchOne(state, sql: "SELECT max(sequence) FROM audit_entry") ?? 0
        objects = try Quota.allCases.map { quota in
            (quota, try Int.fetchOne(state, sql: "SELECT count(*) FROM \(quota.kind.rawValue)") ?? 0)
        }
    }
}
