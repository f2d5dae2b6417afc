import Foundation
package import GRDB
package import Model

/// A span of revisions in which groups got and lost rules and members or got other names, logs were switched, and collectors,
/// networks, subnets and network ACLs changed: what hosts can be told of in a few words, the same for many of them.
package struct AmendableSpan: Sendable {
    package let amendment: RevisionAmendment
    /// What of it concerns each host that is not told in full.
    package let shares: [String: RevisionAmendment.Share]
    /// Hosts whose own interfaces or instances changed.
    package let inFull: Set<String>

    /// The span after `first` and up to `last`; nil where anything happened in it that is to be told in full.
    package static func between(
        _ first: Int64, _ last: Int64, of region: ServedRegion = ServedRegion(), in database: Database
    ) throws -> AmendableSpan? {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT kind, objectID, body, revision FROM history WHERE revision > ? AND revision <= ?
                    ORDER BY revision, objectID LIMIT 1001
                    """), arguments: [first, last])
        // A long span is told in full; so is everything while enterprise rules mean what it may have changed.
        guard !rows.isEmpty, rows.count <= 1000, try !EnterpriseReader.areDynamic(in: database) else { return nil }
        var rules = RuleChanges()
        var members = MemberChanges()
        var logs = LogChanges()
        var networks = OutlineChanges()
        var groups = GroupChanges()
        var collectors = CollectorChanges()
        var inFull: Set<String> = []
        for row in rows {
            let id: String = row[1]
            let body: String? = row[2]
            let before = try former(row[0], id, first, database)
            switch Kind(rawValue: row[0]) {
            case .group: try groups.add(id, before: before, after: body)
            case .collector: try collectors.add(id, before: before, after: body)
            case .rule:
                guard try rules.add(id, before: before, after: body, in: row[3]) else { return nil }
            case .interface: try members.add(id, before: before, after: body)
            case .log: try logs.add(id, before: before, after: body)
            case .vpc: try networks.add(vpc: id, before: before, after: body)
            case .subnet: try networks.add(subnet: id, before: before, after: body)
            case .acl: try networks.add(acl: before, after: body)
            // Its list changes with it.
            case .aclRule: break
            case .instance: inFull.formUnion(try ConcernedHosts.holders(ofInstance: id, database))
            default: return nil
            }
        }
        guard let changed = members.changes, let names = try groups.names(in: database),
            try networks.draw(region, Int(last), database)
        else { return nil }
        let collected = try collectors.told(number: Int(last), in: database)
        inFull.formUnion(members.hosts.union(networks.inFull).union(collected.inFull))
        for vpc in members.vpcs { inFull.formUnion(try ConcernedHosts.pairHolders(inVPC: vpc, database)) }
        inFull.remove("")
        let switches = logs.switches
        let origins = Set(rules.added.map(\.since) + networks.outlines.flatMap(\.origins.values))
        let notes = try HostPolicy.notes(origins.union([Int(last)]), in: database)
        let own = notes.first { $0.number == last }
        return AmendableSpan(
            amendment: RevisionAmendment(
                number: Int(last), madeAt: own?.madeAt ?? .init(nanoseconds: 0), actor: own?.actor ?? "",
                origin: own?.origin ?? "", added: rules.added, removed: rules.removed, members: changed,
                logs: switches.isEmpty ? nil : switches,
                outlines: networks.outlines.isEmpty ? nil : networks.outlines, names: names.isEmpty ? nil : names,
                collectors: collected.changes.isEmpty ? nil : collected.changes, notes: notes),
            shares: try shares(rules.touched, changed.map(\.peer), logs.switched, database)
                .adding(\.vpcs, networks.holders).adding(\.collectors, collected.holders)
                .adding(
                    \.names,
                    Dictionary(
                        uniqueKeysWithValues: try names.map {
                            ($0.group, try GroupChanges.knowers(of: $0.group, in: database))
                        })
                )
                .filter { !inFull.contains($0.key) },
            inFull: inFull)
    }

    /// The state that an object had before the span.
    private static func former(_ kind: String, _ id: String, _ first: Int64, _ database: Database) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT body FROM history WHERE kind = ? AND objectID = ? AND revision <= ?
                    ORDER BY revision DESC LIMIT 1
                    """), arguments: [kind, id, first])
    }

    private static func shares(
        _ groups: Set<String>, _ peers: [RevisionAmendment.Peer], _ logs: [StoredLog], _ database: Database
    ) throws -> [String: RevisionAmendment.Share] {
        var found: [String: RevisionAmendment.Share] = [:]
        for group in groups {
            guard let id = Identifier<SecurityGroup>(group) else { continue }
            let hosts = try String.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT DISTINCT host FROM interface JOIN interface_group ON interfaceID = interface.id
                        WHERE groupID = ? AND \(HostedInterface.isInForce)
                        """), arguments: [group])
            for host in hosts { found[host, default: .init()].carried.insert(id) }
        }
        for peer in peers {
            let hosts = try String.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT DISTINCT host FROM interface JOIN interface_group ON interfaceID = interface.id
                        WHERE interface.vpcID = ? AND \(HostedInterface.isInForce) AND groupID IN
                          (SELECT groupID FROM security_group_rule WHERE remoteGroupID = ?)
                        """), arguments: [peer.vpc.description, peer.group.description])
            for host in hosts { found[host, default: .init()].peers.insert(peer) }
        }
        for log in logs {
            for host in try LogCoverage.hosts(log, in: database) { found[host, default: .init()].logs.insert(log.id) }
        }
        return found
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ body: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body.utf8))
    }
}

