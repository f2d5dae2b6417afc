import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

/// Changes of the enterprise policy: what is made beside what is there is what would be made anew.
@Suite struct EnterpriseChangeTests {
    private static func rule(_ place: Int) -> EnterpriseRule {
        let port = UInt16(1000 + place % 700)
        let block = IPPrefix(containing: IPAddress(ipv4: 0x1400_0000 + UInt32(place % 5) << 16), length: 20)
        return EnterpriseRule(
            id: Identifier(derivedFrom: "change", "\(place)"), name: "r\(place)",
            action: [.block, .observe, .allow][place % 3], direction: place % 2 == 0 ? .ingress : .egress,
            source: place % 4 == 0 ? .noneOf([.prefix(block)]) : .anyOf([.prefix(block), .vpc("shop")]),
            services: [place % 9 == 0 ? .any : .transport(.tcp, PortRange(port, port))])
    }

    private static func policy(_ rules: [EnterpriseRule]) throws -> Policy {
        var policy = try SamplePolicy.policy(groupsOfApp: ["app"])
        policy.enterprise = rules
        return policy
    }

    @Test func `parts that stay are what a new rendering makes`() throws {
        var random = SplitMix64(seed: 3)
        var indexes = RuleIndexes()
        var rules = (0..<2500).map(Self.rule)
        var present: Ruleset?
        var kept = 0
        for round in 0..<12 {
            let plan = try HostPlan(
                try Self.policy(rules), devices: SamplePolicy.devices(try Self.policy([])), indexes: &indexes)
            let enterprise = try #require(plan.enterprise)
            let fresh = EnterpriseChains.render(enterprise, epoch: 1)
            if let present {
                let beside = EnterpriseChains.render(enterprise, epoch: 1, beside: present)
                #expect(beside == fresh, "round \(round)")
                kept += fresh.chains.keys.filter { present.chains[$0] != nil }.count
            }
            present = fresh
            switch round % 3 {
            case 0: rules.insert(Self.rule(5000 + round), at: Int.random(in: 0...rules.count, using: &random))
            case 1: rules.remove(at: Int.random(in: 0..<rules.count, using: &random))
            default: rules.swapAt(10, 2000)
            }
        }
        #expect(kept > 10_000)
    }

    @Test(.kernel) func `one more rule among many makes a part anew, and what is left behind goes`() throws {
        let host = try TestHost("ec")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        func plan(_ rules: [EnterpriseRule]) throws -> HostPlan {
            let policy = try Self.policy(rules)
            return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
        }
        var rules = (0..<2500).map(Self.rule)
        _ = try enforcer.load(plan([]))
        #expect(try enforcer.apply(plan(rules)) == .rules)
        for place in [0, 1200, 2500] {
            rules.insert(Self.rule(6000 + place), at: place)
            #expect(try enforcer.apply(plan(rules)) == .rules)
            try enforcer.tidy()
            #expect(try enforcer.drift() == .same)
        }
        rules.removeAll { $0.action == .observe }
        #expect(try enforcer.apply(plan(rules)) == .rules)
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
        _ = try enforcer.apply(plan([]))
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
        _ = try enforcer.rotate()
        // A successor finds the counting sets, and keeps them.
        let successor = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: enforcer.epoch)
        #expect(try successor.load(plan(rules)) == .amended)
        try successor.tidy()
        #expect(try successor.drift() == .same)
    }
}
