import GRDB
import Model
import Registry
import Testing

/// What a host is told of the VPC API's objects.
@Suite struct HostPolicyTests {
    private struct Scene: Sendable {
        let test: RegistryUnderTest
        let vpc: StoredVPC
        let subnet: StoredSubnet
        let port: StoredInterface
    }

    private func scene() async throws -> Scene {
        let test = try RegistryUnderTest()
        let (vpc, subnet, port) = try await test.change { change in
            let made = try change.createVPC(
                StoredVPC(id: Change.newID(), projectID: "p", name: "shop", description: ""))
            let vpc = try change.ensureDefaults(of: made, protocolText: RuleDraft.icmpTCPUDP) { "made" }
            let subnet = try change.createSubnet(
                StoredSubnet(
                    id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "web", description: "",
                    cidr: "10.1.0.0/24", gateway: nil, isDHCPEnabled: false, pools: []))
            let port = try change.createInterface(
                StoredInterface(
                    id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "eth0", description: "", mac: "",
                    isAdminUp: true, deviceID: "web-1", deviceOwner: "", host: "h1", device: "tap1",
                    vnicType: "normal", profile: "{}", isPortSecurityEnabled: true,
                    addresses: [.init(subnetID: subnet.id, address: "10.1.0.4")],
                    groups: [vpc.defaultGroupID].compactMap { $0 }))
            return (vpc, subnet, port)
        }
        return Scene(test: test, vpc: vpc, subnet: subnet, port: port)
    }

    private func revision(_ scene: Scene) async throws -> Revision {
        try await scene.test.registry.read { try HostPolicy.revision(forHost: "h1", in: $0) }
    }

    @Test func `the default ACL admits three protocols of both families`() async throws {
        let scene = try await scene()
        let vpc = try #require(try await revision(scene).policy.vpcs.first)
        let acl = try #require(vpc.acl(ofSubnet: "web"))
        #expect(acl.id.description == scene.vpc.defaultACLID)
        #expect(
            acl.rules.map(\.text) == [
                "allow ingress icmp_tcp_udp from any to any", "allow egress icmp_tcp_udp from any to any",
            ])
        #expect(acl.rules.map(\.families) == [AddressFamily.allCases, AddressFamily.allCases])
    }

    @Test func `an ACL that lets everything through is not in a host's way`() async throws {
        let scene = try await scene()
        try await scene.test.change { change in
            let acl = StoredACL(id: Change.newID(), projectID: "p", vpcID: scene.vpc.id, name: "open")
            let rules = ["ingress", "egress"].map {
                StoredACLRule(projectID: "p", aclID: acl.id, name: $0, action: "allow", direction: $0, etherType: nil)
            }
            _ = try change.createACL(acl, rules)
            let former: StoredSubnet = try change.find(scene.subnet.id)
            var subnet = former
            subnet.aclID = acl.id
            _ = try change.updateSubnet(subnet, from: former)
        }
        let vpc = try #require(try await revision(scene).policy.vpcs.first)
        #expect(vpc.subnets.map(\.acl) == [nil])
        #expect(vpc.acls.isEmpty)
    }

    @Test func `an edited rule has another id on the host`() async throws {
        let scene = try await scene()
        func rules() async throws -> [Rule] {
            try await revision(scene).policy.vpcs.flatMap(\.groups).flatMap(\.rules).filter { $0.direction == .egress }
        }
        let before = try await rules()
        let stored = try await scene.test.change { change in
            let former = try #require(
                try StoredRule.filter(Column("direction") == "egress" && Column("groupID") == scene.port.groups[0])
                    .fetchOne(change.database))
            var draft = RuleDraft(
                groupID: former.groupID, direction: "egress", protocolText: former.protocolText,
                localPrefix: "10.1.0.4", label: former.label)
            let edited = try change.updateRule(former, to: draft)
            draft.label = "renamed"
            return try change.updateRule(edited, to: draft)
        }
        let after = try await rules()
        #expect(after.map(\.text) == ["egress icmp_tcp_udp to any at 10.1.0.4"])
        #expect(before.map(\.id) != after.map(\.id))
        #expect(after.map(\.id.description) == [stored.recordID])
        #expect(stored.edition == 1)
        let told = try await revision(scene)
        #expect(told.ruleOrigins[stored.recordID] == told.number)
    }

    @Test func `collectors are told by the names of the policy, those of others not at all`() async throws {
        let scene = try await scene()
        try await scene.test.change { change in
            let instance = try change.ensureInstance(of: scene.port, zone: "z")
            let bucket = try change.createBucket(
                StoredBucket(id: Change.newID(), projectID: "", name: "logs", url: "file:logs"))
            let other = try change.createSubnet(
                StoredSubnet(
                    id: Change.newID(), projectID: "p", vpcID: scene.vpc.id, name: "empty", description: "",
                    cidr: "10.2.0.0/24", gateway: nil, isDHCPEnabled: false, pools: []))
            for (name, target) in [
                ("a", (Kind.vpc, scene.vpc.id)), ("b", (.subnet, scene.subnet.id)), ("c", (.instance, instance.id)),
                ("d", (.interface, scene.port.id)), ("e", (.subnet, other.id)),
            ] {
                _ = try change.createCollector(
                    StoredCollector(
                        id: Change.newID(), projectID: "p", vpcID: scene.vpc.id, name: name, target: target,
                        bucketID: bucket.id))
            }
            var renamed = instance
            renamed.name = "front"
            _ = try change.updateInstance(renamed, from: instance)
        }
        let policy = try await revision(scene).policy
        #expect(policy.vpcs[0].instances.map(\.name) == ["front"])
        // Flow logs and the API call an instance the same.
        let stored = try await scene.test.registry.read { try StoredInstance.fetchAll($0) }
        #expect(policy.vpcs[0].instances.map(\.id.description) == stored.map(\.id))
        #expect(
            Dictionary(uniqueKeysWithValues: policy.collectors.map { ($0.name, "\($0.target)") }) == [
                "a": "vpc/shop", "b": "subnet/shop/web", "c": "instance/shop/front", "d": "interface/shop/front/eth0",
            ])
        #expect(Set(policy.collectors.map(\.bucket)) == ["file:logs"])
    }
}
