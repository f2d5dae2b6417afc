import Foundation
package import GRDB
package import Model

/// A span of revisions in which groups got and lost rules and nothing else happened: the most frequent change by far, and
/// one that hosts can be told of in a few words, the same for all of them.
package struct RuleSpan: Sendable {
    package let amendment: RuleAmendment
    /// The changed groups that each concerned host carries.
    package let groups: [String: Set<Identifier<SecurityGroup>>]

    private struct GroupState: Decodable, Equatable {
        var name: String
        var vpcID: String?
    }

    /// The span after `first` and up to `last`; nil where anything else happened in it.
    package static func between(_ first: Int64, _ last: Int64, in database: Database) throws -> RuleSpan? {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT kind, objectID, body, revision FROM history WHERE revision > ? AND revision <= ?
                    ORDER BY revision, objectID LIMIT 1001
                    """), arguments: [first, last])
        // A long span is told in full.
        guard !rows.isEmpty, rows.count <= 1000 else { return nil }
        var added: [String: RuleAmendment.Addition] = [:]
        var order: [String] = []
        var removed: [Identifier<Rule>] = []
        var touched: Set<String> = []
        for row in rows {
            let id: String = row[1]
            let body: String? = row[2]
            let before = try former(row[0], id, first, database)
            switch Kind(rawValue: row[0]) {
            case .group:
                guard try isSame(before, body) else { return nil }
            case .rule:
                if let body {
                    let rule = try decode(StoredRule.self, body)
                    guard before == nil, let addition = addition(rule, since: row[3]) else { return nil }
                    added[id] = addition
                    order.append(id)
                    touched.insert(rule.groupID)
                } else if added.removeValue(forKey: id) == nil {
                    guard let before, let rule = try? decode(StoredRule.self, before),
                        let recordID = Identifier<Rule>(rule.recordID)
                    else { return nil }
                    removed.append(recordID)
                    touched.insert(rule.groupID)
                }
            default: return nil
            }
        }
        let notes = try HostPolicy.notes(Set(added.values.map(\.since)).union([Int(last)]), in: database)
        let own = notes.first { $0.number == last }
        return RuleSpan(
            amendment: RuleAmendment(
                number: Int(last), madeAt: own?.madeAt ?? .init(nanoseconds: 0), actor: own?.actor ?? "",
                origin: own?.origin ?? "", added: order.compactMap { added[$0] }, removed: removed, notes: notes),
            groups: try carriers(of: touched, database))
    }

    /// The state that an object had before the span.
    private static func former(_ kind: String, _ id: String, _ first: Int64, _ database: Database) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT body FROM history WHERE kind = ? AND objectID = ? AND revision <= ?
                    ORDER BY revision DESC LIMIT 1
                    """), arguments: [kind, id, first])
    }

    /// Whether a group is to hosts what it was: its rules are told by themselves.
    private static func isSame(_ before: String?, _ after: String?) throws -> Bool {
        guard let before, let after else { return false }
        return try decode(GroupState.self, before) == decode(GroupState.self, after)
    }

    private static func addition(_ rule: StoredRule, since: Int) -> RuleAmendment.Addition? {
        guard rule.remoteGroupID == nil, let group = Identifier<SecurityGroup>(rule.groupID),
            let told = HostPolicyReader.rule(rule, [:])
        else { return nil }
        return RuleAmendment.Addition(group: group, rule: told, since: since)
    }

    private static func carriers(
        of groups: Set<String>, _ database: Database
    ) throws -> [String: Set<Identifier<SecurityGroup>>] {
        var found: [String: Set<Identifier<SecurityGroup>>] = [:]
        for group in groups {
            guard let id = Identifier<SecurityGroup>(group) else { continue }
            let hosts = try String.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT DISTINCT host FROM interface JOIN interface_group ON interfaceID = interface.id
                        WHERE groupID = ? AND host <> '' AND isPortSecurityEnabled AND isAdminUp
                        """), arguments: [group])
            for host in hosts { found[host, default: []].insert(id) }
        }
        return found
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ body: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body.utf8))
    }
}
