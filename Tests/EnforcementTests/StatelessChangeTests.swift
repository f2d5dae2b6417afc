import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

/// How changes of stateless groups reach the kernel.
@Suite(.serialized) struct StatelessChangeTests {
    @Test(.kernel) func `stateless groups come, change by parts, heal and go`() throws {
        let host = try TestHost("sl")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        func plan(_ groups: [String], extraRule: Bool = false, isStateful: Bool = false) throws -> HostPlan {
            let policy = try SamplePolicy.policy(groupsOfApp: groups, extraRule: extraRule, isStateful: isStateful)
            return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
        }
        func change(
            _ plan: HostPlan, _ method: Enforcer.Method, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            #expect(try enforcer.apply(plan) == method, sourceLocation: sourceLocation)
            try enforcer.tidy()
            #expect(try enforcer.drift() == .same)
        }
        #expect(try enforcer.load(plan(["app"], isStateful: true)) == .new)
        try change(plan(["app"]), .rules)
        #expect(try enforcer.drift() == .same)
        // A new list's chain is made first; the next time it is there.
        try change(plan(["app", "web"]), .elements)
        try change(plan(["app"]), .elements)
        try change(plan(["app", "web"]), .elements)
        try change(plan(["app", "web"], extraRule: true), .rules)
        try change(plan([], extraRule: true), .switched)
        try TestHost.run("nft", "flush", "chain", "inet", "gatehouse", "edge", in: host.name)
        #expect(try enforcer.drift() == .found("the rules of chain edge differ"))
        try enforcer.repair()
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
        #expect(try enforcer.rotate() == 0)
        #expect(try enforcer.drift() == .same)
        try change(plan(["app"], isStateful: true), .switched)
        let listing = try TestHost.run("nft", "list", "ruleset", in: host.name)
        #expect(!listing.contains("stateless"))
    }

    @Test func `a further member of a peer group is one set element`() throws {
        var indexes = RuleIndexes()
        func ruleset(_ elsewhere: [String]) throws -> Ruleset {
            let policy = try SamplePolicy.policy(
                groupsOfApp: ["app"], isStateful: false, elsewhere: elsewhere.compactMap { IPAddress($0) })
            let plan = try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
            return RulesetRenderer.render(plan, epoch: 0, generation: 0)
        }
        guard
            case .elements(let steps, let chains) = ChangePlan(
                from: try ruleset(["10.1.2.1"]), to: try ruleset(["10.1.2.1", "10.1.2.2"]))
        else {
            Issue.record("not made by elements")
            return
        }
        #expect(steps.count == 1)
        #expect(chains.isEmpty)
    }
}
