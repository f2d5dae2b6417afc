import Foundation
package import GRDB

/// Which hosts a span of revisions can concern: never too few, seldom too many.
///
/// * A network or subnet concerns the hosts that have interfaces in it.
/// * A group or its rules concern the hosts that have interfaces with it, or with a group whose rules name it.
/// * An interface concerns its host, before and after, the hosts that its groups concern, and those that have interfaces with
///   pairs in its VPC: what one may use another may have now.
/// * A network ACL concerns the hosts that have interfaces in its VPC, an instance those that have interfaces of it.
/// * A collector concerns the hosts that have interfaces in its VPC.
/// * A bucket concerns the hosts that have interfaces in the VPCs of the collectors that fill it.
/// * A log concerns the hosts that have interfaces which it can cover (`LogCoverage`).
/// * An enterprise rule or a list of addresses concerns the hosts that have interfaces of its project. While there are rules that mean
///   networks, interfaces, groups or instances, every change of one concerns all hosts.
package enum ConcernedHosts {
    private struct Past: Decodable {
        var host: String?
        var groups: [String]?
        var vpcID: String?
        var projectID: String?
    }

    /// The hosts that revisions after `first` and up to `last` can concern; nil is all of them.
    package static func between(_ first: Int64, _ last: Int64, in database: Database) throws -> Set<String>? {
        guard try !EnterpriseReader.areDynamic(in: database) else { return nil }
        var hosts: Set<String> = []
        var groups: Set<String> = []
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT kind, objectID FROM history
                WHERE revision > ? AND revision <= ? AND kind NOT IN ('security_group_rule', 'network_acl_rule')
                """, arguments: [first, last])
        for row in rows {
            let id: String = row[1]
            switch Kind(rawValue: row[0]) {
            case .group: groups.insert(id)
            case .vpc: hosts.formUnion(try holders("vpcID = ?", id, database))
            case .subnet:
                hosts.formUnion(try holders("vpcID = (SELECT vpcID FROM subnet WHERE id = ?)", id, database))
            case .interface:
                for past in try states(.interface, of: id, after: first, upTo: last, database) {
                    if let host = past.host { hosts.insert(host) }
                    groups.formUnion(past.groups ?? [])
                    if let vpc = past.vpcID { hosts.formUnion(try pairHolders(inVPC: vpc, database)) }
                }
            case .acl:
                hosts.formUnion(try holders("vpcID = (SELECT vpcID FROM network_acl WHERE id = ?)", id, database))
            case .instance:
                hosts.formUnion(try holders(ofInstance: id, database))
            case .bucket:
                hosts.formUnion(
                    try holders("vpcID IN (SELECT vpcID FROM flow_log_collector WHERE bucketID = ?)", id, database))
            case .collector:
                // One that is gone has concerned the hosts of its VPC, too.
                for past in try states(.collector, of: id, after: first, upTo: last, database) {
                    if let vpc = past.vpcID { hosts.formUnion(try holders("vpcID = ?", vpc, database)) }
                }
            case .log:
                for log in try states(.log, of: id, after: first, upTo: last, database, as: StoredLog.self) {
                    hosts.formUnion(try LogCoverage.hosts(log, in: database))
                }
            case .enterpriseRule:
                for past in try states(.enterpriseRule, of: id, after: first, upTo: last, database) {
                    if let project = past.projectID { hosts.formUnion(try holders("projectID = ?", project, database)) }
                }
            case .addressTemplate:
                for past in try states(.addressTemplate, of: id, after: first, upTo: last, database) {
                    if let project = past.projectID { hosts.formUnion(try holders("projectID = ?", project, database)) }
                }
            default: return nil
            }
        }
        for group in groups { hosts.formUnion(try carriers(of: group, database)) }
        hosts.remove("")
        return hosts
    }

    /// Hosts that have interfaces of an instance.
    static func holders(ofInstance id: String, _ database: Database) throws -> [String] {
        try holders("(vpcID, deviceID) = (SELECT vpcID, deviceID FROM instance WHERE id = ?)", id, database)
    }

    /// Hosts that have interfaces with pairs in a VPC.
    static func pairHolders(inVPC vpc: String, _ database: Database) throws -> [String] {
        try holders("vpcID = ? AND pairs IS NOT NULL", vpc, database)
    }

    private static func holders(_ condition: String, _ id: String, _ database: Database) throws -> [String] {
        try String.fetchAll(
            database.cachedStatement(sql: "SELECT DISTINCT host FROM interface WHERE \(condition)"), arguments: [id])
    }

    /// The states that an object had in the span, and the one before it.
    private static func states<State: Decodable>(
        _ kind: Kind, of id: String, after first: Int64, upTo last: Int64, _ database: Database,
        as type: State.Type = Past.self
    ) throws -> [State] {
        let bodies = try String.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT body FROM history WHERE kind = ?4 AND objectID = ?1 AND body IS NOT NULL AND revision <= ?3
                      AND revision >= coalesce((SELECT max(revision) FROM history
                        WHERE kind = ?4 AND objectID = ?1 AND revision <= ?2), 0)
                    """), arguments: [id, first, last, kind.rawValue])
        return try bodies.map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    /// Hosts with interfaces that carry the group, or a group whose rules name it.
    private static func carriers(of group: String, _ database: Database) throws -> [String] {
        try String.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT DISTINCT host FROM interface JOIN interface_group ON interfaceID = interface.id
                    WHERE groupID = ?1 OR groupID IN (SELECT groupID FROM security_group_rule WHERE remoteGroupID = ?1)
                    """), arguments: [group])
    }
}
