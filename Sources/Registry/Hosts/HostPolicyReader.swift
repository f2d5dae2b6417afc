import GRDB
import Model

/// Builds the policy of one host.
struct HostPolicyReader {
    let host: String
    let region: ServedRegion
    let database: Database
    /// What other hosts' policies may need as well.
    var shared: SharedReads
    let interfaces: [HostedInterface]

    init(host: String, region: ServedRegion, database: Database, shared: SharedReads) throws {
        self.host = host
        self.region = region
        self.database = database
        self.shared = shared
        interfaces = try HostedInterface.all(onHost: host, in: database)
    }

    mutating func revision() throws -> Revision {
        let (policy, editions) = try policy()
        var origins: [String: Int] = [:]
        for edition in editions { origins[edition.recordID] = try shared.origin(of: edition, in: database) }
        let number = shared.number
        let notes = try shared.notes(Set(origins.values).union([number]), in: database)
        let own = notes.first { $0.number == number }
        return Revision(
            number: number, madeAt: own?.madeAt ?? .init(nanoseconds: 0), actor: own?.actor ?? "",
            origin: own?.origin ?? "", policy: policy, ruleOrigins: origins, notes: notes)
    }

    /// The policy, and the editions of the rules in it.
    private mutating func policy() throws -> (Policy, [RuleEdition]) {
        try HostClaims.checkSingle(interfaces, on: host, in: database)
        let byVPC = Dictionary(grouping: interfaces, by: \.vpcID)
        let parts = try byVPC.sorted { $0.key < $1.key }.map { id, ports in
            guard let parts = try shared.vpc(id, in: database) else {
                throw RowReading(.interface, ports[0].id).fault("vpcID", id, "a network that exists")
            }
            return parts
        }
        let names = Self.clearNames(
            parts.map { ($0.stored.id, $0.stored.name.isEmpty ? $0.stored.id : $0.stored.name) })
        let instances = try ownedInstances()
        let scopes = parts.map { parts in
            let own = byVPC[parts.stored.id] ?? []
            return Scope(
                parts: parts, name: names[parts.stored.id] ?? parts.stored.id, interfaces: own,
                devices: Self.devices(own, instances))
        }
        var editions = scopes.flatMap(\.parts.aclEditions)
        for group in Set(interfaces.flatMap(\.groups)) {
            editions += try shared.rules(of: group, in: database).map(\.edition)
        }
        var enterprise: [EnterpriseRule] = []
        for project in Set(interfaces.map(\.projectID)).sorted() {
            let own = try shared.enterprise(of: project, in: database)
            enterprise += own.rules
            editions += own.editions
        }
        let vpcs = try scopes.map { try vpc($0) }
        let policy = Policy(
            project: "", region: region.name, vpcs: vpcs, collectors: try collectors(scopes), logs: try logs(),
            enterprise: enterprise.isEmpty ? nil : enterprise)
        return (policy, editions)
    }

    /// What of one VPC the host has, and the names that the policy gives to its parts.
    struct Scope {
        let parts: SharedReads.VPCParts
        let name: String
        let interfaces: [HostedInterface]
        let devices: [Device]
    }

    /// An instance, as far as it is on the host.
    struct Device {
        /// The id in the registry; nil where no instance is known, only what ports name.
        let stored: StoredInstance?
        let id: Identifier<Instance>
        let name: String
        let ports: [HostedInterface]
        let portNames: [String: String]
    }

    private mutating func vpc(_ scope: Scope) throws -> VPC {
        let parts = scope.parts
        let subnets = try Self.subnets(parts, region)
        let attached = Set(scope.interfaces.flatMap(\.groups))
        var rules: [String: [SharedReads.GroupRule]] = [:]
        for group in attached { rules[group] = try shared.rules(of: group, in: database) }
        let peers = Set(rules.values.joined().compactMap(\.remoteGroupID))
        let named = try attached.union(peers).sorted().compactMap { try shared.group($0, in: database) }
        let names = Self.clearNames(named.map { ($0.id, $0.name) })
        let projects = try shared.projectNames(in: database)
        let groups = try named.map { group in
            SecurityGroup(
                id: try RowReading(.group, group.id).identifier(group.id), name: names[group.id] ?? group.name,
                rules: try rules[group.id, default: []].map { try $0.named(names) },
                membersElsewhere: peers.contains(group.id)
                    ? try shared.members(of: group.id, in: parts.stored.id, elsewhereThan: host, database) : [],
                // Of a group that is only named as a peer neither rules nor kind matter.
                isStateful: group.isStateful || !attached.contains(group.id))
        }
        return VPC(
            id: try RowReading(.vpc, parts.stored.id).identifier(parts.stored.id), name: scope.name,
            prefixes: subnets.flatMap(\.prefixes), subnets: subnets, acls: parts.acls, groups: groups,
            instances: try scope.devices.map { try instance($0, names, parts.subnetNames, projects) },
            collected: parts.stored.collected)
    }

    static func subnets(_ parts: SharedReads.VPCParts, _ region: ServedRegion) throws(UnreadableRow) -> [Subnet] {
        var subnets: [Subnet] = []
        for subnet in parts.subnets {
            let row = RowReading(.subnet, subnet.id)
            subnets.append(
                Subnet(
                    id: try row.identifier(subnet.id), name: parts.subnetNames[subnet.id] ?? subnet.id,
                    prefixes: [try row.prefix(subnet.cidr, "cidr")], acl: subnet.aclID.flatMap { parts.aclNames[$0] },
                    zone: subnet.zone ?? region.firstZone))
        }
        return subnets
    }

