import GRDB
import Model

/// An edition of a rule that hosts are told of.
struct RuleEdition {
    let kind: Kind
    let id: String
    /// 0 at first.
    let number: Int
    /// What the host knows it by.
    let recordID: String
}

extension RuleEdition {
    init(_ rule: StoredRule) {
        self.init(kind: .rule, id: rule.id, number: rule.edition ?? 0, recordID: rule.recordID)
    }

    init(_ rule: StoredACLRule) {
        self.init(kind: .aclRule, id: rule.id, number: rule.edition ?? 0, recordID: rule.recordID)
    }
}

extension HostPolicyReader {
    /// The ACLs of subnets that refuse something, and the name of each by its id. One that lets everything through is left out:
    /// nothing of it need be in a packet's way.
    static func acls(
        of subnets: [StoredSubnet], in database: Database
    ) throws -> ([NetworkACL], names: [String: String], [RuleEdition]) {
        let ids = Set(subnets.compactMap(\.aclID))
        let stored = try StoredACL.filter(ids.contains(Column("id"))).order(Column("id")).fetchAll(database)
        let names = clearNames(stored.map { ($0.id, $0.name) })
        var acls: [NetworkACL] = []
        var kept: [String: String] = [:]
        var editions: [RuleEdition] = []
        for item in stored {
            guard let id = Identifier<NetworkACL>(item.id), let name = names[item.id] else { continue }
            let rules = Dictionary(
                uniqueKeysWithValues: try StoredACLRule.filter(Column("aclID") == item.id).fetchAll(database)
                    .map { ($0.id, $0) })
            let ordered = item.rules.compactMap { rules[$0] }
            let acl = NetworkACL(id: id, name: name, rules: ordered.compactMap(rule))
            guard !acl.allowsAll else { continue }
            acls.append(acl)
            kept[item.id] = name
            editions += ordered.map { RuleEdition($0) }
        }
        return (acls, kept, editions)
    }

    private static func rule(_ stored: StoredACLRule) -> ACLRule? {
        guard let id = Identifier<Rule>(stored.recordID),
            let action = ACLRule.Action(rawValue: stored.action),
            let direction = Direction(rawValue: stored.direction)
        else { return nil }
        let service = RuleDraft(
            groupID: "", direction: stored.direction, protocolText: stored.protocolText, portMin: stored.portMin,
            portMax: stored.portMax
        ).service
        var sourcePorts: PortRange?
        if let low = stored.sourcePortMin, let high = stored.sourcePortMax, low <= high {
            sourcePorts = PortRange(UInt16(clamping: low), UInt16(clamping: high))
        }
        return ACLRule(
            id: id, name: stored.name, action: action, direction: direction,
            family: stored.etherType.map { $0 == "IPv6" ? .ipv6 : .ipv4 }, service: service, sourcePorts: sourcePorts,
            source: stored.source.flatMap(RuleDraft.network), target: stored.destination.flatMap(RuleDraft.network))
    }

    /// The collectors that have something of the host as target, in the policy's names.
    mutating func collectors(_ scopes: [Scope]) throws -> [Collector] {
        let stored = scopes.flatMap(\.parts.collectors).sorted { $0.id < $1.id }
        return try stored.compactMap { item in
            guard let scope = scopes.first(where: { $0.parts.stored.id == item.vpcID }),
                let target = target(of: item, scope), let id = Identifier<Collector>(item.id),
                let bucket = try shared.bucket(item.bucketID, in: database)
            else { return nil }
            return Collector(
                id: id, name: item.name, project: item.projectID, target: target, bucket: bucket.location,
                // A bucket that is no longer open to the project gets nothing more of it.
                isActive: item.isActive && bucket.admits(item.projectID), format: item.flowLogFormat,
                interval: item.interval)
        }
    }

    /// A collector's target by its names; nil where nothing of it is on the host.
    private func target(of collector: StoredCollector, _ scope: Scope) -> Collector.Target? {
        switch Kind(rawValue: collector.targetKind) {
        case .vpc: return .vpc(scope.name)
        case .subnet:
            guard scope.interfaces.contains(where: { $0.addresses.first?.subnetID == collector.targetID }) else {
                return nil
            }
            return scope.parts.subnetNames[collector.targetID].map { .subnet(vpc: scope.name, subnet: $0) }
        case .instance:
            return scope.devices.first { $0.stored?.id == collector.targetID }
                .map { .instance(vpc: scope.name, instance: $0.name) }
        default:
            for device in scope.devices {
                guard let name = device.portNames[collector.targetID] else { continue }
                return .interface(vpc: scope.name, instance: device.name, interface: name)
            }
            return nil
        }
    }
}
