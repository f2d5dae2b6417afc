import GRDB

/// Security groups: made, changed, removed.
extension Change {
    /// Makes a group with the two rules that let everything out.
    package func createGroup(
        projectID: String, name: String, description: String, isStateless: Bool = false
    ) throws -> StoredGroup {
        guard name.lowercased() != StoredGroup.defaultName else {
            throw RegistryError(.defaultGroupExists, "Default security group already exists.")
        }
        try ensureDefaultGroup(projectID)
        try Quota.group.check(projectID, adding: 1, in: database)
        return try makeGroup(
            StoredGroup(
                id: Change.newID(), projectID: projectID, name: name, description: description, isStateless: isStateless
            ))
    }

    /// Makes a group of one VPC, without any rule.
    package func createGroup(in vpc: StoredVPC, name: String) throws -> StoredGroup {
        guard name.lowercased() != StoredGroup.defaultName else {
            throw RegistryError(.defaultGroupExists, "A group of this name is kept for Neutron's default group.")
        }
        var group = StoredGroup(
            id: Change.newID(), projectID: vpc.projectID, name: name, description: "", vpcID: vpc.id)
        try insert(&group)
        try audit("security_group.create", group, after: try json(group))
        return group
    }

    private func makeGroup(_ wanted: StoredGroup) throws -> StoredGroup {
        var group = wanted
        try insert(&group)
        try audit("security_group.create", group, after: try json(group))
        for etherType in ["IPv4", "IPv6"] {
            try addRule(RuleDraft(groupID: group.id, direction: "egress", etherType: etherType), to: group)
        }
        guard group.isDefault else { return group }
        for etherType in ["IPv4", "IPv6"] {
            let draft = RuleDraft(
                groupID: group.id, direction: "ingress", etherType: etherType, remoteGroupID: group.id)
            try addRule(draft, to: group)
        }
        return group
    }

    /// The project's own default group; it is made on first use.
    @discardableResult package func ensureDefaultGroup(_ projectID: String) throws -> StoredGroup {
        let request = StoredGroup.filter(Column("projectID") == projectID && Column("isDefault") == true)
        if let group = try request.fetchOne(database) { return group }
        return try makeGroup(
            StoredGroup(
                id: Change.newID(), projectID: projectID, name: StoredGroup.defaultName,
                description: "Default security group", isDefault: true))
    }

    /// Changes what is not nil. A group that an interface carries stays stateful or stateless.
    package func updateGroup(
        _ former: StoredGroup, name: String?, description: String?, isStateless: Bool? = nil
    ) throws -> StoredGroup {
        var group = former
        if let name, name != former.name {
            guard !former.isDefault else {
                throw RegistryError(.defaultGroupCannotChange, "Updating default security group not allowed.")
            }
            guard name.lowercased() != StoredGroup.defaultName else {
                throw RegistryError(.defaultGroupExists, "Default security group already exists.")
            }
            group.name = name
        }
        if let description { group.description = description }
        if let isStateless, isStateless != former.isStateless {
            try checkUnused(former)
            group.isStateless = isStateless
        }
        guard group != former else { return former }
        try update(&group, from: former)
        try audit("security_group.update", group, before: try json(former), after: try json(group))
        return group
    }

    /// Removes a group, its rules, the rules of others that name it, and the logs about it.
    package func deleteGroup(_ group: StoredGroup) throws {
        guard !group.isDefault || actor.isAdmin else {
            throw RegistryError(.defaultGroupCannotGo, "Insufficient rights for removing default security group.")
        }
        let isVPCDefault = try !StoredVPC.filter(Column("defaultGroupID") == group.id).isEmpty(database)
        guard !isVPCDefault else {
            throw RegistryError(
                .vpcDefaultGroup, "Security Group \(group.id) is its VPC's default group; it goes with the VPC.")
        }
        try checkUnused(group)
        try removeGroup(group)
    }

    /// Refuses where an interface carries the group.
    private func checkUnused(_ group: StoredGroup) throws {
        let users = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM interface_group WHERE groupID = ?", arguments: [group.id])
        guard users == 0 else { throw RegistryError(.inUse(.group), "Security Group \(group.id) in use.") }
    }

    func removeGroup(_ group: StoredGroup) throws {
        for log in try StoredLog.filter(Column("groupID") == group.id).fetchAll(database) { try deleteLog(log) }
        let naming = Column("remoteGroupID") == group.id && Column("groupID") != group.id
        for rule in try StoredRule.filter(naming).fetchAll(database) { try deleteRule(rule) }
        for rule in try StoredRule.filter(Column("groupID") == group.id).fetchAll(database) { try delete(rule) }
        try delete(group)
        try audit("security_group.delete", group, before: try json(group))
    }
}
