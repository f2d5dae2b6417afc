import GRDB
import Model
import Registry
import TestSupport
import Testing

@Suite struct ConcernedHostsTests {
    private static let hosts = ["h1", "h2", "h3", "h4", onlyInFirst]
    /// The host of which all interfaces are in one VPC.
    private static let onlyInFirst = "h5"

    @Test(arguments: [false, true])
    func `a host has after a change what it had, or is said to be told`(hasEnterprise: Bool) async throws {
        let test = try RegistryUnderTest()
        var random = SplitMix64(seed: 7)
        try await test.change {
            try $0.setQuotas("p", [.group: -1, .rule: -1, .interface: -1, .log: -1], notBelowUse: false)
        }
        let vpcs = try await test.change { change in
            try (1...2).map { number in
                let vpc = try change.ensureDefaults(
                    of: try change.createVPC(
                        StoredVPC(id: Change.newID(), projectID: "p", name: "v\(number)", description: "")),
                    protocolText: nil, name: { "made" })
                let subnet = StoredSubnet(
                    id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "s", description: "",
                    cidr: "10.\(number).0.0/16",
                    gateway: nil, isDHCPEnabled: false,
                    pools: [.init(start: "10.\(number).0.10", end: "10.\(number).9.9")])
                return (vpc, try change.createSubnet(subnet))
            }
        }
        var told = 0
        var spared = 0
        var amended = 0
        var switched = 0
        var redrawn = 0
        for _ in 0..<(hasEnterprise ? 100 : 700) {
            let before = try await revisions(test)
            let (choice, seed) = (Int.random(in: 0..<(hasEnterprise ? 34 : 25), using: &random), random.next())
            do {
                try await test.change { try Self.act(choice, seed, vpcs, $0) }
            } catch is RegistryError {
                continue
            }
            let after = try await revisions(test)
            let (concerned, span) = try await test.registry.read {
                (
                    try ConcernedHosts.between(before.number, after.number, in: $0),
                    try AmendableSpan.between(before.number, after.number, in: $0)
                )
            }
            for host in Self.hosts {
                let (former, present) = (try #require(before.byHost[host]), try #require(after.byHost[host]))
                if concerned?.contains(host) ?? true {
                    told += 1
                } else {
                    spared += 1
                    #expect(former.policy == present.policy, "choice \(choice)")
                }
                guard let span, !span.inFull.contains(host) else { continue }
                if let share = span.shares[host] {
                    amended += 1
                    if !share.logs.isEmpty { switched += 1 }
                    if !share.vpcs.isEmpty { redrawn += 1 }
                    let next = former.amended(by: span.amendment.limited(to: share))
                    #expect(next?.policy == present.policy, "choice \(choice)")
                    #expect(next?.ruleOrigins == present.ruleOrigins)
                } else {
                    #expect(former.policy == present.policy, "choice \(choice)")
                }
            }
        }
        // While rules mean objects, every host is looked at.
        guard !hasEnterprise else { return }
        #expect(told > 100)
        #expect(spared > 100)
        #expect(amended > 20)
        #expect(switched > 20)
        #expect(redrawn > 50)
    }

    /// What is read for several hosts together stays true over all changes.
    private let policies = [HostPolicies(region: ServedRegion()), HostPolicies(region: ServedRegion(), few: 2)]

    private func revisions(_ test: RegistryUnderTest) async throws -> (number: Int64, byHost: [String: Revision]) {
        try await test.registry.read { [policies] database in
            for host in Self.hosts {
                let alone = try HostPolicy.revision(forHost: host, in: database)
                for shared in policies { #expect(try shared.revision(forHost: host, in: database) == alone) }
            }
            return (
                try Int64.fetchOne(database, sql: "SELECT coalesce(max(number), 0) FROM revision") ?? 0,
                try Dictionary(
                    uniqueKeysWithValues: Self.hosts.map {
                        ($0, try HostPolicy.revision(forHost: $0, in: database))
                    })
            )
        }
    }

    private static func act(_ choice: Int, _ seed: UInt64, _ vpcs: [(StoredVPC, StoredSubnet)], _ change: Change) throws
    {
        var random = SplitMix64(seed: seed)
        let groups = try StoredGroup.order(Column.rowID).fetchAll(change.database)
        let ports = try StoredInterface.order(Column.rowID).fetchAll(change.database)
        let rules = try StoredRule.order(Column.rowID).fetchAll(change.database)
        func some<Element>(_ list: [Element]) throws -> Element {
            guard let element = list.randomElement(using: &random) else { throw RegistryError.notFound(.group, "") }
            return element
        }
        switch choice {
        case 0:
            _ = try change.createGroup(
                projectID: "p", name: "g\(seed % 100)", description: "", isStateless: seed % 4 == 0)
        case 1:
            let draft = RuleDraft(
                groupID: try some(groups).id, direction: "ingress", protocolText: "tcp", portMin: Int(seed % 9) + 1,
                portMax: 20, remoteGroupID: seed % 2 == 0 ? try some(groups).id : nil)
            _ = try change.createRules([draft]) { _ in true }
        case 2: try change.deleteRule(try some(rules))
        case 3, 4:
            let (vpc, subnet) = try some(vpcs)
            let address = try change.freeAddress(in: subnet)
            _ = try change.createInterface(
                StoredInterface(
                    id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "", description: "", mac: "",
                    isAdminUp: true,
                    deviceID: seed % 3 == 0 ? "" : "machine\(seed % 4)", deviceOwner: "",
                    host: try some(vpc.id == vpcs[0].0.id ? hosts : hosts.dropLast()),
                    device: "d\(seed)", vnicType: "normal",
                    profile: "{}",
                    isPortSecurityEnabled: true, addresses: [.init(subnetID: subnet.id, address: address)],
                    groups: [try some(groups).id]))
        case 5:
            let port = try some(ports)
            var wanted = port
            if seed % 2 == 0 { wanted.host = try some(hosts.dropLast()) } else { wanted.groups = [try some(groups).id] }
            _ = try change.updateInterface(wanted, from: port)
        case 6: try change.deleteInterface(try some(ports))
        case 25...: try EnterpriseActions(change: change).act(choice, &random)
        case 22...: try VPCActions(change: change, choice: choice).changeNetwork(&random)
        case 19...: try switchLog(seed, groups, ports, change)
        case 8...: try VPCActions(change: change, choice: choice).act(&random)
        default:
            let group = try some(groups)
            _ =
                seed % 2 == 0
                ? try change.updateGroup(group, name: "renamed\(seed % 50)", description: nil)
                : try change.updateGroup(group, name: nil, description: nil, isStateless: !group.isStateless)
        }
    }

    /// Makes a log of anything, or switches or removes one that is there.
    private static func switchLog(
        _ seed: UInt64, _ groups: [StoredGroup], _ ports: [StoredInterface], _ change: Change
    ) throws {
        var random = SplitMix64(seed: seed)
        let logs = try StoredLog.order(Column.rowID).fetchAll(change.database)
        guard let log = logs.randomElement(using: &random), Bool.random(using: &random) else {
            let port = Bool.random(using: &random) ? ports.randomElement(using: &random) : nil
            let group = port.map { $0.groups.first } ?? groups.randomElement(using: &random)?.id
            _ = try change.createLog(
                StoredLog(
                    id: Change.newID(), projectID: seed % 4 == 0 ? "other" : "p", name: "", description: "",
                    isEnabled: seed % 5 > 0, event: .drop, groupID: Bool.random(using: &random) ? group : nil,
                    interfaceID: port?.id))
            return
        }
        if seed % 3 == 0 { return try change.deleteLog(log) }
        var wanted = log
        if seed % 3 == 1 { wanted.isEnabled.toggle() } else { wanted.name = "log\(seed % 9)" }
        _ = try change.updateLog(wanted, from: log)
    }
}
