import GRDB
import Model
import Registry
import Testing

/// An amendment must make of a host's revision what the registry would tell the host in full.
@Suite struct AmendableSpanTests {
    private struct Scene: Sendable {
        let test: RegistryUnderTest
        let groups: [String]
    }

    private func scene() async throws -> Scene {
        let test = try RegistryUnderTest()
        let groups = try await test.change { change in
            let vpc = try change.createVPC(
                StoredVPC(id: Change.newID(), projectID: "p", name: "net", description: ""))
            let groups = try (0..<3).map {
                try change.createGroup(projectID: "p", name: "g\($0)", description: "").id
            }
            for (number, carried) in [[0], [0, 1], [1, 2]].enumerated() {
                _ = try change.createInterface(
                    StoredInterface(
                        id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "p\(number)", description: "", mac: "",
                        isAdminUp: true, deviceID: "", deviceOwner: "", host: "h\(number)", device: "d\(number)",
                        vnicType: "normal", profile: "{}", isPortSecurityEnabled: true, addresses: [],
                        groups: carried.map { groups[$0] }))
            }
            return groups
        }
        return Scene(test: test, groups: groups)
    }

    private func number(_ scene: Scene) async throws -> Int64 {
        try await scene.test.registry.read { try Int64.fetchOne($0, sql: "SELECT max(number) FROM revision") ?? 0 }
    }

    private func revisions(_ scene: Scene) async throws -> [String: Revision] {
        try await scene.test.registry.read { database in
            try Dictionary(
                uniqueKeysWithValues: ["h0", "h1", "h2"].map {
                    ($0, try HostPolicy.revision(forHost: $0, in: database))
                })
        }
    }