    /// A name for each thing that no other of them has: its own, with the id where several share it.
    static func clearNames(_ named: [(id: String, name: String)]) -> [String: String] {
        if named.count == 1, !named[0].name.isEmpty { return [named[0].id: named[0].name] }
        let counts = Dictionary(named.map { ($0.name, 1) }, uniquingKeysWith: +)
        return Dictionary(
            uniqueKeysWithValues: named.map { id, name in
                (id, !name.isEmpty && counts[name] == 1 ? name : "\(name) (\(id.prefix(8)))")
            })
    }

    private mutating func instance(
        _ device: Device, _ groups: [String: String], _ subnets: [String: String], _ projects: [String: String]
    ) throws -> Instance {
        var interfaces: [Interface] = []
        for port in device.ports {
            interfaces.append(try interface(port, device.portNames[port.id], groups, subnets, projects))
        }
        return Instance(id: device.id, name: device.name, zone: device.stored?.zone, interfaces: interfaces)
    }

    private mutating func interface(
        _ port: HostedInterface, _ name: String?, _ names: [String: String], _ subnets: [String: String],
        _ projects: [String: String]
    ) throws -> Interface {
        let row = RowReading(.interface, port.id)
        var addresses: [IPAddress] = []
        for fixed in port.addresses {
            guard subnets[fixed.subnetID] != nil else {
                throw row.fault("addresses", fixed.subnetID, "a subnet of its network")
            }
            addresses.append(try row.address(fixed.address, "addresses"))
        }
        var groups: [String] = []
        for group in port.groups {
            guard let name = names[group] else { throw row.fault("groups", group, "a group that exists") }
            groups.append(name)
        }
        var (pairs, prefixes) = try row.pairs(port.pairs)
        if !pairs.isEmpty {
            let uses = try self.shared.pairs(of: port.vpcID, in: database)
            pairs = pairs.map { AddressPair($0.prefix, mac: $0.mac, isShared: uses.isShared($0.prefix, beyond: host)) }
        }
        return Interface(
            id: try row.identifier(port.id), name: name ?? Self.label(port),
            subnet: port.addresses.first.flatMap { subnets[$0.subnetID] } ?? "", addresses: addresses,
            prefixes: prefixes, pairs: pairs, mac: try row.mac(port.mac, "mac"), device: port.device,
            project: port.projectID,
            projectName: projects[port.projectID], groups: groups)
    }

    // MARK: Instances

    private struct Owner: Hashable {
        let vpcID: String
        let projectID: String
        let deviceID: String
    }

    /// The instances that own interfaces of the host.
    private func ownedInstances() throws -> [Owner: StoredInstance] {
        guard interfaces.contains(where: { !$0.deviceID.isEmpty }) else { return [:] }
        let stored = try StoredInstance.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT DISTINCT instance.* FROM interface
                    JOIN instance USING (vpcID, projectID, deviceID) WHERE interface.host = ? AND interface.deviceID <> ''
                    """), arguments: [host])
        return Dictionary(
            stored.map { (Owner(vpcID: $0.vpcID, projectID: $0.projectID, deviceID: $0.deviceID), $0) }
        ) { first, _ in first }
    }

    /// The instances of a VPC's interfaces, under names that no two share.
    private static func devices(_ own: [HostedInterface], _ instances: [Owner: StoredInstance]) -> [Device] {
        let byDevice = Dictionary(grouping: own) { $0.deviceID.isEmpty ? $0.id : $0.deviceID }
        let sorted = byDevice.sorted { $0.key < $1.key }
        let known = sorted.map { device in
            let port = device.value[0]
            return instances[Owner(vpcID: port.vpcID, projectID: port.projectID, deviceID: port.deviceID)]
        }
        let names = clearNames(
            zip(sorted, known).map { device, stored in
                let port = device.value[0]
                return (device.key, stored?.name ?? (port.deviceID.isEmpty ? label(port) : device.key))
            })
        return zip(sorted, known).map { device, stored in
            Device(
                stored: stored, id: stored.flatMap { Identifier($0.id) } ?? Identifier(ofDevice: device.key),
                name: names[device.key] ?? device.key, ports: device.value,
                portNames: clearNames(device.value.map { ($0.id, label($0)) }))
        }
    }

    /// What an interface is called within its instance. Of a policy file's the registry has the instance's name in front.
    private static func label(_ port: HostedInterface) -> String {
        guard !port.name.isEmpty else { return String(port.id.prefix(8)) }
        let place = "\(port.deviceID)/"
        guard !port.deviceID.isEmpty, port.name.hasPrefix(place), port.name != place else { return port.name }
        return String(port.name.dropFirst(place.count))
    }

    // MARK: Logs

    /// The enabled logs that can cover an interface of this host.
    private mutating func logs() throws -> [LogResource] {
        let enabled = try shared.enabledLogs(in: database)
        guard !enabled.isEmpty else { return [] }
        let own = Set(interfaces.map(\.id))
        let attached = Set(interfaces.flatMap(\.groups))
        var projects = Set(interfaces.map(\.projectID))
        for group in attached {
            if let project = try shared.group(group, in: database)?.projectID { projects.insert(project) }
        }
        return enabled.filter {
            LogCoverage.concerns($0, interfaces: own, groups: attached, projects: projects)
        }.map { LogCoverage.resource($0) }
    }
}
