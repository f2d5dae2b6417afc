import GRDB
import Model

/// What the policies of several hosts have in common: each part is read once, while the registry stays as it is.
struct SharedReads {
    /// A rule of a group as hosts have it, but for the name of the group that it may name.
    struct GroupRule {
        let rule: Rule
        let remoteGroupID: String?
        let edition: RuleEdition
    }

    /// What a VPC is to every host that has interfaces in it.
    struct VPCParts {
        let stored: StoredVPC
        let subnets: [StoredSubnet]
        let subnetNames: [String: String]
        let acls: [NetworkACL]
        /// The name of the ACL of each subnet that has one which refuses something.
        let aclNames: [String: String]
        let aclEditions: [RuleEdition]
        let collectors: [StoredCollector]
    }

    struct Peer: Hashable {
        let group: String
        let vpcID: String
    }

    struct Member {
        let address: IPAddress
        /// The host that has it in force; nil where none has.
        let host: String?
    }

    struct Group {
        let id: String
        let projectID: String
        let name: String
        let isStateful: Bool
    }

    /// The newest revision when this was read.
    let number: Int
    var groups: [String: Group] = [:]
    var rules: [String: [GroupRule]] = [:]
    var origins: [String: Int] = [:]
    var members: [Peer: [Member]] = [:]
    /// What of those cannot be read: a rule, by its group; an interface, by the peer that it may be of.
    var unreadableRules: [String: UnreadableRow] = [:]
    var unreadableMembers: [Peer: UnreadableRow] = [:]
    /// An interface whose groups cannot be read, by its VPC: it may be of any.
    var unreadableInterfaces: [String: UnreadableRow] = [:]
    /// Whether those are all that there are.
    var isWhole = false
    /// How many hosts' policies were read.
    var hosts = 0
    var vpcs: [String: VPCParts] = [:]
    var buckets: [String: StoredBucket] = [:]
    private var notes: [Int: Catalogue.RevisionNote] = [:]
    var logs: [StoredLog]?
    /// By VPC, of those where a host asked.
    private var pairs: [String: SharedPairs] = [:]
    private var knownProjects: [String: String]?
    private var enterprise: [String: EnterpriseReader.Rules] = [:]

    init(number: Int) { self.number = number }

    static func newestRevision(in database: Database) throws -> Int {
        try Int.fetchOne(database.cachedStatement(sql: "SELECT coalesce(max(number), 0) FROM revision")) ?? 0
    }

    /// Who may use what in a VPC.
    mutating func pairs(of vpc: String, in database: Database) throws -> SharedPairs {
        if let known = pairs[vpc] { return known }
        let found = try SharedPairs(vpc: vpc, in: database)
        pairs[vpc] = found
        return found
    }

    /// The enterprise policy of a project, as hosts have it.
    mutating func enterprise(of project: String, in database: Database) throws -> EnterpriseReader.Rules {
        if let known = enterprise[project] { return known }
        let found = try EnterpriseReader.rules(of: project, in: database)
        enterprise[project] = found
        return found
    }