    @Test func `amended, a host has what it would be told in full`() async throws {
        let scene = try await scene()
        var port = 1
        for round in 0..<40 {
            let before = try await revisions(scene)
            let first = try await number(scene)
            for _ in 0..<(round % 3 + 1) {
                port += 1
                let (group, wanted) = (scene.groups[(round + port) % 3], port)
                try await scene.test.change { change in
                    let own = try StoredRule.filter(Column("groupID") == group).fetchAll(change.database)
                    if round % 4 == 3, let rule = own.last { return try change.deleteRule(rule) }
                    _ = try change.createRules([
                        RuleDraft(
                            groupID: group, direction: "ingress", etherType: "IPv4", protocolText: "tcp",
                            portMin: wanted, portMax: wanted)
                    ]) { _ in true }
                }
            }
            let last = try await number(scene)
            let span = try #require(
                try await scene.test.registry.read { try AmendableSpan.between(first, last, in: $0) })
            for (host, full) in try await revisions(scene) {
                guard let share = span.shares[host] else {
                    #expect(before[host]?.policy == full.policy)
                    continue
                }
                let amended = before[host]?.amended(by: span.amendment.limited(to: share))
                #expect(amended?.policy == full.policy)
                #expect(amended?.ruleOrigins == full.ruleOrigins)
                #expect(amended?.notes == full.notes)
                #expect(amended?.number == full.number)
            }
        }
    }

    /// Two VPCs, of which `h1` has interfaces in both; groups that name each other; buckets with and without credentials.
    @Test func `other names of groups, and collectors, are told in a few words`() async throws {
        let scene = try await scene()
        let (vpcs, subnets, buckets) = try await scene.test.change { change in
            let first = try #require(try StoredVPC.fetchOne(change.database))
            let second = try change.createVPC(
                StoredVPC(id: Change.newID(), projectID: "p", name: "other", description: ""))
            let subnets = try ["10.1.0.0/24", "10.2.0.0/24"].map { cidr in
                try change.createSubnet(
                    StoredSubnet(
                        id: Change.newID(), projectID: "p", vpcID: first.id, name: "s\(cidr)", description: "",
                        cidr: cidr, gateway: nil, isDHCPEnabled: false, pools: [])
                ).id
            }
            for (number, place) in [(1, second.id), (0, first.id), (2, first.id)].enumerated() {
                _ = try change.createInterface(
                    StoredInterface(
                        id: Change.newID(), projectID: "p", vpcID: place.1, name: "q\(number)", description: "",
                        mac: "",
                        isAdminUp: true, deviceID: "", deviceOwner: "", host: "h\(place.0)", device: "e\(number)",
                        vnicType: "normal", profile: "{}", isPortSecurityEnabled: true,
                        addresses: place.1 == first.id
                            ? [.init(subnetID: subnets[place.0 / 2], address: "10.\(place.0 / 2 + 1).0.9")] : [],
                        groups: [scene.groups[number]]))
            }
            _ = try change.createRules([
                RuleDraft(
                    groupID: scene.groups[0], direction: "ingress", etherType: "IPv4", remoteGroupID: scene.groups[2])
            ]) { _ in true }
            let buckets = try ["one", "two"].map {
                try change.createBucket(
                    StoredBucket(id: Change.newID(), projectID: "p", name: $0, url: "file:\($0)")
                ).id
            }
            return ([first.id, second.id], subnets, buckets)
        }
        let targets: [(kind: Kind, id: String, vpc: String)] = [
            (.vpc, vpcs[0], vpcs[0]), (.subnet, subnets[0], vpcs[0]), (.vpc, vpcs[1], vpcs[1]),
            (.subnet, subnets[1], vpcs[0]),
        ]
        var seen = 0
        for round in 0..<48 {
            let before = try await revisions(scene)
            let first = try await number(scene)
            let target = targets[round % 4]
            try await scene.test.change { change in
                let former: StoredGroup = try change.find(scene.groups[round % 3])
                var renamed = former
                renamed.name = "g\(round % 3)-\(round)"
                if round % 2 == 0 { try change.update(&renamed, from: former) }
                let present = try StoredCollector.filter(Column("targetID") == target.id).fetchOne(change.database)
                guard let present else {
                    _ = try change.createCollector(
                        StoredCollector(
                            id: Change.newID(), projectID: "p", vpcID: target.vpc, name: "c\(round)",
                            target: (target.kind, target.id), bucketID: buckets[round % 2]))
                    return
                }
                if round % 5 == 0 { return try change.deleteCollector(present) }
                var altered = present
                altered.isActive.toggle()
                _ = try change.updateCollector(altered, from: present)
            }
            let last = try await number(scene)
            let span = try #require(
                try await scene.test.registry.read { try AmendableSpan.between(first, last, in: $0) })
            #expect(span.inFull.isEmpty)
            for (host, full) in try await revisions(scene) {
                guard let share = span.shares[host] else {
                    #expect(before[host]?.policy == full.policy)
                    continue
                }
                seen += 1
                #expect(share.needsFurtherAmendments)
                let amended = before[host]?.amended(by: span.amendment.limited(to: share))
                #expect(amended?.policy == full.policy)
                #expect(amended?.ruleOrigins == full.ruleOrigins)
                #expect(amended?.notes == full.notes)
            }
        }
        #expect(seen >= 60)
    }

    @Test func `what is more than rules is told in full`() async throws {
        let scene = try await scene()
        func span(_ body: @Sendable @escaping (Change) throws -> Void) async throws -> AmendableSpan? {
            let first = try await number(scene)
            try await scene.test.change(body)
            let last = try await number(scene)
            return try await scene.test.registry.read { try AmendableSpan.between(first, last, in: $0) }
        }
        let (group, peer) = (scene.groups[0], scene.groups[1])
        #expect(
            try await span { change in
                _ = try change.createRules([
                    RuleDraft(groupID: group, direction: "ingress", etherType: "IPv4", remoteGroupID: peer)
                ]) { _ in true }
            } == nil)
        // A name that another group has: each host tells the two apart by itself.
        #expect(
            try await span { change in
                let former: StoredGroup = try change.find(group)
                var renamed = former
                renamed.name = "g2"
                try change.update(&renamed, from: former)
            } == nil)
    }

    @Test func `a group of another kind is told in full`() async throws {
        let scene = try await scene()
        let peer = try await scene.test.change { change in
            let peer = try change.createGroup(projectID: "p", name: "peer", description: "")
            _ = try change.createRules([
                RuleDraft(groupID: scene.groups[0], direction: "ingress", etherType: "IPv4", remoteGroupID: peer.id)
            ]) { _ in true }
            return peer
        }
        let before = try await revisions(scene)
        let first = try await number(scene)
        try await scene.test.change { change in
            let former: StoredGroup = try change.find(peer.id)
            _ = try change.updateGroup(former, name: nil, description: nil, isStateless: true)
        }
        let last = try await number(scene)
        #expect(try await scene.test.registry.read { try AmendableSpan.between(first, last, in: $0) } == nil)
        // To those that only name it as a peer its kind says nothing.
        #expect(try await revisions(scene).mapValues(\.policy) == before.mapValues(\.policy))
    }

    @Test func `an amendment that names an unknown group amends nothing`() {
        let rule = Rule(
            id: Identifier(derivedFrom: "r"), direction: .ingress, service: .any, remote: .any)
        let amendment = RevisionAmendment(
            number: 9, madeAt: Timestamp(seconds: 0), actor: "", origin: "",
            added: [.init(group: Identifier(derivedFrom: "g"), rule: rule, since: 9)], removed: [], notes: [])
        #expect(Revision.none.amended(by: amendment) == nil)
    }
}
