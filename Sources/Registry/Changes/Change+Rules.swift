import GRDB

/// Rules of security groups: added, edited, removed.
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
            let group = try visibleGroup(draft.groupID, canSee)
            if let remote = draft.remoteGroupID { try checkPeer(try visibleGroup(remote, canSee), of: group) }
            guard identities.insert(draft.identity).inserted else {
                throw RegistryError(.invalid(.duplicateInPost), "Duplicate Security Group Rule in POST.")
            }
            if group.vpcID == nil { try Quota.rule.check(group.projectID, adding: 1, in: database) }
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

    /// A rule names groups of its own VPC only; groups of no VPC go with all.
    private func checkPeer(_ peer: StoredGroup, of group: StoredGroup) throws {
        guard let own = group.vpcID, let other = peer.vpcID, own != other else { return }
        throw RegistryError(
            .groupNotInVPC, "Security group \(peer.id) is in network \(other), security group \(group.id) in \(own).")
    }

    /// Adds one rule; `told` is false for those that a new group begins with.
    ///
    /// With `admitsTwins` a rule may do what another of the group does already: the VPC API tells them apart by name.
    @discardableResult package func addRule(
        _ wanted: RuleDraft, to group: StoredGroup, told: Bool = false, admitsTwins: Bool = false
    ) throws -> StoredRule {
        var draft = wanted
        try draft.canonicalise()
        if let remote = draft.remoteGroupID, remote != group.id { try checkPeer(try find(remote), of: group) }
        let id = Change.newID()
        var rule = StoredRule(
            id: id, projectID: group.projectID, groupID: group.id, direction: draft.direction,
            etherType: draft.etherType, protocolText: draft.protocolText, portMin: draft.portMin,
            portMax: draft.portMax, remotePrefix: draft.remotePrefix, remoteGroupID: draft.remoteGroupID,
            description: draft.description, identity: draft.identity, label: draft.label,
            localPrefix: draft.localPrefix)
        if let twin = try twin(of: rule) {
            guard admitsTwins else {
                throw RegistryError(.ruleExists, "Security group rule already exists. Rule id is \(twin).")
            }
            rule.identity += "|\(id)"
        }
        let body = try insert(&rule)
        if told { try tell("security_group.rule.add", of: rule, before: nil, after: body) }
        return rule
    }

    /// Another rule of the group that does the same.
    private func twin(of rule: StoredRule) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(
                sql: "SELECT id FROM security_group_rule WHERE groupID = ? AND identity = ? AND id <> ?"),
            arguments: [rule.groupID, rule.identity, rule.id])
    }

    /// Makes a rule what the draft says; its protocol stays. A new name alone begins no new edition.
    package func updateRule(_ former: StoredRule, to wanted: RuleDraft) throws -> StoredRule {
        var draft = wanted
        try draft.canonicalise()
        if let remote = draft.remoteGroupID { try checkPeer(try find(remote), of: try find(former.groupID)) }
        var rule = former
        rule.label = draft.label
        (rule.direction, rule.etherType) = (draft.direction, draft.etherType)
        (rule.portMin, rule.portMax) = (draft.portMin, draft.portMax)
        (rule.remotePrefix, rule.remoteGroupID) = (draft.remotePrefix, draft.remoteGroupID)
        rule.localPrefix = draft.localPrefix
        guard rule != former else { return former }
        var renamed = former
        renamed.label = rule.label
        if renamed != rule {
            rule.edition = (former.edition ?? 0) + 1
            rule.identity = draft.identity
            if try twin(of: rule) != nil { rule.identity += "|\(rule.id)" }
        }
        try update(&rule, from: former)
        try tell("security_group.rule.update", of: rule, before: try json(former), after: try json(rule))
        return rule
    }

    /// Gives a rule another description; what it does, and its id, stay.
    func describe(_ former: StoredRule, _ description: String) throws {
        var rule = former
        rule.description = description
        try update(&rule, from: former)
        try tell("security_group.rule.update", of: rule, before: try json(former), after: try json(rule))
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
        try auditCarriers(of: group.id, action, before: before, after: after)
    }
}
