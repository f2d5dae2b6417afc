import Attribution
import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

@Suite(.serialized) struct EnforcerTests {
    @Test(.kernel) func `the table goes in whole, changes by parts, heals`() throws {
        let host = try TestHost("e1")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        func plan(_ groups: [String], extraRule: Bool = false) throws -> HostPlan {
            let policy = try SamplePolicy.policy(groupsOfApp: groups, extraRule: extraRule)
            return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
        }
        #expect(try enforcer.load(plan(["app"])) == .new)
        #expect(try enforcer.drift() == .same)
        #expect(try enforcer.apply(plan(["app"])) == .nothing)
        #expect(try enforcer.apply(plan(["app", "web"])) == .elements)
        #expect(try enforcer.drift() == .untold)
        #expect(try enforcer.apply(plan(["app"])) == .elements)
        #expect(try enforcer.apply(plan(["app"], extraRule: true)) == .rules)
        #expect(try enforcer.apply(plan(["web"])) == .switched)
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
        try TestHost.run("nft", "flush", "chain", "inet", "gatehouse", "forward", in: host.name)
        #expect(try enforcer.drift() == .found("the rules of chain forward differ"))
        try enforcer.repair()
        #expect(try enforcer.drift() == .untold)
        #expect(try enforcer.rotate() == 0)
        #expect(try enforcer.rotate() == 1)
        #expect(enforcer.generation == 2)
        let second = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: enforcer.epoch)
        #expect(try second.load(plan(["web"])) == .amended)
        try second.tidy()
        #expect(second.generation == 2)
        #expect(try second.drift() == .same)
        let listing = try TestHost.run("nft", "list", "ruleset", in: host.name)
        #expect(!listing.contains("egress_profiles_0"))
    }

    @Test(.kernel, arguments: [true, false])
    func `a list of groups comes again after generations have changed places`(isStateful: Bool) throws {
        let host = try TestHost("e2")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        func plan(_ groups: [String], isAlone: Bool = false) throws -> HostPlan {
            var policy = try SamplePolicy.policy(groupsOfApp: groups, isStateful: isStateful)
            if isAlone {
                policy.vpcs[0].groups.removeAll { $0.name == "web" }
                policy.vpcs[0].instances[0].interfaces[0].groups = ["app"]
            }
            return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
        }
        _ = try enforcer.load(plan(["app"]))
        for _ in 0..<2 {
            #expect(try enforcer.apply(plan(["app", "web"])) == .elements)
            #expect(try enforcer.apply(plan(["app"])) == .elements)
            for _ in 0..<2 { _ = try enforcer.rotate() }
        }
        // Nothing leads to the group any more, so that it can go.
        #expect(try enforcer.apply(plan(["app"], isAlone: true)) == .switched)
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
    }

    /// Edges and groups that change together go in three changes, of which the last may find nothing to do.
    @Test(.kernel) func `a change in several steps says the strongest of them`() throws {
        let host = try TestHost("e3")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        func plan(acl: String?, groups: [String]) throws -> HostPlan {
            var policy = try GoldenRulesetTests.policy("acl") {
                acl == nil ? $0.replacing(", acl: edge", with: "") : $0
            }
            policy.vpcs[0].instances[0].interfaces[0].groups = groups
            return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
        }
        #expect(try enforcer.load(plan(acl: nil, groups: ["open"])) == .new)
        // The edge comes first, then the groups change, and then nothing is left.
        #expect(try enforcer.apply(plan(acl: "edge", groups: [])) == .switched)
        #expect(try enforcer.apply(plan(acl: "edge", groups: [])) == .nothing)
        #expect(try enforcer.apply(plan(acl: nil, groups: ["open"])) == .elements)
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
    }
}