    /// The name of each project, by its id.
    mutating func projectNames(in database: Database) throws -> [String: String] {
        if let knownProjects { return knownProjects }
        let rows = try Row.fetchAll(database.cachedStatement(sql: "SELECT id, name FROM project"))
        let names = Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, $0[1] as String) })
        knownProjects = names
        return names
    }

    mutating func group(_ id: String, in database: Database) throws -> Group? {
        if let known = groups[id] { return known }
        guard !isWhole else { return nil }
        groups[id] = try Self.groups("WHERE id = ?", [id], database).first
        return groups[id]
    }

    /// The rules of a group, oldest first.
    mutating func rules(of group: String, in database: Database) throws -> [GroupRule] {
        if let fault = unreadableRules[group] { throw fault }
        if let known = rules[group] { return known }
        guard !isWhole else { return [] }
        let stored = try StoredRule.fetchAll(
            database.cachedStatement(
                sql: "SELECT * FROM security_group_rule WHERE groupID = ? ORDER BY createdAt, id"), arguments: [group])
        let found = try stored.map(GroupRule.init)
        rules[group] = found
        return found
    }

    /// The revision that began the present edition of a rule.
    mutating func origin(of rule: RuleEdition, in database: Database) throws -> Int? {
        if let known = origins[rule.recordID] { return known }
        guard !isWhole || rule.kind != .rule else { return nil }
        let found = try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT min(revision) FROM history
                    WHERE kind = ? AND objectID = ? AND coalesce(json_extract(body, '$.edition'), 0) = ?
                    """), arguments: [rule.kind.rawValue, rule.id, rule.number])
        origins[rule.recordID] = found
        return found
    }

    /// The addresses in a VPC of a group's interfaces that are not in force on a host, in their order.
    mutating func members(
        of group: String, in vpcID: String, elsewhereThan host: String, _ database: Database
    ) throws -> [IPAddress] {
        let peer = Peer(group: group, vpcID: vpcID)
        return try members(of: peer, database).compactMap { $0.host == host ? nil : $0.address }
    }

    private mutating func members(of peer: Peer, _ database: Database) throws -> [Member] {
        if let fault = unreadableInterfaces[peer.vpcID] ?? unreadableMembers[peer] { throw fault }
        if let known = members[peer] { return known }
        guard !isWhole else { return [] }
        let found = try Self.members(of: peer, database)
        members[peer] = found
        return found
    }

    /// Single addresses that members may use: as in Neutron, they are the group's.
    private static func pairMembers(of peer: Peer, _ database: Database) throws -> [Member] {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT pairs, host, isPortSecurityEnabled AND isAdminUp, id FROM interface
                    WHERE vpcID = ? AND pairs IS NOT NULL
                      AND id IN (SELECT interfaceID FROM interface_group WHERE groupID = ?)
                    """), arguments: [peer.vpcID, peer.group])
        return try rows.flatMap { row in
            try members(ofPairs: row[0], host: row[2] ? row[1] : nil, RowReading(.interface, row[3]))
        }
    }

    static func members(ofPairs text: String, host: String?, _ row: RowReading) throws(UnreadableRow) -> [Member] {
        try row.pairs(try row.list(text, "pairs", PlainJSON.pairs)).pairs.compactMap { pair in
            pair.address.map { Member(address: $0, host: host) }
        }
    }

    private static func members(of peer: Peer, _ database: Database) throws -> [Member] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT address, host, isPortSecurityEnabled AND isAdminUp, interface.id FROM interface_group
                    JOIN interface ON interface.id = interface_group.interfaceID
                    JOIN interface_address ON interface_address.interfaceID = interface.id
                    WHERE groupID = ? AND interface.vpcID = ?
                    """), arguments: [peer.group, peer.vpcID])
        var found: [Member] = []
        while let row = try rows.next() {
            let address = try RowReading(.interface, row[3]).address(row[0], "addresses")
            found.append(Member(address: address, host: row[2] ? row[1] : nil))
        }
        found += try pairMembers(of: peer, database)
        return found.sorted { $0.address < $1.address }
    }

    /// nil where there is no such VPC.
    mutating func vpc(_ id: String, in database: Database) throws -> VPCParts? {
        if let known = vpcs[id] { return known }
        guard let stored = try StoredVPC.stored(id, in: database) else { return nil }
        let subnets = try StoredSubnet.readAll(
            StoredSubnet.filter(Column("vpcID") == id).order(Column("id")), in: database)
        let (acls, aclNames, aclEditions) = try HostPolicyReader.acls(of: subnets, in: database)
        let collectors = try StoredCollector.readAll(
            StoredCollector.filter(Column("vpcID") == id).order(Column("id")), in: database)
        let parts = VPCParts(
            stored: stored, subnets: subnets,
            subnetNames: HostPolicyReader.clearNames(subnets.map { ($0.id, $0.name) }), acls: acls, aclNames: aclNames,
            aclEditions: aclEditions, collectors: collectors)
        vpcs[id] = parts
        return parts
    }

    mutating func bucket(_ id: String, in database: Database) throws -> StoredBucket? {
        if let known = buckets[id] { return known }
        buckets[id] = try StoredBucket.stored(id, in: database)
        return buckets[id]
    }

    mutating func enabledLogs(in database: Database) throws -> [StoredLog] {
        if let logs { return logs }
        let found = try StoredLog.readAll(
            StoredLog.filter(Column("isEnabled") == true).order(Column("id")), in: database)
        logs = found
        return found
    }

    /// Who made revisions, in their order.
    mutating func notes(_ numbers: Set<Int>, in database: Database) throws -> [Catalogue.RevisionNote] {
        let unknown = numbers.filter { notes[$0] == nil }
        for note in try HostPolicy.notes(unknown, in: database) { notes[note.number] = note }
        return numbers.sorted().compactMap { notes[$0] }
    }
}

extension SharedReads.GroupRule {
    init(_ stored: StoredRule) throws(UnreadableRow) {
        self.init(rule: try stored.read(), remoteGroupID: stored.remoteGroupID, edition: RuleEdition(stored))
    }

    /// The rule, with the name that a policy gives to the group that it names.
    func named(_ names: [String: String]) throws(UnreadableRow) -> Rule {
        guard let group = remoteGroupID else { return rule }
        guard let name = names[group] else {
            throw RowReading(.rule, edition.id).fault("remoteGroupID", group, "a group that exists")
        }
        return Rule(
            id: rule.id, direction: rule.direction, family: rule.family, service: rule.service, remote: .group(name),
            local: rule.local, description: rule.description)
    }
}
