import Attribution
import Model
import Policy
import PolicyFiles
import Testing

@testable import Enforcement

@Suite struct HostPlanTests {
    private var indexes = RuleIndexes()

    private mutating func plan(
        _ groups: [String] = ["app"], extraRule: Bool = false, isStateful: Bool = true, elsewhere: [String] = [],
        _ edit: (inout Policy) -> Void = { _ in }
    ) throws -> HostPlan {
        var policy = try SamplePolicy.policy(
            groupsOfApp: groups, extraRule: extraRule, isStateful: isStateful,
            elsewhere: elsewhere.compactMap { IPAddress($0) })
        edit(&policy)
        return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
    }

    /// The second interface with fewer addresses, or with a MAC.
    private static func change(_ policy: inout Policy, addresses: Int = 2, mac: MACAddress? = nil) {
        let own = policy.vpcs[0].instances[1].interfaces[0]
        policy.vpcs[0].instances[1].interfaces[0] = Interface(
            id: own.id, name: own.name, subnet: own.subnet, addresses: Array(own.addresses.prefix(addresses)), mac: mac,
            device: own.device, groups: own.groups)
    }

    @Test mutating func `other groups of one interface are a membership`() throws {
        let before = try plan()
        let after = try plan(["app", "web"])
        guard case .membership(let device, let profile) = before.smallChange(to: after) else {
            Issue.record("not a membership")
            return
        }
        #expect(device == "gh-app")
        #expect(profile == after.ports[1].profile)
    }

    @Test mutating func `other rules of groups are those groups' rules`() throws {
        let before = try plan()
        guard case .rules(let groups) = before.smallChange(to: try plan(extraRule: true)) else {
            Issue.record("not rules")
            return
        }
        #expect(groups.map(\.key) == [before.groups[0].key])
        #expect(groups[0].rules.count == before.groups[0].rules.count + 1)
    }

    @Test mutating func `ports that go, or have other addresses, are ports that change`() throws {
        let before = try plan()
        let others: [HostPlan] = [
            try plan { $0.vpcs[0].instances.removeLast() },
            try plan { Self.change(&$0, addresses: 1) },
            try plan { Self.change(&$0, mac: MACAddress(bits: 0x0200_0000_0001)) },
        ]
        for (place, other) in others.enumerated() {
            guard case .ports(let change) = before.smallChange(to: other) else {
                Issue.record("change \(place)")
                continue
            }
            #expect(change.before.ports.count == 1, "change \(place)")
        }
    }

    @Test mutating func `everything else is no small change`() throws {
        let before = try plan()
        let others: [HostPlan] = [
            try plan(["web"], extraRule: true),  // A membership and rules.
            try plan(elsewhere: ["10.1.2.3"]),  // A member on another host.
            try plan(isStateful: false),
            try plan { policy in
                for index in policy.vpcs[0].instances.indices {
                    policy.vpcs[0].instances[index].interfaces[0].groups = []
                }
            },
        ]
        for (place, other) in others.enumerated() {
            #expect(before.smallChange(to: other) == nil, "change \(place)")
        }
    }

    @Test mutating func `a list of groups has one chain whoever carries it`() throws {
        let plan = try plan(["web"])
        #expect(plan.ports[0].profile == plan.ports[1].profile)
        let chains = RulesetRenderer.render(plan, epoch: 0, generation: 0).chains.keys
        #expect(chains.filter { $0.contains("_profile_") }.count == 2)
    }

    @Test func `the order of groups is part of a profile's name`() {
        #expect(HostPlan.profileKey(["a", "b"]) != HostPlan.profileKey(["b", "a"]))
        #expect(HostPlan.profileKey(["a", "b"]).hasPrefix("a_and_1_"))
        #expect(HostPlan.profileKey([]) == "none")
    }

    @Test mutating func `names that nft does not take are turned into such`() throws {
        let name = "web.of-the_shop." + String(repeating: "x", count: 47)
        let policy = try PolicyFile.load(
            """
            project: p
            vpcs:
              - name: v
                cidrs: [10.1.0.0/16]
                subnets: [{name: s, cidr: 10.1.1.0/24}]
                groups: [{name: \(name), rules: [ingress tcp from any]}]
                instances:
                  - {name: a, interfaces: [{name: e, subnet: s, address: 10.1.1.10, device: gh-a, groups: [\(name)]}]}
            """, name: "names.yaml")
        let plan = try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
        #expect(plan.groups[0].key.hasPrefix("web_of_the_shop_xxxx"))
        #expect(plan.groups[0].key.count == 49)
        #expect(plan.ports[0].profile == [plan.groups[0].key])
    }

    @Test mutating func `an interface without a device here is not a port but a member`() throws {
        let policy = try SamplePolicy.policy(groupsOfApp: ["app"])
        let here = SamplePolicy.devices(policy).filter { $0.value == "gh-web" }
        let plan = try HostPlan(policy, devices: here, indexes: &indexes)
        #expect(plan.ports.map(\.device) == ["gh-web"])
        #expect(plan.groups[1].members.contains(try #require(IPAddress("10.1.1.11"))))
    }

    @Test mutating func `a rule keeps its index through changes`() throws {
        let before = try plan()
        let after = try plan(["web"], extraRule: true)
        for (old, new) in zip(before.groups[0].rules, after.groups[0].rules) { #expect(old == new) }
        let all = after.groups.flatMap(\.rules)
        for direction in Direction.allCases {
            let indexes = all.filter { $0.rule.direction == direction }.map(\.index)
            #expect(Set(indexes).count == indexes.count)
            #expect(!indexes.contains(0))
        }
    }

    @Test func `between two plans a packet must pass the lists of both`() throws {
        let name = "acl"
        let plan = try GoldenRulesetTests.plan(name)
        let edges = plan.edges
        #expect(edges.count == 2)
        let none = plan.with([])
        #expect(none.edges(andOf: plan) == edges)
        #expect(plan.edges(andOf: none) == edges)
        #expect(plan.edges(andOf: plan) == edges)
    }
}
