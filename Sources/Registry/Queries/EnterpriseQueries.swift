import Foundation
import GRDB

// What enterprise rules are asked about, and what they may name.

extension StoredObject {
    /// A project's objects of a kind that has names, in the order of these.
    package static func byName(of project: String, in state: RegistryState) throws -> [Self] {
        try filter(Column("projectID") == project).order(Column("name"), Column("id")).fetchAll(state)
    }
}

extension StoredEnterpriseRule {
    /// What a project's rule of a number was after a revision; nil where there was none.
    package static func past(
        _ number: Int64, of project: String, at revision: Int, in state: RegistryState
    ) throws -> StoredEnterpriseRule? {
        let body = try String.fetchOne(
            state.cachedStatement(
                sql: """
                    SELECT body FROM history WHERE kind = 'enterprise_rule' AND body IS NOT NULL AND revision <= ?1
                      AND json_extract(body, '$.number') = ?2 AND json_extract(body, '$.projectID') = ?3
                    ORDER BY revision DESC LIMIT 1
                    """), arguments: [revision, number, project])
        return try body.map { try JSONDecoder().decode(StoredEnterpriseRule.self, from: Data($0.utf8)) }
    }
}

extension StoredAddressTemplate {
    /// The list that rules name so; nil where there is none.
    package static func named(_ templateID: String, in state: RegistryState) throws -> StoredAddressTemplate? {
        try fetchOne(
            state.cachedStatement(sql: "SELECT * FROM address_template WHERE templateID = ?"), arguments: [templateID])
    }
}

extension StoredGroup {
    /// How many interfaces carry it.
    package func carriers(in state: RegistryState) throws -> Int {
        try Int.fetchOne(
            state.cachedStatement(sql: "SELECT count(*) FROM interface_group WHERE groupID = ?"), arguments: [id]) ?? 0
    }
}

extension StoredVPC {
    /// How many interfaces it has.
    package func interfaces(in state: RegistryState) throws -> Int {
        try Int.fetchOne(
            state.cachedStatement(sql: "SELECT count(*) FROM interface WHERE vpcID = ?"), arguments: [id]) ?? 0
    }
}

extension Tags {
    /// The tags of a project's interfaces and instances, each with how many bear it.
    package static func counts(of project: String, in state: RegistryState) throws -> [(tag: String, count: Int)] {
        let rows = try Row.fetchAll(
            state.cachedStatement(
                sql: """
                    SELECT tag, count(*) FROM tag
                    WHERE (kind = 'interface' AND objectID IN (SELECT id FROM interface WHERE projectID = ?1))
                      OR (kind = 'instance' AND objectID IN (SELECT id FROM instance WHERE projectID = ?1))
                    GROUP BY tag ORDER BY tag
                    """), arguments: [project])
        return rows.map { ($0[0], $0[1]) }
    }
}
