import GRDB
import Model
import TestSupport
import Testing

@testable import Registry

/// Whatever stands in a column of a stored row: the policy of its host is refused with the row's name, or means what it
/// meant. It never lets more through.
@Suite struct DamagedRowTests {
    private let test: RegistryUnderTest
    private let inner: String
    private let outer: String

    init() async throws {
        test = try RegistryUnderTest()
        (inner, outer) = try await test.change { change in
            let made = try change.createVPC(
                StoredVPC(id: Change.newID(), projectID: "p", name: "shop", description: ""))
            let vpc = try change.ensureDefaults(of: made, protocolText: RuleDraft.icmpTCPUDP) { "made" }
            let acl = StoredACL(id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "edge")
            func aclRule(_ action: String, _ direction: String, _ text: String?) -> StoredACLRule {
                StoredACLRule(
                    projectID: "p", aclID: acl.id, name: "\(action) \(direction)", action: action, direction: direction,
                    protocolText: text)
            }
            var deny = aclRule("deny", "ingress", "tcp")
            (deny.portMin, deny.portMax, deny.source) = (22, 23, "192.0.2.0/24")
            (deny.sourcePortMin, deny.sourcePortMax, deny.destination) = (1024, 65_535, "10.1.0.0/24")
            var echo = aclRule("allow", "ingress", "icmp")
            (echo.portMin, echo.portMax) = (8, 0)
            _ = try change.createACL(
                acl, [deny, echo, aclRule("allow", "ingress", "udp"), aclRule("allow", "egress", nil)])
            let subnet = try change.createSubnet(
                StoredSubnet(
                    id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "web", description: "",
                    cidr: "10.1.0.0/24", gateway: nil, isDHCPEnabled: false, pools: [], aclID: acl.id))
            let (inner, outer) = (
                try change.createGroup(in: vpc, name: "inner"), try change.createGroup(in: vpc, name: "outer")
            )
            for draft in [
                RuleDraft(
                    groupID: inner.id, direction: "ingress", protocolText: "tcp", portMin: 80, portMax: 90,
                    remotePrefix: "198.51.100.0/24", localPrefix: "10.1.0.4"),
                RuleDraft(groupID: inner.id, direction: "ingress", protocolText: "icmp", portMin: 8, portMax: 0),
                RuleDraft(groupID: inner.id, direction: "ingress", protocolText: "udp", remoteGroupID: outer.id),
                RuleDraft(groupID: inner.id, direction: "egress", etherType: "IPv6", protocolText: "58"),
            ] { try change.addRule(draft, to: inner, told: true) }
            for (host, address, groups) in [("h1", "10.1.0.4", [inner.id]), ("h2", "10.1.0.5", [outer.id])] {
                _ = try change.createInterface(
                    StoredInterface(
                        id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "eth0", description: "",
                        mac: "02:00:00:00:00:0\(address.last ?? "0")", isAdminUp: true, deviceID: host, deviceOwner: "",
                        host: host, device: "tap1", vnicType: "normal", profile: "{}", isPortSecurityEnabled: true,
                        addresses: [.init(subnetID: subnet.id, address: address)], groups: groups))
            }
            return (inner.id, outer.id)
        }
    }

    /// What a policy lets through and out, without names and words.
    private struct Meaning: Equatable {
        /// What each interface may be, and what each of its groups' rules admits; fewer of them admit less.
        var admitted: Set<String> = []
        /// What must be in the way, in its order.
        var inTheWay: [String] = []

        init(_ policy: Policy) {
            for vpc in policy.vpcs {
                let groups = Dictionary(vpc.groups.map { ($0.name, $0) }) { first, _ in first }
                for interface in vpc.instances.flatMap(\.interfaces) {
                    inTheWay.append(
                        "\(interface.id) \(interface.device ?? "none") \(interface.mac?.description ?? "any")")
                    for address in interface.addresses { admitted.insert("\(interface.id) is \(address)") }
                    for group in interface.groups.compactMap({ groups[$0] }) {
                        for rule in group.rules {
                            let start =
                                "\(interface.id) \(group.isStateful) \(rule.direction) \(rule.service) "
                                + "\(String(describing: rule.family)) \(Self.text(rule.local)) "
                            switch rule.remote {
                            case .group(let name):
                                for peer in groups[name]?.membersElsewhere ?? [] { admitted.insert(start + "\(peer)") }
                            case .prefix(let prefix): admitted.insert(start + Self.text(prefix))
                            case .any: admitted.insert(start + "any")
                            }
                        }
                    }
                }
                for subnet in vpc.subnets {
                    guard let acl = subnet.acl.flatMap({ name in vpc.acls.first { $0.name == name } }) else { continue }
                    inTheWay.append("\(subnet.prefixes) \(acl.rules.map(\.text))")
                }
            }
        }

        /// A block of no length is every address, as none is.
        private static func text(_ prefix: IPPrefix?) -> String {
            prefix.map { $0.length == 0 ? "any" : "\($0)" } ?? "any"
        }

