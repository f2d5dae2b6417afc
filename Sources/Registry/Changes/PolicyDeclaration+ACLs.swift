import GRDB
import Model

extension PolicyDeclaration {
    /// Makes a VPC's network ACLs those of the file, and gives them to the subnets that name them.
    ///
    /// A subnet that names none keeps what it has; with pruning it goes back to the VPC's default ACL, and ACLs that the file
    /// does not name go.
    func acls(_ vpc: VPC, of home: StoredVPC, _ change: DeclaredChange) throws {
        var made: [String: StoredACL] = [:]
        for acl in vpc.acls { made[acl.name] = try self.acl(acl, of: home, change) }
        let present = try StoredSubnet.filter(Column("vpcID") == home.id).fetchAll(change.database)
        let fallback = (try change.find(home.id) as StoredVPC).defaultACLID
        for subnet in vpc.subnets {
            for former in present where subnet.prefixes.contains(where: { $0.description == former.cidr }) {
                var wanted = former
                if let name = subnet.acl {
                    wanted.aclID = made[name]?.id
                } else if prunes {
                    wanted.aclID = fallback
                }
                guard wanted != former else { continue }
                try change.updateSubnet(wanted, from: former)
            }
        }
        guard prunes else { return }
        let kept = Set(made.values.map(\.id) + [fallback].compactMap { $0 })
        for acl in try StoredACL.filter(Column("vpcID") == home.id).order(Column("id")).fetchAll(change.database)
        where !kept.contains(acl.id) {
            try change.deleteACL(acl)
        }
    }

    private func acl(
        _ acl: NetworkACL, of home: StoredVPC, _ change: DeclaredChange
    ) throws -> StoredACL {
        let named = Column("vpcID") == home.id && Column("name") == acl.name
        guard let former = try StoredACL.filter(named).fetchOne(change.database) else {
            let stored = StoredACL(id: Change.newID(), projectID: projectID, vpcID: home.id, name: acl.name)
            return try change.createACL(stored, acl.rules.map { self.rule($0, of: stored) })
        }
        try change.setRules(of: former, acl.rules.map { rule($0, of: former) })
        return former
    }

    private func rule(_ rule: ACLRule, of acl: StoredACL) -> StoredACLRule {
        let families = rule.families
        let id = Change.newID()
        var stored = StoredACLRule(
            id: id, projectID: projectID, aclID: acl.id, name: rule.name.isEmpty ? "rule-\(id.prefix(8))" : rule.name,
            action: rule.action.rawValue, direction: rule.direction.rawValue,
            etherType: families.count == 1 ? (families[0] == .ipv6 ? "IPv6" : "IPv4") : nil)
        switch rule.service {
        case .any: break
        case .icmpTCPUDP: stored.protocolText = RuleDraft.icmpTCPUDP
        case .transport(let transport, let ports):
            stored.protocolText = "\(transport)"
            (stored.portMin, stored.portMax) = (ports.map { Int($0.lower) }, ports.map { Int($0.upper) })
        case .icmp(let transport, let type, let code):
            stored.protocolText = "\(transport)"
            (stored.portMin, stored.portMax) = (type.map { Int($0) }, code.map { Int($0) })
        }
        stored.sourcePortMin = rule.sourcePorts.map { Int($0.lower) }
        stored.sourcePortMax = rule.sourcePorts.map { Int($0.upper) }
        (stored.source, stored.destination) = (rule.source?.description, rule.target?.description)
        return stored
    }
}
