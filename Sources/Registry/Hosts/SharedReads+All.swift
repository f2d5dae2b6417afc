import GRDB
import Model

/// Everything that policies share, read in four passes: for many hosts that is quicker than to look each part up.
extension SharedReads {
    mutating func readAll(_ database: Database) throws {
        for group in try Self.groups("", [], database) { groups[group.id] = group }
        try readAllRules(database)
        try readAllOrigins(database)
        try readAllMembers(database)
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
            let kind: Int = row[3]
            guard kind == 0 || kind == 1 else {
                throw RowReading(.group, row[0]).fault("isStateful", "\(kind)", "0 or 1")
            }
            found.append(Group(id: row[0], projectID: row[1], name: row[2], isStateful: kind == 1))
        }
        return found
    }

    /// A rule that cannot be read concerns those who have its group, and nobody else.
    private mutating func readAllRules(_ database: Database) throws {
        rules = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, projectID, groupID, direction, etherType, protocolText, portMin, portMax, remotePrefix,
                  remoteGroupID, description, localPrefix, edition, identity FROM security_group_rule
                ORDER BY createdAt, id
                """)
        while let row = try rows.next() {
            var rule = StoredRule(
                id: row[0], projectID: row[1], groupID: row[2], direction: row[3], etherType: row[4],
                protocolText: row[5], portMin: row[6], portMax: row[7], remotePrefix: row[8], remoteGroupID: row[9],
                description: row[10], identity: row[13], localPrefix: row[11])
            rule.edition = row[12]
            do throws(UnreadableRow) {
                rules[rule.groupID, default: []].append(try GroupRule(rule))
            } catch {
                unreadableRules[rule.groupID] = unreadableRules[rule.groupID] ?? error
            }
        }
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
    private mutating func readAllMembers(_ database: Database) throws {
        let named = try String.fetchAll(
            database, sql: "SELECT DISTINCT remoteGroupID FROM security_group_rule WHERE remoteGroupID IS NOT NULL")
        var lists = MemberLists(of: named)
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT vpcID, host, isPortSecurityEnabled AND isAdminUp, addresses, groups, id, pairs FROM interface")
        while let row = try rows.next() {
            lists.add(
                vpc: row[0], host: row[2] ? row[1] : nil, addresses: row[3], groups: row[4], pairs: row[6],
                RowReading(.interface, row[5]))
        }
        (unreadableMembers, unreadableInterfaces) = (lists.unreadable, lists.unreadableInterfaces)
        members = lists.sorted()
    }
}

/// Collects the members of groups from all interfaces; identifiers and hosts' names are not copied for each.
private struct MemberLists {
    private let named: [String]
    private var places: [Identifier<SecurityGroup>: Int] = [:]
    private var vpcs: [String: [[SharedReads.Member]]] = [:]
    private var hosts: [String: String] = [:]
    private(set) var unreadable: [SharedReads.Peer: UnreadableRow] = [:]
    private(set) var unreadableInterfaces: [String: UnreadableRow] = [:]

    init(of groups: [String]) {
        named = groups
        for (place, group) in groups.enumerated() {
            if let id = Identifier<SecurityGroup>(group) { places[id] = place }
        }
    }

    /// What cannot be read is noted, for those whom it may concern.
    mutating func add(vpc: String, host: String?, addresses: String, groups: String, pairs: String?, _ row: RowReading)
    {
        var joined: [Int] = []
        let isPlain = PlainJSON.forEachString(groups, .strings) { text in
            if let place = Identifier<SecurityGroup>(utf8: text).flatMap({ places[$0] }) { joined.append(place) }
        }
        if !isPlain {
            do throws(UnreadableRow) {
                joined = try row.list(groups, "groups", PlainJSON.strings).compactMap {
                    Identifier<SecurityGroup>($0).flatMap { places[$0] }
                }
            } catch {
                unreadableInterfaces[vpc] = error
                return
            }
        }
        guard !joined.isEmpty else { return }
        let holder = host.map { name in
            if let known = hosts[name] { return known }
            hosts[name] = name
            return name
        }
        var members: [SharedReads.Member] = []
        do throws(UnreadableRow) {
            for fixed in try row.list(addresses, "addresses", PlainJSON.fixedAddresses) {
                members.append(.init(address: try row.address(fixed.address, "addresses"), host: holder))
            }
            if let pairs { members += try SharedReads.members(ofPairs: pairs, host: holder, row) }
        } catch {
            for place in joined { unreadable[SharedReads.Peer(group: named[place], vpcID: vpc)] = error }
            return
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
