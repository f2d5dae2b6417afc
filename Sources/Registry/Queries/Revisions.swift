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
    package static func latest(_ limit: Int, in state: RegistryState) throws -> [Summary] {
        try Row.fetchAll(
            state, sql: "SELECT number, madeAt, actor, requestID, action FROM revision ORDER BY number DESC LIMIT ?",
            arguments: [limit]
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