extension [String: RevisionAmendment.Share] {
    /// Adds things to the shares of the hosts that each concerns.
    fileprivate func adding<Thing>(
        _ part: WritableKeyPath<RevisionAmendment.Share, Set<Thing>>, _ holders: [Thing: Set<String>]
    ) -> Self {
        var shares = self
        for (thing, hosts) in holders {
            for host in hosts { shares[host, default: .init()][keyPath: part].insert(thing) }
        }
        return shares
    }
}

/// The rules that groups got and lost in a span.
private struct RuleChanges {
    private var byID: [String: RevisionAmendment.Addition] = [:]
    private var order: [String] = []
    private(set) var removed: [Identifier<Rule>] = []
    /// The groups.
    private(set) var touched: Set<String> = []

    var added: [RevisionAmendment.Addition] { order.compactMap { byID[$0] } }

    /// False for what must be told in full: a rule that was changed, or one that names a group, which a host may have to
    /// learn or to forget.
    mutating func add(_ id: String, before: String?, after: String?, in revision: Int) throws -> Bool {
        if let after {
            let rule = try AmendableSpan.decode(StoredRule.self, after)
            guard before == nil, rule.remoteGroupID == nil, let group = Identifier<SecurityGroup>(rule.groupID)
            else { return false }
            let told = try rule.read()
            byID[id] = RevisionAmendment.Addition(group: group, rule: told, since: revision)
            order.append(id)
            touched.insert(rule.groupID)
        } else if byID.removeValue(forKey: id) == nil {
            guard let before else { return false }
            let rule = try AmendableSpan.decode(StoredRule.self, before)
            guard rule.remoteGroupID == nil, let recordID = Identifier<Rule>(rule.recordID) else { return false }
            removed.append(recordID)
            touched.insert(rule.groupID)
        }
        return true
    }
}

/// The members that groups got and lost in a span.
private struct MemberChanges {
    private struct State: Decodable {
        var vpcID: String
        var host: String
        var addresses: [StoredInterface.FixedAddress]
        var groups: [String]
        var pairs: [StoredInterface.Pair]?

        /// Nil where one is none of ours.
        var allAddresses: [IPAddress]? {
            let single = (pairs ?? []).map(\.address).filter { !$0.contains("/") }
            let found = (addresses.map(\.address) + single).compactMap { IPAddress($0) }
            return found.count == addresses.count + single.count ? found : nil
        }
    }

    private var interfaces = StateChanges<State>()
    /// Where the interfaces were and are.
    private(set) var hosts: Set<String> = []
    private(set) var vpcs: Set<String> = []

    mutating func add(_ id: String, before: String?, after: String?) throws {
        let states = try interfaces.add(id, before: before, after: after)
        hosts.formUnion(states.map(\.host).filter { !$0.isEmpty })
        vpcs.formUnion(states.map(\.vpcID))
    }

    /// Nil where an id or an address is none of ours.
    var changes: [RevisionAmendment.Members]? {
        guard let before = Self.members(interfaces.byID.values.compactMap(\.before)),
            let after = Self.members(interfaces.byID.values.compactMap(\.after))
        else { return nil }
        return Set(before.keys).union(after.keys).compactMap { peer in
            let (former, present) = (before[peer] ?? [], after[peer] ?? [])
            guard former != present else { return nil }
            return RevisionAmendment.Members(
                peer: peer, added: present.subtracting(former), removed: former.subtracting(present))
        }
    }

    private static func members(_ states: [State]) -> [RevisionAmendment.Peer: Set<IPAddress>]? {
        var found: [RevisionAmendment.Peer: Set<IPAddress>] = [:]
        for state in states {
            guard let vpc = Identifier<VPC>(state.vpcID), let addresses = state.allAddresses else { return nil }
            for text in state.groups {
                guard let group = Identifier<SecurityGroup>(text) else { return nil }
                found[.init(vpc: vpc, group: group), default: []].formUnion(addresses)
            }
        }
        return found
    }
}

/// The logs that were switched on and off in a span.
private struct LogChanges {
    private var logs = StateChanges<StoredLog>()

    mutating func add(_ id: String, before: String?, after: String?) throws {
        try logs.add(id, before: before, after: after)
    }

    private static func told(_ log: StoredLog?) -> LogResource? {
        log.flatMap { $0.isEnabled ? LogCoverage.resource($0) : nil }
    }

    private var changed: [StateChanges<StoredLog>.Change] {
        logs.byID.values.filter { Self.told($0.before) != Self.told($0.after) }
    }

    var switches: [RevisionAmendment.Switch] {
        changed.compactMap { change in
            (change.after ?? change.before).map { .init(id: $0.id, log: Self.told(change.after)) }
        }.sorted { $0.id < $1.id }
    }

    /// In some state that they had; what they cover never changes.
    var switched: [StoredLog] { changed.compactMap { $0.after ?? $0.before } }
}
