import Foundation
import GRDB
import Model

extension StoredACLRule {
    /// The rule as hosts have it.
    func read() throws(UnreadableRow) -> ACLRule {
        let row = RowReading(Self.kind, id)
        guard let action = ACLRule.Action(rawValue: action) else {
            throw row.fault("action", self.action, "allow or deny")
        }
        var family: AddressFamily?
        if let etherType { family = try row.family(etherType) }
        return ACLRule(
            id: try row.identifier(recordID), name: name, action: action, direction: try row.direction(direction),
            family: family, service: try row.service(protocolText, portMin, portMax),
            sourcePorts: try row.ports(sourcePortMin, sourcePortMax, ("sourcePortMin", "sourcePortMax")),
            source: try row.network(source, "source", of: family),
            target: try row.network(destination, "destination", of: family))
    }
}

extension StoredACL {
    /// The ACL's rules in their order: every one that its list names, and no other.
    func orderedRules(in database: Database) throws -> [StoredACLRule] {
        let row = RowReading(Self.kind, id)
        var stored: [String: StoredACLRule] = [:]
        for rule in try StoredACLRule.readAll(StoredACLRule.filter(Column("aclID") == id), in: database) {
            stored[rule.id] = rule
        }
        var ordered: [StoredACLRule] = []
        for id in rules {
            guard let rule = stored.removeValue(forKey: id) else {
                throw row.fault("rules", id, "a rule of the list, once")
            }
            ordered.append(rule)
        }
        if let extra = stored.keys.min() {
            throw RowReading(StoredACLRule.kind, extra).fault("aclID", id, "a list that names the rule")
        }
        return ordered
    }
}

extension StoredObject {
    /// Holds an object that refuses against its last state in the history: a column that was emptied lets more through, and
    /// is right by itself.
    func checkHistory(_ columns: [(name: String, value: (Self) -> String)], in database: Database) throws {
        let body = try String.fetchOne(
            database.cachedStatement(
                sql: "SELECT body FROM history WHERE kind = ? AND objectID = ? ORDER BY revision DESC LIMIT 1"),
            arguments: [Self.kind.rawValue, id])
        let row = RowReading(Self.kind, id)
        guard let body else { throw row.fault("id", id, "one that the history knows") }
        let noted = try JSONDecoder().decode(Self.self, from: Data(body.utf8))
        for column in columns where column.value(self) != column.value(noted) {
            throw row.fault(column.name, column.value(self), "\(column.value(noted)), as the history has it")
        }
    }
}
