import GRDB

// What belongs to what, by the questions that the APIs ask.

extension StoredRule {
    /// A group's rules in the order in which they were made.
    package static func of(group id: String, in state: RegistryState) throws -> [StoredRule] {
        try filter(Column("groupID") == id).order(Column("createdAt"), Column.rowID).fetchAll(state)
    }

    /// The rules of many groups, oldest first.
    package static func of(groups ids: [String], in state: RegistryState) throws -> [StoredRule] {
        try filter(ids.contains(Column("groupID"))).order(Column("createdAt"), Column("id")).fetchAll(state)
    }

    package static func count(ofGroup id: String, in state: RegistryState) throws -> Int {
        try filter(Column("groupID") == id).fetchCount(state)
    }

    /// Whether a rule of another group names this one as its peer.
    package static func isNamed(group id: String, in state: RegistryState) throws -> Bool {
        try !filter(Column("remoteGroupID") == id && Column("groupID") != id).isEmpty(state)
    }
}

extension StoredSubnet {
    /// A VPC's subnets, oldest first.
    package static func of(vpc id: String, in state: RegistryState) throws -> [StoredSubnet] {
        try filter(Column("vpcID") == id).order(Column("createdAt"), Column("id")).fetchAll(state)
    }

    /// The subnets of many VPCs, oldest first.
    package static func of(vpcs ids: [String], in state: RegistryState) throws -> [StoredSubnet] {
        try filter(ids.contains(Column("vpcID"))).order(Column("createdAt")).fetchAll(state)
    }

    /// The subnets that a network ACL is attached to, oldest first.
    package static func guarded(by acl: String, in state: RegistryState) throws -> [StoredSubnet] {
        try filter(Column("aclID") == acl).order(Column("createdAt"), Column("id")).fetchAll(state)
    }

    /// How many of its addresses interfaces have.
    package func addressesInUse(in state: RegistryState) throws -> Int {
        try Int.fetchOne(
            state.cachedStatement(sql: "SELECT count(*) FROM interface_address WHERE subnetID = ?"), arguments: [id])
            ?? 0
    }
}

extension StoredACL {
    package static func of(vpc id: String, in state: RegistryState) throws -> [StoredACL] {
        try filter(Column("vpcID") == id).fetchAll(state)
    }
}

extension StoredACLRule {
    package static func of(acl id: String, in state: RegistryState) throws -> [StoredACLRule] {
        try filter(Column("aclID") == id).fetchAll(state)
    }
}

extension StoredVPC {
    /// The VPCs of a project, and those that others share with it.
    package static func seen(by project: String, in state: RegistryState) throws -> [StoredVPC] {
        try filter(Column("projectID") == project || Column("isShared") == true).fetchAll(state)
    }

    /// The VPCs in which a project has something: its own, those that are for all, and others in which an administrator made a
    /// subnet, an interface or a collector for it.
    package static func used(by project: String, in state: RegistryState) throws -> [StoredVPC] {
        try fetchAll(
            state,
            sql: """
                SELECT * FROM vpc WHERE projectID = ?1 OR isShared OR id IN (
                  SELECT vpcID FROM subnet WHERE projectID = ?1 UNION SELECT vpcID FROM interface WHERE projectID = ?1
                  UNION SELECT vpcID FROM instance WHERE projectID = ?1
                  UNION SELECT vpcID FROM flow_log_collector WHERE projectID = ?1)
                """, arguments: [project])
    }

    /// Whether a group is the default group of some VPC.
    package static func hasDefault(group id: String, in state: RegistryState) throws -> Bool {
        try !filter(Column("defaultGroupID") == id).isEmpty(state)
    }
}

extension StoredGroup {
    package static func of(vpc id: String, in state: RegistryState) throws -> [StoredGroup] {
        try filter(Column("vpcID") == id).fetchAll(state)
    }

    /// Ids of the groups that are a project's or a VPC's default.
    package static func defaults(in state: RegistryState) throws -> Set<String> {
        Set(
            try String.fetchAll(
                state.cachedStatement(sql: "SELECT id FROM security_group WHERE isDefault")))
    }

    package static func hasDefault(project id: String, in state: RegistryState) throws -> Bool {
        try Bool.fetchOne(
            state.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM security_group WHERE projectID = ? AND isDefault)"),
            arguments: [id]) ?? false
    }

    /// The VPC of a project's oldest interface that carries the group.
    package func firstVPC(in project: String, _ state: RegistryState) throws -> String? {
        try String.fetchOne(
            state.cachedStatement(
                sql: """
                    SELECT vpcID FROM interface_group JOIN interface ON interface.id = interfaceID
                    WHERE groupID = ? AND projectID = ? ORDER BY createdAt, interface.id LIMIT 1
                    """), arguments: [id, project])
    }
}

extension StoredInterface {
    /// A project's interfaces that carry a group, oldest first.
    package static func carrying(
        group id: String, of project: String, in state: RegistryState
    ) throws -> [StoredInterface] {
        try filter(Column("projectID") == project)
            .filter(sql: "id IN (SELECT interfaceID FROM interface_group WHERE groupID = ?)", arguments: [id])
            .order(Column("createdAt"), Column("id")).fetchAll(state)
    }
}

extension StoredBucket {
    /// All buckets by their names.
    package static func byName(in state: RegistryState) throws -> [StoredBucket] {
        try order(Column("name"), Column("id")).fetchAll(state)
    }

    package static func all(named name: String, in state: RegistryState) throws -> [StoredBucket] {
        try filter(Column("name") == name).fetchAll(state)
    }

    /// The bucket of this name that a project owns; an empty id stands for those that are for all.
    package static func named(_ name: String, ownedBy project: String, in state: RegistryState) throws -> StoredBucket?
    {
        try filter(Column("projectID") == project && Column("name") == name).fetchOne(state)
    }
}
