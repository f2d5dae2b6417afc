import Foundation
package import GRDB

/// What the registry held after one revision, rebuilt from its history.
package struct PastState: Codable, Hashable, Sendable {
    package private(set) var vpcs: [StoredVPC] = []
    package private(set) var subnets: [StoredSubnet] = []
    package private(set) var interfaces: [StoredInterface] = []
    package private(set) var groups: [StoredGroup] = []
    package private(set) var rules: [StoredRule] = []
    package private(set) var logs: [StoredLog] = []
    package private(set) var instances: [StoredInstance] = []
    package private(set) var acls: [StoredACL] = []
    package private(set) var aclRules: [StoredACLRule] = []
    package private(set) var collectors: [StoredCollector] = []
    package private(set) var buckets: [StoredBucket] = []
    package private(set) var enterpriseRules: [StoredEnterpriseRule] = []
    package private(set) var addressTemplates: [StoredAddressTemplate] = []

    /// The state after a revision; each kind in the order of its ids.
    package init(at revision: Int64, in database: Database) throws {
        vpcs = try Self.objects(revision, database)
        subnets = try Self.objects(revision, database)
        interfaces = try Self.objects(revision, database)
        groups = try Self.objects(revision, database)
        rules = try Self.objects(revision, database)
        logs = try Self.objects(revision, database)
        instances = try Self.objects(revision, database)
        acls = try Self.objects(revision, database)
        aclRules = try Self.objects(revision, database)
        collectors = try Self.objects(revision, database)
        buckets = try Self.objects(revision, database)
        enterpriseRules = try Self.objects(revision, database)
        addressTemplates = try Self.objects(revision, database)
    }

    /// The present, read from the tables: equal to the state after the newest revision.
    package init(present database: Database) throws {
        vpcs = try StoredVPC.order(Column("id")).fetchAll(database)
        subnets = try StoredSubnet.order(Column("id")).fetchAll(database)
        interfaces = try StoredInterface.order(Column("id")).fetchAll(database)
        groups = try StoredGroup.order(Column("id")).fetchAll(database)
        rules = try StoredRule.order(Column("id")).fetchAll(database)
        logs = try StoredLog.order(Column("id")).fetchAll(database)
        instances = try StoredInstance.order(Column("id")).fetchAll(database)
        acls = try StoredACL.order(Column("id")).fetchAll(database)
        aclRules = try StoredACLRule.order(Column("id")).fetchAll(database)
        collectors = try StoredCollector.order(Column("id")).fetchAll(database)
        buckets = try StoredBucket.order(Column("id")).fetchAll(database)
        enterpriseRules = try StoredEnterpriseRule.order(Column("id")).fetchAll(database)
        addressTemplates = try StoredAddressTemplate.order(Column("id")).fetchAll(database)
    }

    /// The revision in force at an instant (nanoseconds since 1970); nil before the first.
    package static func revision(at instant: Int64, in database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database, sql: "SELECT max(number) FROM revision WHERE madeAt <= ?", arguments: [instant])
    }

    private static func objects<Object: StoredObject>(_ revision: Int64, _ database: Database) throws -> [Object] {
        let bodies = try String.fetchAll(
            database,
            sql: """
                SELECT body FROM history
                JOIN (SELECT objectID AS id, max(revision) AS newest FROM history
                      WHERE kind = ?1 AND revision <= ?2 GROUP BY objectID)
                  ON objectID = id AND revision = newest
                WHERE kind = ?1 AND body IS NOT NULL ORDER BY objectID
                """, arguments: [Object.kind.rawValue, revision])
        let decoder = JSONDecoder()
        return try bodies.map { try decoder.decode(Object.self, from: Data($0.utf8)) }
    }
}
