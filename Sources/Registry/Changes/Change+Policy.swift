import GRDB
package import Model
import Policy

/// Makes the registry what a policy file says, for the objects that it names.
///
/// Names are looked up within the project: a VPC by its name, a group by its name, an interface by `INSTANCE/INTERFACE` within
/// its VPC. What the file does not name stays as it is, unless it is to be pruned.
package struct PolicyDeclaration: Sendable {
    let policy: Policy
    let projectID: String
    /// The host that has the devices.
    private let host: String
    let prunes: Bool
    let region: ServedRegion
    let rights: Rights

    /// What the caller may do: each change is decided as if it were made alone.
    package struct Rights: Sendable {
        /// The right that stands against an operation on an object of the project, or against an attribute that it names; nil
        /// where none does.
        let denial: @Sendable (_ operation: String, _ attributes: [String]) -> String?

        package init(_ denial: @escaping @Sendable (_ operation: String, _ attributes: [String]) -> String?) {
            self.denial = denial
        }
    }

    package init(
        _ policy: Policy, projectID: String, host: String, prunes: Bool, region: ServedRegion = ServedRegion(),
        rights: Rights
    ) {
        self.policy = policy
        self.projectID = projectID
        self.host = host
        self.prunes = prunes
        self.region = region
        self.rights = rights
    }

    /// Makes it so; tells what changed, a line each, as for a host of its own: `+ group shop/web`,
    /// `- rule shop/web: ingress tcp/22 from any`. What is told is what the project's objects differ by before and after.
    package func make(in change: Change) throws -> [String] {
        let homes = Dictionary(
            policy.vpcs.flatMap { vpc in vpc.groups.map { ($0.name, vpc.name) } },
            uniquingKeysWith: { first, _ in first })
        let state = DeclaredPolicy(projectID: projectID, homes: homes, database: change.database)
        let before = try state.read()
        var buckets: [String] = []
        try make(in: DeclaredChange(change, projectID: projectID, rights: rights), &buckets)
        let difference = PolicyDifference(from: before, to: try state.read())
        return buckets + difference.lines.map(\.text)
    }

    /// * `buckets`: gets a line for each bucket that is made, which no policy has as an object.
    private func make(in change: DeclaredChange, _ buckets: inout [String]) throws {
        var seen: Set<String> = []
        for name in policy.vpcs.flatMap(\.groups).map(\.name) where !seen.insert(name).inserted {
            throw RegistryError(
                .invalid(.body),
                "group \(name): two VPCs of the file have one of this name, and a project has one group of a name here; "
                    + "rename one of them")
        }
        try checkPlaces()
        var made: [String: StoredVPC] = [:]
        for vpc in policy.vpcs {
            let stored = try self.vpc(vpc, change)
            let subnets = try self.subnets(vpc, of: stored, change)
            made[vpc.name] = stored
            let groups = try self.groups(vpc, of: stored, change)
            try acls(vpc, of: stored, change)
            try interfaces(vpc, of: stored, subnets, groups, change)
            if prunes { try pruneGroups(of: stored, change) }
        }
        try collectors(made, change, &buckets)
    }

    private func vpc(_ vpc: VPC, _ change: DeclaredChange) throws -> StoredVPC {
        let named = Column("projectID") == projectID && Column("name") == vpc.name
        if let found = try StoredVPC.filter(named).fetchOne(change.database) { return found }
        return try change.createVPC(
            StoredVPC(id: Change.newID(), projectID: projectID, name: vpc.name, description: ""))
    }

    private func subnets(
        _ vpc: VPC, of stored: StoredVPC, _ change: DeclaredChange
    ) throws -> [StoredSubnet] {
        var all = try StoredSubnet.filter(Column("vpcID") == stored.id).fetchAll(change.database)
        for subnet in vpc.subnets {
            for prefix in subnet.prefixes {
                if let present = all.first(where: { $0.cidr == prefix.description }) {
                    try checkZone(subnet, against: present)
                    continue
                }
                all.append(
                    try change.createSubnet(
                        StoredSubnet(
                            id: Change.newID(), projectID: projectID, vpcID: stored.id, name: subnet.name,
                            description: "", cidr: prefix.description, gateway: nil, isDHCPEnabled: false, pools: [],
                            zone: subnet.zone)))
            }
        }
        return all
    }

    // MARK: Groups

    /// The registry's group of each of the file's, by the file's name.
    private func groups(
        _ vpc: VPC, of home: StoredVPC, _ change: DeclaredChange
    ) throws -> [String: StoredGroup] {
        var stored: [String: StoredGroup] = [:]
        for group in vpc.groups {
            if let found = try StoredGroup.filter(usable(in: home) && Column("name") == group.name)
                .fetchOne(change.database)
            {
                stored[group.name] = try update(found, to: group, change)
            } else {
                stored[group.name] = try change.createBareGroup(
                    name: group.name, isStateless: !group.isStateful)
            }
        }
        for group in vpc.groups {
            guard let own = stored[group.name] else { continue }
            try rules(group, of: own, stored, change)
        }
        return stored
    }

    private func update(
        _ former: StoredGroup, to group: SecurityGroup, _ change: DeclaredChange
    ) throws -> StoredGroup {
        guard former.isStateless == group.isStateful else { return former }
        do {
            return try change.setStateless(!group.isStateful, former)
        } catch let error as RegistryError where error.code == .inUse(.group) {
            throw RegistryError(
                error.code,
                "group \(group.name): stateful cannot change while an interface carries the group; detach it first")
        }
    }

    /// The project's groups that a VPC's interfaces can carry: its own, and Neutron's, which are for all.
    private func usable(in vpc: StoredVPC) -> some SQLSpecificExpressible {
        Column("projectID") == projectID && (Column("vpcID") == nil || Column("vpcID") == vpc.id)
    }

    private func rules(
        _ group: SecurityGroup, of own: StoredGroup, _ groups: [String: StoredGroup], _ change: DeclaredChange
    ) throws {
        var wanted: [String: RuleDraft] = [:]
        for rule in group.rules {
            for draft in drafts(rule, of: own, groups) {
                var canonical = draft
                try canonical.canonicalise()
                wanted[canonical.identity] = draft
            }
        }
        let present = try StoredRule.filter(Column("groupID") == own.id).fetchAll(change.database)
        for rule in present where wanted[rule.identity] == nil {
            try change.deleteRule(rule, of: own)
        }
        let known = Set(present.map(\.identity))
        for (identity, draft) in wanted.sorted(by: { $0.key < $1.key }) where !known.contains(identity) {
            try change.createRule(draft, of: own)
        }
        for rule in present {
            guard let description = wanted[rule.identity]?.description, description != rule.description else {
                continue
            }
            try change.describe(rule, of: own, description)
        }
    }

    /// The file's rule as the registry has rules: one for each family that it can match.
    private func drafts(_ rule: Rule, of own: StoredGroup, _ groups: [String: StoredGroup]) -> [RuleDraft] {
        rule.families.map { family in
            var draft = RuleDraft(
                groupID: own.id, direction: rule.direction.rawValue, etherType: family == .ipv4 ? "IPv4" : "IPv6",
                description: rule.description)
            switch rule.service {
            case .any: break
            case .icmpTCPUDP: draft.protocolText = "icmp_tcp_udp"
            case .transport(let transport, let ports):
                draft.protocolText = "\(transport)"
                // Port 0 is no port to the registry: a range from it begins at 1.
                (draft.portMin, draft.portMax) = (ports.map { max(1, Int($0.lower)) }, ports.map { Int($0.upper) })
            case .icmp(let transport, let type, let code):
                draft.protocolText = "\(transport)"
                (draft.portMin, draft.portMax) = (type.map { Int($0) }, code.map { Int($0) })
            }
            draft.localPrefix = rule.local?.description
            switch rule.remote {
            case .any: break
            case .prefix(let prefix): draft.remotePrefix = prefix.description
            case .group(let name): draft.remoteGroupID = groups[name]?.id
            }
            return draft
        }
    }

    /// Removes the groups that no part of the file names: those that are for the whole project stand in another VPC's perhaps.
    private func pruneGroups(of home: StoredVPC, _ change: DeclaredChange) throws {
        let named = Set(policy.vpcs.flatMap(\.groups).map(\.name))
        let own = try StoredGroup.filter(usable(in: home) && Column("isDefault") == false).fetchAll(change.database)
        let vpc: StoredVPC = try change.find(home.id)
        for group in own where !named.contains(group.name) && group.id != vpc.defaultGroupID {
            try change.deleteGroup(group)
        }
    }

    // MARK: Interfaces

    private func interfaces(
        _ vpc: VPC, of stored: StoredVPC, _ subnets: [StoredSubnet], _ groups: [String: StoredGroup],
        _ change: DeclaredChange
    ) throws {
        let present = try StoredInterface.filter(Column("vpcID") == stored.id && Column("projectID") == projectID)
            .fetchAll(change.database)
        var named: Set<String> = []
        for instance in vpc.instances {
            for interface in instance.interfaces {
                let name = "\(instance.name)/\(interface.name)"
                named.insert(name)
                let former = present.first { $0.name == name }
                let wanted = self.interface(interface, instance, name, former, stored, subnets, groups)
                let place = "interface \(vpc.name)/\(name)"
                if let former {
                    guard wanted != former else { continue }
                    try change.updateInterface(wanted, from: former, place)
                } else {
                    try change.createInterface(wanted, place)
                }
            }
        }
        guard prunes else { return }
        for port in present where !named.contains(port.name) {
            try change.deleteInterface(port)
        }
    }

    private func interface(
        _ interface: Interface, _ instance: Instance, _ name: String, _ former: StoredInterface?, _ vpc: StoredVPC,
        _ subnets: [StoredSubnet], _ groups: [String: StoredGroup]
    ) -> StoredInterface {
        let id = former?.id ?? Change.newID()
        // One without a device waits for a host to attach one, or keeps what a host has attached.
        let device = interface.device ?? former?.device ?? InterfaceDefaults.device(id)
        let isNamed = interface.device != nil
        let addresses = interface.addresses.compactMap { address in
            subnets.first { (try? IPPrefix(parsing: $0.cidr))?.contains(address) == true }.map {
                StoredInterface.FixedAddress(subnetID: $0.id, address: address.description)
            }
        }
        var wanted = StoredInterface(
            id: id, projectID: projectID, vpcID: vpc.id, name: name, description: former?.description ?? "",
            mac: interface.mac?.description ?? former?.mac ?? "", isAdminUp: true, deviceID: instance.name,
            deviceOwner: former?.deviceOwner ?? "", host: isNamed ? host : former?.host ?? "", device: device,
            vnicType: "normal", profile: isNamed ? "{\"device\":\"\(device)\"}" : former?.profile ?? "{}",
            isPortSecurityEnabled: true, addresses: addresses,
            groups: interface.groups.compactMap { groups[$0]?.id })
        wanted.pairs = StoredInterface.pairs(of: interface)
        // What the VPC API alone can say stays.
        wanted.virtual = former?.virtual
        wanted.createdAt = former?.createdAt ?? 0
        wanted.updatedAt = former?.updatedAt ?? 0
        wanted.revisionNumber = former?.revisionNumber ?? 0
        return wanted
    }
}

extension Change {
    /// Makes a group without any rule: what is declared is all that it has.
    func createBareGroup(projectID: String, name: String, isStateless: Bool) throws -> StoredGroup {
        guard name.lowercased() != StoredGroup.defaultName else {
            throw RegistryError(.defaultGroupExists, "Default security group already exists.")
        }
        try ensureDefaultGroup(projectID)
        try Quota.group.check(projectID, adding: 1, in: database)
        var group = StoredGroup(
            id: Change.newID(), projectID: projectID, name: name, description: "", isStateless: isStateless)
        try insert(&group)
        try audit("security_group.create", group, after: try json(group))
        return group
    }
}
