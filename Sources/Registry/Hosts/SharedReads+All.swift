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
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, projectID, groupID, direction, etherType, protocolText, portMin, portMax, remotePrefix,
                  remoteGroupID, description, localPrefix, edition FROM security_group_rule ORDER BY createdAt, id
                """)
        while let row = try rows.next() {
            var rule = StoredRule(
                id: row[0], projectID: row[1], groupID: row[2], direction: row[3], etherType: row[4],
                protocolText: row[5], portMin: row[6], portMax: row[7], remotePrefix: row[8], remoteGroupID: row[9],
                description: row[10], identity: "", localPrefix: row[11])
            rule.edition = row[12]
            if let read = GroupRule(rule) { found[rule.groupID, default: []].append(read) }
        }
        return found
    }

    /// The origins of the present editions; those of rules that are gone are read as well, and nobody asks for them.
    private mutating func readAllOrigins(_ database: Database) throws {
        let first = try Row.fetchCursor(
            database, sql: "SELECT objectID, min(revision) FROM history WHERE kind = ? GROUP BY objectID",
            arguments: [Kind.rule.rawValue])
        while let row = try first.next() { origins[row[0]] = row[1] }
        // Few rules are ever edited: only the VPC API can.
        let edited = try Row.fetchCursor(
            database,
            sql: """
                SELECT rule.id, rule.edition, min(revision) FROM security_group_rule AS rule
                JOIN history ON kind = ? AND objectID = rule.id AND json_extract(body, '$.edition') = rule.edition
                WHERE rule.edition > 0 GROUP BY rule.id
                """, arguments: [Kind.rule.rawValue])
        while let row = try edited.next() { origins[editionID(row[0], row[1])] = row[2] }
    }

    /// The members of every group that a rule names.
    private static func allMembers(_ database: Database) throws -> [Peer: [Member]] {
        let named = try String.fetchAll(
            database, sql: "SELECT DISTINCT remoteGroupID FROM security_group_rule WHERE remoteGroupID IS NOT NULL")
        var members = MemberLists(of: named)
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT vpcID, host, isPortSecurityEnabled AND isAdminUp, addresses, groups FROM interface")
        while let row = try rows.next() {
            try members.add(vpc: row[0], host: row[2] ? row[1] : nil, addresses: row[3], groups: row[4])
        }
        return members.sorted()
    }
}

/// Collects the members of groups from all interfaces; identifiers and hosts' names are not copied for each.
private struct MemberLists {
    private let named: [String]
    private var places: [Identifier<SecurityGroup>: Int] = [:]
    private var vpcs: [String: [[SharedReads.Member]]] = [:]
    private var hosts: [String: String] = [:]

    init(of groups: [String]) {
        named = groups
        for (place, group) in groups.enumerated() {
            if let id = Identifier<SecurityGroup>(group) { places[id] = place }
        }
    }

    mutating func add(vpc: String, host: String?, addresses: String, groups: String) throws {
        var joined: [Int] = []
        let isPlain = PlainJSON.forEachString(groups) { text in
            if let place = Identifier<SecurityGroup>(utf8: text).flatMap({ places[$0] }) { joined.append(place) }
        }
        if !isPlain {
            joined = try PlainJSON.strings(groups).compactMap { Identifier<SecurityGroup>($0).flatMap { places[$0] } }
        }
        guard !joined.isEmpty else { return }
        let holder = host.map { name in
            if let known = hosts[name] { return known }
            hosts[name] = name
            return name
        }
        let members = try PlainJSON.fixedAddresses(addresses).compactMap { fixed in
            IPAddress(fixed.address).map { SharedReads.Member(address: $0, host: holder) }
        }
        for place in joined {
            vpcs[vpc, default: Array(repeating: [], count: named.count)][place] += members
        }
    }

    consuming func sorted() -> [SharedReads.Peer: [SharedReads.Member]] {
        var found: [SharedReads.Peer: [SharedReads.Member]] = [:]
        for (vpc, lists) in vpcs {
            for (group, members) in zip(named, lists) where !members.isEmpty {
                found[SharedReads.Peer(group: group, vpcID: vpc)] = members.sorted { $0.address < $1.address }
            }
        }
        return found
    }
}
