import GRDB
import Model

/// Builds the policy of one host.
struct HostPolicyReader {
    let host: String
    let region: ServedRegion
    let database: Database
    let interfaces: [StoredInterface]
    private var groups: [String: StoredGroup] = [:]
    private var rules: [StoredRule] = []
    private var vpcNames: [String: String] = [:]
    /// The rules that the policy holds, for their origins.
    private(set) var editions: [RuleEdition] = []

    init(host: String, region: ServedRegion, database: Database) throws {
        self.host = host
        self.region = region
        self.database = database
        interfaces = try StoredInterface.filter(
            Column("host") == host && Column("isPortSecurityEnabled") == true && Column("isAdminUp") == true
        ).order(Column("id")).fetchAll(database)
    }

    mutating func policy() throws -> Policy {
        let attached = Set(interfaces.flatMap(\.groups))
        rules = try StoredRule.filter(attached.contains(Column("groupID")))
            .order(Column("createdAt"), Column("id")).fetchAll(database)
        let named = attached.union(rules.compactMap(\.remoteGroupID))
        for group in try StoredGroup.filter(named.contains(Column("id"))).fetchAll(database) {
            groups[group.id] = group
        }
        let ids = Set(interfaces.map(\.vpcID))
        let vpcs = try StoredVPC.filter(ids.contains(Column("id"))).order(Column("id")).fetchAll(database)
        vpcNames = Self.clearNames(vpcs.map { ($0.id, $0.name.isEmpty ? $0.id : $0.name) })
        editions = rules.map { RuleEdition(kind: .rule, id: $0.id, number: $0.edition ?? 0, recordID: $0.recordID) }
        var scopes: [Scope] = []
        for stored in vpcs { scopes.append(try scope(stored)) }
        let built = try scopes.map(vpc)
        return Policy(
            project: "", region: region.name, vpcs: built, collectors: try collectors(scopes), logs: try logs())
    }

    /// What of one VPC the host has, and the names that the policy gives to its parts.
    struct Scope {
        let vpc: StoredVPC
        let name: String
        let interfaces: [StoredInterface]
        let subnets: [StoredSubnet]
        let subnetNames: [String: String]
        let acls: [NetworkACL]
        /// The name of the ACL of each subnet that has one which refuses something.
        let aclNames: [String: String]
        let devices: [Device]
    }

    /// An instance, as far as it is on the host.
    struct Device {
        /// The id in the registry; nil where no instance is known, only what ports name.
        let stored: StoredInstance?
        let id: Identifier<Instance>
        let name: String
        let ports: [StoredInterface]
        let portNames: [String: String]
    }

    private mutating func scope(_ stored: StoredVPC) throws -> Scope {
        let own = interfaces.filter { $0.vpcID == stored.id }
        let subnets = try StoredSubnet.filter(Column("vpcID") == stored.id).order(Column("id")).fetchAll(database)
        let (acls, aclNames, aclEditions) = try acls(of: subnets)
        editions += aclEditions
        return Scope(
            vpc: stored, name: vpcNames[stored.id] ?? stored.id, interfaces: own, subnets: subnets,
            subnetNames: Self.clearNames(subnets.map { ($0.id, $0.name) }), acls: acls, aclNames: aclNames,
            devices: try devices(own))
    }

    private func vpc(_ scope: Scope) throws -> VPC {
        let stored = scope.vpc
        let subnets = scope.subnets.compactMap { subnet in
            (try? IPPrefix(parsing: subnet.cidr)).flatMap { prefix in
                identifier(subnet.id).map {
                    Subnet(
                        id: $0, name: scope.subnetNames[subnet.id] ?? subnet.id, prefixes: [prefix],
                        acl: subnet.aclID.flatMap { scope.aclNames[$0] }, zone: subnet.zone ?? region.firstZone)
                }
            }
        }
        let attached = Set(scope.interfaces.flatMap(\.groups))
        let ownRules = rules.filter { attached.contains($0.groupID) }
        let peers = Set(ownRules.compactMap(\.remoteGroupID))
        let named = attached.union(peers)
        let names = groupNames(named)
        let built = try named.sorted().compactMap { id -> SecurityGroup? in
            guard let name = names[id], let identifier: Identifier<SecurityGroup> = identifier(id) else {
                return nil
            }
            return SecurityGroup(
                id: identifier, name: name,
                rules: attached.contains(id)
                    ? ownRules.filter { $0.groupID == id }.compactMap { Self.rule($0, names) } : [],
                membersElsewhere: peers.contains(id) ? try membersElsewhere(id, in: stored.id) : [])
        }
        return VPC(
            id: identifier(stored.id) ?? Identifier(derivedFrom: "vpc", stored.id), name: scope.name,
            prefixes: subnets.flatMap(\.prefixes), subnets: subnets, acls: scope.acls, groups: built,
            instances: scope.devices.map { instance($0, names, scope.subnetNames) })
    }

