package import GRDB

/// What the VPC API takes for granted of a VPC: a default group, a default network ACL, an ACL on each subnet, and an
/// instance behind each device that interfaces name.
extension Change {
    /// Whether something of a project's VPCs still lacks what the VPC API takes for granted.
    package static func needsAdoption(_ projectID: String, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM vpc
                        WHERE projectID = ?1 AND (defaultGroupID IS NULL OR defaultACLID IS NULL))
                      OR EXISTS (SELECT 1 FROM subnet JOIN vpc ON vpc.id = vpcID
                        WHERE (vpc.projectID = ?1 OR subnet.projectID = ?1) AND aclID IS NULL)
                      OR EXISTS (SELECT 1 FROM interface WHERE projectID = ?1 AND \(ownerless))
                    """), arguments: [projectID]) ?? false
    }

    /// Interfaces whose device is no instance yet; Neutron's own services are none.
    private static let ownerless = """
        deviceID <> '' AND deviceOwner NOT LIKE 'network:%' AND NOT EXISTS (SELECT 1 FROM instance
          WHERE instance.vpcID = interface.vpcID AND instance.projectID = interface.projectID
            AND instance.deviceID = interface.deviceID)
        """

    /// Gives a project's VPCs what they lack, and those in which an administrator made a subnet for it.
    ///
    /// Nothing in the kernel changes by it: the ACL that a VPC of Neutron's gets lets every protocol through, the group is
    /// attached to nothing, and instances keep the names that they had.
    ///
    /// * `name`: makes up a name.
    package func adopt(_ projectID: String, zone: String, name: () -> String) throws {
        let own = StoredVPC.filter(
            sql: "projectID = ?1 OR id IN (SELECT vpcID FROM subnet WHERE projectID = ?1 AND aclID IS NULL)",
            arguments: [projectID])
        for vpc in try own.order(Column("createdAt"), Column("id")).fetchAll(database) {
            let vpc = try ensureDefaults(of: vpc, protocolText: nil, name: name)
            let bare = Column("vpcID") == vpc.id && Column("aclID") == nil
            for former in try StoredSubnet.filter(bare).fetchAll(database) {
                var subnet = former
                subnet.aclID = vpc.defaultACLID
                _ = try updateSubnet(subnet, from: former)
            }
        }
        let ports = try StoredInterface.filter(sql: "projectID = ? AND \(Self.ownerless)", arguments: [projectID])
            .order(Column("createdAt"), Column("id")).fetchAll(database)
        for port in ports { try ensureInstance(of: port, zone: zone) }
    }

    /// The VPC with a default group and a default ACL; `protocolText` is what the ACL lets through.
    package func ensureDefaults(of vpc: StoredVPC, protocolText: String?, name: () -> String) throws -> StoredVPC {
        guard vpc.defaultGroupID == nil || vpc.defaultACLID == nil else { return vpc }
        var complete = vpc
        if vpc.defaultGroupID == nil { complete.defaultGroupID = try makeDefaultGroup(of: vpc, name: name()).id }
        if vpc.defaultACLID == nil {
            complete.defaultACLID = try makeDefaultACL(of: vpc, name: name(), protocolText).id
        }
        return try updateVPC(complete, from: vpc)
    }

    private func makeDefaultGroup(of vpc: StoredVPC, name: String) throws -> StoredGroup {
        let group = try createGroup(in: vpc, name: name)
        let all = RuleDraft.icmpTCPUDP
        try addRule(
            RuleDraft(
                groupID: group.id, direction: "ingress", protocolText: all, remoteGroupID: group.id,
                label: "inbound-icmp-tcp-udp-from-this-security-group"), to: group)
        try addRule(
            RuleDraft(groupID: group.id, direction: "egress", protocolText: all, label: "outbound-icmp-tcp-udp"),
            to: group)
        return group
    }

    private func makeDefaultACL(of vpc: StoredVPC, name: String, _ protocolText: String?) throws -> StoredACL {
        let acl = StoredACL(id: Change.newID(), projectID: vpc.projectID, vpcID: vpc.id, name: name)
        let rules = [("allow-inbound", "ingress"), ("allow-outbound", "egress")].map { name, direction in
            StoredACLRule(
                projectID: vpc.projectID, aclID: acl.id, name: name, action: "allow", direction: direction,
                etherType: nil, protocolText: protocolText)
        }
        return try createACL(acl, rules)
    }
}
