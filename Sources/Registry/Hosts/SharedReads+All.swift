import GRDB
import Model

/// Everything that policies share, read in four passes: for many hosts that is quicker than to look each part up.
extension SharedReads {
    mutating func readAll(_ database: Database) throws {
        for group in try Self.groups("", [], database) { groups[group.id] = group }
        rules = try Self.allRules(database)
        try readAllOrigins(database)
        members = try Self.allMembers(database)
        _ = try notes(Set(origins.values), in: database)
        isWhole = true
    }

    /// Takes over what another reading of the same state has found beside that.
    mutating func learn(from other: SharedReads) {
        if other.vpcs.count > vpcs.count { vpcs.merge(other.vpcs) { own, _ in own } }
        if other.buckets.count > buckets.count { buckets.merge(other.buckets) { own, _ in own } }
        if logs == nil { logs = other.logs }
    }

    static func groups(_ condition: String, _ arguments: StatementArguments, _ database: Database) throws -> [Group] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT id, projectID, name, coalesce(isStateful, 1) FROM security_group \(condition)"),
            arguments: arguments)
        var found: [Group] = []
        while let row = try rows.next() {
            found.append(Group(id: row[0], projectID: row[1], name: row[2], isStateful: row[3]))
        }
        return found
    }

    private static func allRules(_ database: Database) throws -> [String: [GroupRule]] {
        var found: [String: [GroupRule]] = [:]
        let stored = try StoredRule.fetchCursor(
            database, sql: "SELECT * FROM security_group_rule ORDER BY createdAt, id")
        while let rule = try stored.next() {
            if let read = GroupRule(rule) { found[rule.groupID, default: []].append(read) }
        }
        return found
    }

    /// What is in no group's rules any more is read as well, and nobody asks for it.
    private mutating func readAllOrigins(_ database: Database) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT objectID, coalesce(json_extract(body, '$.edition'), 0) AS edition, min(revision) FROM history
                WHERE kind = ? AND body IS NOT NULL GROUP BY objectID, edition
                """, arguments: [Kind.rule.rawValue])
        while let row = try rows.next() { origins[editionID(row[0], row[1])] = row[2] }
    }

    /// The members of every group that a rule names.
    private static func allMembers(_ database: Database) throws -> [Peer: [Member]] {
        let peers = try String.fetchSet(
            database, sql: "SELECT remoteGroupID FROM security_group_rule WHERE remoteGroupID IS NOT NULL")
        var found: [Peer: [Member]] = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT vpcID, host, isPortSecurityEnabled AND isAdminUp, addresses, groups FROM interface")
        while let row = try rows.next() {
            let groups = try HostedInterface.strings(row[4]).filter(peers.contains)
            guard !groups.isEmpty else { continue }
            let host: String? = row[2] ? row[1] : nil
            let members = try HostedInterface.fixedAddresses(row[3]).compactMap { fixed in
                IPAddress(fixed.address).map { Member(address: $0, host: host) }
            }
            for group in groups { found[Peer(group: group, vpcID: row[0]), default: []] += members }
        }
        for peer in found.keys { found[peer]?.sort { $0.address < $1.address } }
        return found
    }
}
