import GRDB

/// Rules of security groups: added and removed, never edited.
extension Change {
    /// Adds rules that a caller asks for; all belong to one group of the caller.
    ///
    /// `canSee` says which groups the caller may name.
    package func createRules(_ drafts: [RuleDraft], canSee: (StoredGroup) -> Bool) throws -> [StoredRule] {
        guard Set(drafts.map(\.groupID)).count <= 1 else {
            throw RegistryError(
                .invalid(.severalGroups), "Only allowed to update rules for one security profile at a time")
        }
        var identities: Set<String> = []
        var rules: [StoredRule] = []
        for draft in drafts {
            var draft = draft
            try draft.canonicalise()
            if let remote = draft.remoteGroupID { _ = try visibleGroup(remote, canSee) }
            let group = try visibleGroup(draft.groupID, canSee)
            guard identities.insert(draft.identity).inserted else {
                throw RegistryError(.invalid(.duplicateInPost), "Duplicate Security Group Rule in POST.")
            }
            try Quota.rule.check(group.projectID, adding: 1, in: database)
            rules.append(try addRule(draft, to: group, told: true))
        }
        return rules
    }

    private func visibleGroup(_ id: String, _ canSee: (StoredGroup) -> Bool) throws -> StoredGroup {
        guard let group = try StoredGroup.stored(id, in: database), canSee(group) else {
            throw RegistryError(.notFound(.group), "Security group \(id) does not exist")
        }
        return group
    }

    /// Adds one rule; `told` is false for those that a new group begins with.
    @discardableResult func addRule(_ wanted: RuleDraft, to group: StoredGroup, told: Bool = false) throws -> StoredRule
    {
        var draft = wanted
        try draft.canonicalise()
        let twin = try String.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM security_group_rule WHERE groupID = ? AND identity = ?"),
            arguments: [group.id, draft.identity])
        if let twin {
            throw RegistryError(.ruleExists, "Security group rule already exists. Rule id is \(twin).")
        }
        var rule = StoredRule(
            id: Change.newID(), projectID: group.projectID, groupID: group.id, direction: draft.direction,
            etherType: draft.etherType, protocolText: draft.protocolText, portMin: draft.portMin,
            portMax: draft.portMax, remotePrefix: draft.remotePrefix, remoteGroupID: draft.remoteGroupID,
            description: draft.description, identity: draft.identity)
        try insert(&rule)
        if told { try tell("security_group.rule.add", of: rule, before: nil, after: try json(rule)) }
        return rule
    }

    package func deleteRule(_ rule: StoredRule) throws {
        try delete(rule)
        try tell("security_group.rule.remove", of: rule, before: try json(rule), after: nil)
    }

    /// A rule's change is a change of its group and of each interface that carries it: an entry for each of them.
    private func tell(_ action: String, of rule: StoredRule, before: String?, after: String?) throws {
        var group: StoredGroup = try find(rule.groupID)
        try touch(&group)
        try audit(action, group, before: before, after: after)
        let carriers = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT interface.id, interface.name FROM interface_group JOIN interface ON interface.id = interfaceID
                    WHERE groupID = ? ORDER BY interface.id
                    """), arguments: [rule.groupID])
        for carrier in carriers {
            try audit(action, .interface, id: carrier[0], name: carrier[1], before: before, after: after)
        }
    }
}
