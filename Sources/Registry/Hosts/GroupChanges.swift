import GRDB
import Model

/// What became in a span of groups themselves: their rules and members are told apart from them.
struct GroupChanges {
    struct State: Decodable {
        var name: String
        var vpcID: String?
        var isStateful: Bool?
    }

    private var groups = StateChanges<State>()

    mutating func add(_ id: String, before: String?, after: String?) throws {
        try groups.add(id, before: before, after: after)
    }

    /// The groups that got another name, which every host that knows them calls by it.
    ///
    /// - Returns: nil where a group was made, removed or became of another kind, or where another group has or had a name of
    ///   one: each host tells groups of one name apart among those that it knows.
    func names(in database: Database) throws -> [RevisionAmendment.GroupName]? {
        var names: [RevisionAmendment.GroupName] = []
        for (id, change) in groups.byID {
            guard let before = change.before, let after = change.after, before.vpcID == after.vpcID,
                before.isStateful == after.isStateful
            else { return nil }
            guard before.name != after.name else { continue }
            let others = try Int.fetchOne(
                database.cachedStatement(
                    sql: "SELECT count(*) FROM security_group WHERE name IN (?, ?) AND id <> ?"),
                arguments: [before.name, after.name, id])
            guard others == 0, !before.name.isEmpty, !after.name.isEmpty, let group = Identifier<SecurityGroup>(id)
            else { return nil }
            names.append(.init(group: group, name: after.name))
        }
        return names.sorted { $0.group.description < $1.group.description }
    }

    /// The hosts that know a group: those with interfaces that carry it, or a group whose rules name it.
    static func knowers(of group: Identifier<SecurityGroup>, in database: Database) throws -> Set<String> {
        try HostedInterface.hosts(
            where: """
                id IN (SELECT interfaceID FROM interface_group WHERE groupID = ?1 OR groupID IN
                  (SELECT groupID FROM security_group_rule WHERE remoteGroupID = ?1))
                """, [group.description], in: database)
    }
}
