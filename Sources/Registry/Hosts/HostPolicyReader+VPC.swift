import GRDB
import Model
import Records

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
        let stored = try StoredACL.readAll(
            StoredACL.filter(ids.contains(Column("id"))).order(Column("id")), in: database)
        let names = clearNames(stored.map { ($0.id, $0.name) })
        var acls: [NetworkACL] = []
        var kept: [String: String] = [:]
        var editions: [RuleEdition] = []
        for item in stored {
            let ordered = try item.orderedRules(in: database)
            try item.checkHistory([("rules", { "\($0.rules)" })], in: database)
            for rule in ordered { try rule.checkHistory(StoredACLRule.whatItDoes, in: database) }
            let acl = NetworkACL(
                id: try RowReading(.acl, item.id).identifier(item.id), name: names[item.id] ?? item.name,
                rules: try ordered.map { rule throws(UnreadableRow) in try rule.read() })
            guard !acl.allowsAll else { continue }
            acls.append(acl)
            kept[item.id] = acl.name
            editions += ordered.map { RuleEdition($0) }
        }
        for subnet in subnets {
            try subnet.checkHistory([("cidr", { $0.cidr }), ("aclID", { $0.aclID ?? "none" })], in: database)
            guard let id = subnet.aclID, !stored.contains(where: { $0.id == id }) else { continue }
            throw RowReading(.subnet, subnet.id).fault("aclID", id, "a network ACL that exists")
        }
        return (acls, kept, editions)
    }

    /// The collectors that have something of the host as target, in the policy's names.
    mutating func collectors(_ scopes: [Scope]) throws -> [Collector] {
        let stored = scopes.flatMap(\.parts.collectors).sorted { $0.id < $1.id }
        return try stored.compactMap { item in
            guard let scope = scopes.first(where: { $0.parts.stored.id == item.vpcID }),
                let target = try target(of: item, scope)
            else { return nil }
            return try Self.collector(item, target: target, bucket: try shared.bucket(item.bucketID, in: database))
        }
    }

    /// A collector as hosts have it; `bucket` is nil where the one that it names is not there.
    static func collector(
        _ item: StoredCollector, target: Collector.Target, bucket: StoredBucket?
    ) throws(UnreadableRow) -> Collector {
        let row = RowReading(.collector, item.id)
        guard let bucket else { throw row.fault("bucketID", item.bucketID, "a bucket that exists") }
        let format = ObjectFormats.standard[item.flowLogFormat]
        guard let format, Set(item.formatColumns).isSubset(of: format.columns?.known ?? []) else {
            throw row.fault("format", item.format, "a format, with columns that it has")
        }
        return Collector(
            id: try row.identifier(item.id), name: item.name, project: item.projectID, target: target,
            bucket: bucket.location,
            // A bucket that is no longer open to the project gets nothing more of it.
            isActive: item.isActive && bucket.admits(item.projectID), format: item.flowLogFormat,
            interval: item.interval)
    }

    /// A collector's target by its names; nil where nothing of it is on the host.
    private func target(of collector: StoredCollector, _ scope: Scope) throws(UnreadableRow) -> Collector.Target? {
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
        case .interface:
            for device in scope.devices {
                guard let name = device.portNames[collector.targetID] else { continue }
                return .interface(vpc: scope.name, instance: device.name, interface: name)
            }
            return nil
        case .project, .user, .group, .rule, .log, .host, .acl, .aclRule, .collector, .bucket, .enterpriseRule,
            .addressTemplate, nil:
            throw RowReading(.collector, collector.id).fault(
                "targetKind", collector.targetKind, "vpc, subnet, instance or interface")
        }
    }
}

extension StoredACLRule {
    /// What `does` compares, column by column.
    fileprivate static var whatItDoes: [(name: String, value: (StoredACLRule) -> String)] {
        func number(_ value: Int?) -> String { value.map(String.init) ?? "none" }
        return [
            ("action", { $0.action }), ("direction", { $0.direction }), ("etherType", { $0.etherType ?? "both" }),
            ("protocolText", { $0.protocolText ?? "any" }), ("portMin", { number($0.portMin) }),
            ("portMax", { number($0.portMax) }), ("sourcePortMin", { number($0.sourcePortMin) }),
            ("sourcePortMax", { number($0.sourcePortMax) }), ("source", { $0.source ?? "any" }),
            ("destination", { $0.destination ?? "any" }),
        ]
    }
}
