import GRDB

/// Network ACLs: ordered rules, whose order is part of the ACL so that a move is one write.
extension Change {
    /// Makes an ACL with rules in the order given.
    package func createACL(_ wanted: StoredACL, _ rules: [StoredACLRule]) throws -> StoredACL {
        var acl = wanted
        acl.rules = rules.map(\.id)
        try insert(&acl)
        for rule in rules {
            var rule = rule
            try insert(&rule)
        }
        try audit("network_acl.create", acl, after: try json(acl))
        return acl
    }

    package func renameACL(_ former: StoredACL, to name: String) throws -> StoredACL {
        var acl = former
        acl.name = name
        guard acl != former else { return former }
        try update(&acl, from: former)
        try audit("network_acl.update", acl, before: try json(former), after: try json(acl))
        return acl
    }

    /// Removes an ACL that no subnet has and that is no VPC's default.
    package func deleteACL(_ acl: StoredACL) throws {
        let isUsed = try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT 1 FROM subnet WHERE aclID = ?1)
                  OR EXISTS (SELECT 1 FROM vpc WHERE defaultACLID = ?1)
                """, arguments: [acl.id])
        guard isUsed != true else {
            throw RegistryError(
                .inUse(.acl), "Network ACL \(acl.id) is a VPC's default, or subnets have it; give them another first.")
        }
        try removeACL(acl)
    }

    func removeACL(_ acl: StoredACL) throws {
        for rule in try StoredACLRule.filter(Column("aclID") == acl.id).fetchAll(database) { try delete(rule) }
        try delete(acl)
        try audit("network_acl.delete", acl, before: try json(acl))
    }

    /// Puts a rule ahead of another, or at the end.
    package func addACLRule(_ wanted: StoredACLRule, before next: String?) throws -> StoredACLRule {
        var rule = wanted
        try insert(&rule)
        try rearrange("network_acl.rule.add", rule, before: nil) { $0.insert(rule.id, ahead: next) }
        return rule
    }

    /// Where an edit puts a rule.
    package enum ACLPlace: Sendable {
        case unchanged
        case last
        case ahead(of: String)
    }

    /// Edits a rule and moves it, in one change of the list: none is dropped or seen twice.
    package func updateACLRule(
        _ wanted: StoredACLRule, from former: StoredACLRule, place: ACLPlace
    ) throws -> StoredACLRule {
        var rule = wanted
        if !rule.does(former) { rule.edition = (former.edition ?? 0) + 1 }
        let isEdited = rule != former
        try update(&rule, from: former)
        try rearrange("network_acl.rule.update", rule, before: try json(former), isEdited: isEdited) { order in
            switch place {
            case .unchanged: break
            case .last: order.insert(rule.id, ahead: nil)
            case .ahead(let next): order.insert(rule.id, ahead: next)
            }
        }
        return rule
    }

    package func deleteACLRule(_ rule: StoredACLRule) throws {
        try rearrange("network_acl.rule.remove", rule, before: try json(rule), isGone: true) { order in
            order.removeAll { $0 == rule.id }
        }
        try delete(rule)
    }

    /// Writes a list's new order, with an entry against the ACL and one against each subnet that has it.
    private func rearrange(
        _ action: String, _ rule: StoredACLRule, before: String?, isEdited: Bool = true, isGone: Bool = false,
        _ edit: (inout [String]) -> Void
    ) throws {
        let former: StoredACL = try find(rule.aclID)
        var acl = former
        edit(&acl.rules)
        guard isEdited || acl != former else { return }
        if acl == former { try touch(&acl) } else { try update(&acl, from: former) }
        let after = isGone ? nil : try json(rule)
        try audit(action, acl, before: before, after: after)
        for subnet in try StoredSubnet.filter(Column("aclID") == acl.id).order(Column("id")).fetchAll(database) {
            try audit(action, subnet, before: before, after: after)
        }
    }
}

extension [String] {
    /// Puts an element ahead of another, or last; wherever it was, it is there once.
    fileprivate mutating func insert(_ element: String, ahead next: String?) {
        guard element != next else { return }
        removeAll { $0 == element }
        insert(element, at: next.flatMap { firstIndex(of: $0) } ?? endIndex)
    }
}