    /// A name for each group that no other has: its own, with the id where several share it.
    private func groupNames(_ ids: Set<String>) -> [String: String] {
        Self.clearNames(ids.sorted().compactMap { groups[$0] }.map { ($0.id, $0.name) })
    }

    static func clearNames(_ named: [(id: String, name: String)]) -> [String: String] {
        let counts = Dictionary(named.map { ($0.name, 1) }, uniquingKeysWith: +)
        return Dictionary(
            uniqueKeysWithValues: named.map { id, name in
                (id, !name.isEmpty && counts[name] == 1 ? name : "\(name) (\(id.prefix(8)))")
            })
    }

    private func instance(_ device: Device, _ groups: [String: String], _ subnets: [String: String]) -> Instance {
        Instance(
            id: device.id, name: device.name, zone: device.stored?.zone,
            interfaces: device.ports.compactMap { interface($0, device.portNames[$0.id], groups, subnets) })
    }

    /// The instances of a VPC's interfaces, under names that no two share.
    private func devices(_ own: [StoredInterface]) throws -> [Device] {
        let byDevice = Dictionary(grouping: own) { $0.deviceID.isEmpty ? $0.id : $0.deviceID }
        let sorted = byDevice.sorted { $0.key < $1.key }
        let known = try sorted.map { try StoredInstance.owner(of: $0.value[0], in: database) }
        let names = Self.clearNames(
            zip(sorted, known).map { device, stored in
                let port = device.value[0]
                return (device.key, stored?.name ?? (port.deviceID.isEmpty ? label(port) : device.key))
            })
        return zip(sorted, known).map { device, stored in
            Device(
                stored: stored, id: stored.flatMap { identifier($0.id) } ?? Identifier(ofDevice: device.key),
                name: names[device.key] ?? device.key, ports: device.value,
                portNames: Self.clearNames(device.value.map { ($0.id, label($0)) }))
        }
    }

    private func label(_ port: StoredInterface) -> String {
        port.name.isEmpty ? String(port.id.prefix(8)) : port.name
    }

    private func interface(
        _ port: StoredInterface, _ name: String?, _ names: [String: String], _ subnets: [String: String]
    ) -> Interface? {
        guard let id: Identifier<Interface> = identifier(port.id) else { return nil }
        return Interface(
            id: id, name: name ?? label(port), subnet: port.addresses.first.flatMap { subnets[$0.subnetID] } ?? "",
            addresses: port.addresses.compactMap { IPAddress($0.address) }, mac: MACAddress(port.mac),
            device: port.device, project: port.projectID, groups: port.groups.compactMap { names[$0] })
    }

    /// A rule as hosts have it; `names` are the policy's of the groups that rules name, by id.
    static func rule(_ stored: StoredRule, _ names: [String: String]) -> Rule? {
        guard let id = Identifier<Rule>(stored.recordID),
            let direction = Direction(rawValue: stored.direction)
        else { return nil }
        let remote: Remote
        if let group = stored.remoteGroupID {
            remote = .group(names[group] ?? group)
        } else if let text = stored.remotePrefix, let prefix = RuleDraft.network(text) {
            remote = .prefix(prefix)
        } else {
            remote = .any
        }
        return Rule(
            id: id, direction: direction, family: stored.etherType == "IPv6" ? .ipv6 : .ipv4,
            service: stored.service, remote: remote, local: stored.localPrefix.flatMap(RuleDraft.network),
            description: stored.description)
    }

    private func membersElsewhere(_ group: String, in vpcID: String) throws -> [IPAddress] {
        try String.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT address FROM interface_group JOIN interface ON interface.id = interface_group.interfaceID
                    JOIN interface_address ON interface_address.interfaceID = interface.id
                    WHERE groupID = ? AND interface.vpcID = ?
                      AND (interface.host <> ? OR NOT isPortSecurityEnabled OR NOT isAdminUp)
                    """), arguments: [group, vpcID, host]
        ).compactMap { IPAddress($0) }.sorted()
    }

    /// The enabled logs that can cover an interface of this host.
    private func logs() throws -> [LogResource] {
        let enabled = try StoredLog.filter(Column("isEnabled") == true).order(Column("id")).fetchAll(database)
        let own = Set(interfaces.map(\.id))
        let attached = Set(interfaces.flatMap(\.groups))
        let projects = Set(interfaces.map(\.projectID)).union(attached.compactMap { groups[$0]?.projectID })
        return enabled.compactMap { log in
            guard projects.contains(log.projectID), log.interfaceID.map(own.contains) ?? true,
                log.groupID.map(attached.contains) ?? true
            else { return nil }
            return LogResource(
                id: log.id, project: log.projectID, event: .init(rawValue: log.event.rawValue) ?? .all,
                group: log.groupID.flatMap { identifier($0) }, interface: log.interfaceID.flatMap { identifier($0) }
            )
        }
    }

    func identifier<Subject>(_ text: String) -> Identifier<Subject>? { Identifier(text) }
}
