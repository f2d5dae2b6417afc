import GRDB
import Model

/// VPCs and their subnets.
extension Change {
    package func createVPC(_ wanted: StoredVPC) throws -> StoredVPC {
        try ensureDefaultGroup(wanted.projectID)
        try Quota.vpc.check(wanted.projectID, adding: 1, in: database)
        var vpc = wanted
        try insert(&vpc)
        try audit("network.create", vpc, after: try json(vpc))
        return vpc
    }

    package func updateVPC(_ wanted: StoredVPC, from former: StoredVPC) throws -> StoredVPC {
        var vpc = wanted
        guard vpc != former else { return former }
        try update(&vpc, from: former)
        try audit("network.update", vpc, before: try json(former), after: try json(vpc))
        return vpc
    }

    /// Removes a VPC and its subnets; interfaces in it forbid that.
    package func deleteVPC(_ vpc: StoredVPC) throws {
        guard try StoredInterface.filter(Column("vpcID") == vpc.id).isEmpty(database) else {
            throw RegistryError(
                .inUse(.vpc),
                "Unable to complete operation on network \(vpc.id). There are one or more ports still in use on the "
                    + "network.")
        }
        for collector in try StoredCollector.filter(Column("vpcID") == vpc.id).fetchAll(database) {
            try deleteCollector(collector)
        }
        for subnet in try StoredSubnet.filter(Column("vpcID") == vpc.id).fetchAll(database) {
            try delete(subnet)
            try audit("subnet.delete", subnet, before: try json(subnet))
        }
        for group in try StoredGroup.filter(Column("vpcID") == vpc.id).fetchAll(database) { try removeGroup(group) }
        for acl in try StoredACL.filter(Column("vpcID") == vpc.id).fetchAll(database) { try removeACL(acl) }
        try delete(vpc)
        try audit("network.delete", vpc, before: try json(vpc))
    }

    package func createSubnet(_ wanted: StoredSubnet) throws -> StoredSubnet {
        try Quota.subnet.check(wanted.projectID, adding: 1, in: database)
        guard let prefix = try? IPPrefix(parsing: wanted.cidr) else {
            throw RegistryError(.invalid(.prefix), "Invalid CIDR \(wanted.cidr) given as IP prefix.")
        }
        for other in try StoredSubnet.filter(Column("vpcID") == wanted.vpcID).fetchAll(database) {
            guard try IPPrefix(parsing: other.cidr).overlaps(prefix) else { continue }
            throw RegistryError(
                .subnetsOverlap,
                "Invalid input for operation: Requested subnet with cidr: \(prefix) for network: \(wanted.vpcID) "
                    + "overlaps with another subnet.")
        }
        var subnet = wanted
        // A VPC that the VPC API has seen gives its default ACL to every new subnet, whoever makes it.
        let vpc: StoredVPC = try find(wanted.vpcID)
        if subnet.aclID == nil { subnet.aclID = vpc.defaultACLID }
        try insert(&subnet)
        try touchVPC(subnet.vpcID)
        try audit("subnet.create", subnet, after: try json(subnet))
        return subnet
    }

    package func updateSubnet(_ wanted: StoredSubnet, from former: StoredSubnet) throws -> StoredSubnet {
        var subnet = wanted
        guard subnet != former else { return former }
        try update(&subnet, from: former)
        try touchVPC(subnet.vpcID)
        try audit("subnet.update", subnet, before: try json(former), after: try json(subnet))
        return subnet
    }

    package func deleteSubnet(_ subnet: StoredSubnet) throws {
        let used = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM interface_address WHERE subnetID = ?", arguments: [subnet.id])
        guard used == 0 else {
            throw RegistryError(
                .inUse(.subnet),
                "Unable to complete operation on subnet \(subnet.id): One or more ports have an IP allocation from "
                    + "this subnet.")
        }
        try deleteCollectors(of: subnet.id)
        try delete(subnet)
        try touchVPC(subnet.vpcID)
        try audit("subnet.delete", subnet, before: try json(subnet))
    }

    private func touchVPC(_ id: String) throws {
        var vpc: StoredVPC = try find(id)
        try touch(&vpc)
    }
}