        func isWider(than other: Meaning) -> Bool {
            !admitted.isSubset(of: other.admitted) || inTheWay != other.inTheWay
        }
    }

    private static let words: [String?] = [
        nil, "", "x", "any", "tcp", "udp", "tpc", "icmp", "58", "300", "-1", "allow", "deny", "ingress", "egress",
        "outgress", "IPv4", "IPv6", "ipv4", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/99", "::/0", "1.2.3", "[]", "[",
        "[\"x\"]", "{}", "null", "[\"\"]", "\"x\"", "02:00:00:00:00:zz", "[{\"address\":\"x\",\"subnetID\":\"y\"}]",
        "[{\"address\":\"10.1.0.9\"}]",
    ]
    private static let numbers: [Int?] = [nil, -1, 0, 1, 7, 81, 91, 255, 256, 65_535, 65_536, .max, .min]

    /// Columns that a change may write anything into that is right, or that nothing of a policy is made of.
    private static let right: [String: Set<String>] = [
        // A port without a MAC address may send from any; one that is down, or elsewhere, is in no policy of this host.
        "interface": ["mac", "isAdminUp", "isPortSecurityEnabled", "host", "device", "id", "vpcID", "deviceID"],
        "security_group": ["id"],
    ]

    @Test(arguments: [
        "security_group_rule", "network_acl_rule", "network_acl", "security_group", "subnet", "interface",
    ])
    func `a damaged column refuses the policy, or changes nothing`(_ table: String) async throws {
        let rows = try await test.registry.read { try String.fetchAll($0, sql: "SELECT id FROM \(table) ORDER BY id") }
        let columns = try await test.registry.read { database in
            try database.columns(in: table).map { ($0.name, $0.type) }
        }
        try #require(!rows.isEmpty)
        var refused = 0
        var unchanged = 0
        var random = SplitMix64(seed: 17)
        let before = Meaning(try await test.registry.read { try Self.policy(32, $0) })
        for row in rows {
            for (column, type) in columns where Self.right[table]?.contains(column) != true {
                var values: [(any DatabaseValueConvertible)?] =
                    type == "INTEGER" ? Self.numbers.map { $0 } : Self.words.map { $0 }
                // Either kind is right for a group.
                if column == "isStateful" { values = [-1, 2, 81, Int.max] }
                for value in values.shuffled(using: &random).prefix(4) {
                    let few = random.chance(50) ? 0 : 32
                    switch try await damaged(table, row, column, value, few) {
                    case .success(let policy)?:
                        let isWider = Meaning(policy).isWider(than: before)
                        #expect(!isWider, "\(table) \(column) \(String(describing: value)), few: \(few)")
                        unchanged += 1
                    case .failure(let error)?:
                        #expect(error is UnreadableRow, "\(table) \(column): \(error)")
                        refused += 1
                    // The database does not take it.
                    case nil: break
                    }
                }
            }
        }
        print("damaged \(table): \(refused) refused, \(unchanged) not wider")
        #expect(refused > 0)
    }

    /// The policy of h1 with one column of one row changed; nil where the database does not take the change.
    private func damaged(
        _ table: String, _ row: String, _ column: String, _ value: (any DatabaseValueConvertible)?, _ few: Int
    ) async throws -> Result<Policy, any Error>? {
        let value = value?.databaseValue ?? .null
        return try await test.registry.keep { database in
            var found: Result<Policy, any Error>?
            try database.inSavepoint {
                try database.execute(sql: "PRAGMA defer_foreign_keys = ON")
                do {
                    try database.execute(
                        sql: "UPDATE \(table) SET \(column) = ? WHERE id = ?", arguments: [value, row])
                } catch {
                    return .rollback
                }
                found = Result { try Self.policy(few, database) }
                return .rollback
            }
            return found
        }
    }

    private static func policy(_ few: Int, _ database: Database) throws -> Policy {
        try HostPolicies(region: ServedRegion(), few: few).revision(forHost: "h1", in: database).policy
    }

    @Test func `an unknown protocol is told with table, row, column and value`() async throws {
        let rule = try await test.registry.read {
            try StoredRule.filter(Column("protocolText") == "udp").fetchOne($0)
        }
        let id = try #require(rule?.id)
        let told = try await damaged("security_group_rule", id, "protocolText", "upd", 32)
        guard case .failure(let error)? = told else {
            Issue.record("the policy was read: \(String(describing: told))")
            return
        }
        #expect("\(error)" == "security_group_rule \(id): column protocolText holds \"upd\", not a protocol")
    }

    @Test func `a rule that cannot be read does not hold up hosts that do not have it`() async throws {
        let policy = try await test.registry.keep { database in
            var found: Policy?
            try database.inSavepoint {
                try database.execute(
                    sql: "UPDATE security_group_rule SET protocolText = 'x' WHERE groupID = ?", arguments: [inner])
                found = try HostPolicies(region: ServedRegion(), few: 0).revision(forHost: "h2", in: database).policy
                return .rollback
            }
            return found
        }
        #expect(policy?.vpcs.first?.instances.count == 1)
    }
}
