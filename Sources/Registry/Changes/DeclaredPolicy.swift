import GRDB
import Model

/// A project's objects as a policy file would say them: what a declaration is compared by, before and after it.
///
/// Groups that are for the whole project stand in the VPC whose part of the file names them, else in the project's first.
struct DeclaredPolicy {
    let projectID: String
    /// The VPC of each group that the file names.
    let homes: [String: String]
    let database: Database

    func read() throws -> Policy {
        let vpcs = try StoredVPC.filter(Column("projectID") == projectID).order(Column("createdAt"), Column.rowID)
            .fetchAll(database)
        let groups = try StoredGroup.filter(Column("projectID") == projectID && Column("isDefault") == false)
            .order(Column("createdAt"), Column.rowID).fetchAll(database)
        let groupNames = Dictionary(groups.map { ($0.id, $0.name) }) { first, _ in first }
        var read: [VPC] = []
        for vpc in vpcs {
            let own = groups.filter { home(of: $0, vpcs) == vpc.id && $0.id != vpc.defaultGroupID }
            read.append(try self.vpc(vpc, own, groupNames))
        }
        return Policy(project: "", vpcs: read, collectors: try collectors(vpcs))
    }

    private func home(of group: StoredGroup, _ vpcs: [StoredVPC]) -> String? {
        if let id = group.vpcID { return id }
        let named = homes[group.name].flatMap { name in vpcs.first { $0.name == name } }
        return (named ?? vpcs.first)?.id
    }

    private func vpc(_ vpc: StoredVPC, _ groups: [StoredGroup], _ groupNames: [String: String]) throws -> VPC {
        let acls = try StoredACL.filter(Column("vpcID") == vpc.id).order(Column("createdAt"), Column.rowID)
            .fetchAll(database).filter { $0.id != vpc.defaultACLID }
        let aclNames = Dictionary(acls.map { ($0.id, $0.name) }) { first, _ in first }
        let subnets = try StoredSubnet.of(vpc: vpc.id, in: database)
        return VPC(
            id: try RowReading(.vpc, vpc.id).identifier(vpc.id), name: vpc.name, prefixes: [],
            subnets: try self.subnets(subnets, aclNames), acls: try acls.map(acl),
            groups: try groups.map { try group($0, groupNames) },
            instances: try instances(of: vpc, subnets, groupNames))
    }

    /// Subnets of one name are one: the registry has one for each block.
    private func subnets(_ stored: [StoredSubnet], _ aclNames: [String: String]) throws -> [Subnet] {
        var order: [String] = []
        var byName: [String: [StoredSubnet]] = [:]
        for subnet in stored {
            if byName[subnet.name] == nil { order.append(subnet.name) }
            byName[subnet.name, default: []].append(subnet)
        }
        return try order.compactMap { name in
            guard let parts = byName[name], let first = parts.first else { return nil }
            return Subnet(
                id: try RowReading(.subnet, first.id).identifier(first.id), name: name,
                prefixes: try parts.map { try RowReading(.subnet, $0.id).prefix($0.cidr, "cidr") },
                acl: first.aclID.flatMap { aclNames[$0] }, zone: first.zone)
        }
    }

    private func acl(_ acl: StoredACL) throws -> NetworkACL {
        NetworkACL(
            id: try RowReading(.acl, acl.id).identifier(acl.id), name: acl.name,
            rules: try acl.orderedRules(in: database).map { try $0.read() })
    }

    private func group(_ group: StoredGroup, _ names: [String: String]) throws -> SecurityGroup {
        let rules = try StoredRule.of(group: group.id, in: database).map { stored in
            let rule = try stored.read()
            guard case .group(let id) = rule.remote, let name = names[id] else { return rule }
            return Rule(
                id: rule.id, direction: rule.direction, family: rule.family, service: rule.service,
                remote: .group(name), local: rule.local, description: rule.description)
        }
        return SecurityGroup(
            id: try RowReading(.group, group.id).identifier(group.id), name: group.name, rules: rules,
            isStateful: !group.isStateless)
    }

    private func instances(
        of vpc: StoredVPC, _ subnets: [StoredSubnet], _ groupNames: [String: String]
    ) throws -> [Instance] {
        let subnetNames = Dictionary(subnets.map { ($0.id, $0.name) }) { first, _ in first }
        let ports = try StoredInterface.filter(Column("vpcID") == vpc.id && Column("projectID") == projectID)
            .order(Column("createdAt"), Column.rowID).fetchAll(database)
        var instances: [Instance] = []
        for port in ports {
            let owner = port.deviceID.isEmpty ? port.name : port.deviceID
            let name = port.name.hasPrefix("\(owner)/") ? String(port.name.dropFirst(owner.count + 1)) : port.name
            let row = RowReading(.interface, port.id)
            let (pairs, blocks) = try row.pairs(port.pairs ?? [])
            let interface = Interface(
                id: try row.identifier(port.id), name: name,
                subnet: port.addresses.first.flatMap { subnetNames[$0.subnetID] } ?? "",
                addresses: try port.addresses.map { try row.address($0.address, "addresses") },
                prefixes: blocks, pairs: pairs, mac: try row.mac(port.mac, "mac"),
                device: port.host.isEmpty ? nil : port.device, groups: port.groups.map { groupNames[$0] ?? $0 }
            )
            if let place = instances.firstIndex(where: { $0.name == owner }) {
                instances[place].interfaces.append(interface)
            } else {
                instances.append(Instance(id: Identifier(ofDevice: owner), name: owner, interfaces: [interface]))
            }
        }
        return instances
    }

    // MARK: Collectors

    private func collectors(_ vpcs: [StoredVPC]) throws -> [Collector] {
        let names = Dictionary(vpcs.map { ($0.id, $0.name) }) { first, _ in first }
        return try StoredCollector.filter(Column("projectID") == projectID).order(Column("createdAt"), Column.rowID)
            .fetchAll(database).map { stored in
                let vpc = names[stored.vpcID] ?? stored.vpcID
                let bucket = try StoredBucket.stored(stored.bucketID, in: database)
                return Collector(
                    id: try RowReading(.collector, stored.id).identifier(stored.id), name: stored.name,
                    target: try target(of: stored, vpc), bucket: bucket?.url ?? stored.bucketID,
                    isActive: stored.isActive, format: stored.flowLogFormat, interval: stored.interval)
            }
    }

    private func target(of collector: StoredCollector, _ vpc: String) throws -> Collector.Target {
        guard let kind = Kind(rawValue: collector.targetKind) else {
            throw RowReading(.collector, collector.id).fault("targetKind", collector.targetKind, "a kind")
        }
        let id = collector.targetID
        switch kind {
        case .subnet:
            return .subnet(vpc: vpc, subnet: try StoredSubnet.stored(id, in: database)?.name ?? id)
        case .instance:
            let owner = try StoredInstance.stored(id, in: database)
            return .instance(vpc: vpc, instance: owner?.deviceID ?? id)
        case .interface:
            let port = try StoredInterface.stored(id, in: database)
            let parts = (port?.name ?? id).split(separator: "/", maxSplits: 1).map(String.init)
            return .interface(vpc: vpc, instance: parts[0], interface: parts.count > 1 ? parts[1] : parts[0])
        case .vpc, .project, .user, .group, .rule, .log, .host, .acl, .aclRule, .collector, .bucket, .enterpriseRule,
            .addressTemplate:
            return .vpc(vpc)
        }
    }
}
