import Attribution
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

@Suite struct MembershipChangeTests {
    private func plan(_ groups: [String], isStateful: Bool = true) throws -> HostPlan {
        var indexes = RuleIndexes()
        let policy = try SamplePolicy.policy(groupsOfApp: groups, isStateful: isStateful)
        return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
    }

    private func membership(
        from before: HostPlan, to after: HostPlan, _ ruleset: Ruleset
    ) -> MembershipChange? {
        MembershipChange(
            before.ports[1], to: after.ports[1].profile, isStateless: after.isStateless(after.ports[1].profile),
            ruleset,
            epoch: 0)
    }

    /// Chains and numbers of profiles that are no longer in use stay until they are tidied.
    private func expectSame(_ made: Ruleset, _ drawn: Ruleset, sourceLocation: SourceLocation = #_sourceLocation) {
        for (set, elements) in drawn.sets {
            if set.lingers {
                #expect(elements.allSatisfy { made.sets[set]?[$0.key] == $0.value }, sourceLocation: sourceLocation)
            } else {
                #expect(made.sets[set] == elements, "\(set.text)", sourceLocation: sourceLocation)
            }
        }
        for (name, chain) in drawn.chains {
            #expect(made.chains[name] == chain, "\(name)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [
        (["app"], ["app", "web"]), (["app", "web"], ["app"]), ([], ["app"]), (["app"], []), (["app", "web"], []),
        (["app", "web"], ["web", "app"]),
    ])
    func `after the steps the table is what the next plan asks for`(before: [String], after: [String]) throws {
        let old = try plan(before)
        let new = try plan(after)
        var ruleset = RulesetRenderer.render(old, epoch: 0, generation: 0)
        let change = try #require(membership(from: old, to: new, ruleset))
        change.make(in: &ruleset)
        expectSame(ruleset, RulesetRenderer.render(new, epoch: 0, generation: 0))
    }

    @Test func `other groups than before are no change by elements`() throws {
        let old = try plan(["app"])
        let ruleset = RulesetRenderer.render(old, epoch: 0, generation: 0)
        #expect(membership(from: old, to: try plan(["web"]), ruleset) == nil)
    }

    @Test func `a list in use costs elements alone`() throws {
        let old = try plan([])
        // The other interface has the list.
        let ruleset = RulesetRenderer.render(old, epoch: 0, generation: 0)
        let change = try #require(membership(from: old, to: try plan(["web"]), ruleset))
        #expect(!change.hasNewChains)
        #expect(change.former.isEmpty)
        // Two directions, removed and added, and an address of each family.
        #expect(change.steps.count == 6)
    }

    @Test func `a new list leads packets under way to the list before`() throws {
        let old = try plan(["app"])
        let ruleset = RulesetRenderer.render(old, epoch: 0, generation: 0)
        let change = try #require(membership(from: old, to: try plan(["app", "web"]), ruleset))
        #expect(change.hasNewChains)
        #expect(
            Set(change.former.map(\.map)) == [.formerProfiles(.egress, epoch: 0), .formerProfiles(.ingress, epoch: 0)])
        guard case .number(let before) = ruleset.sets[.profiles(.egress, epoch: 0)]?[.device("gh-app")] else {
            Issue.record("the device has no number")
            return
        }
        #expect(
            change.steps.contains(
                .addValue(map: "egress_former_0", key: Ruleset.Element.device("gh-app").key, value: before.key)))
    }

    @Test func `a chain is made before anything leads to it`() throws {
        let old = try plan(["app"])
        let ruleset = RulesetRenderer.render(old, epoch: 0, generation: 0)
        let change = try #require(membership(from: old, to: try plan(["app", "web"]), ruleset))
        var made: Set<String> = []
        for step in change.steps {
            switch step {
            case .addChain(let name): made.insert(name)
            case .addJump(_, _, let chain): #expect(made.contains(chain))
            case .add, .addValue, .remove, .addJumpRule, .addGotoRule, .elsewhere: break
            }
        }
        #expect(made.count == 2)
    }

    @Test func `a stateless list that is not made yet is no change by elements`() throws {
        let old = try plan(["app"], isStateful: false)
        let new = try plan(["app", "web"], isStateful: false)
        var ruleset = RulesetRenderer.render(old, epoch: 0, generation: 0)
        #expect(membership(from: old, to: new, ruleset) == nil)
        let drawn = RulesetRenderer.render(new, epoch: 0, generation: 0)
        for (name, chain) in drawn.chains where name.hasPrefix("stateless_") { ruleset.chains[name] = chain }
        let change = try #require(membership(from: old, to: new, ruleset))
        change.make(in: &ruleset)
        expectSame(ruleset, drawn)
    }
}
