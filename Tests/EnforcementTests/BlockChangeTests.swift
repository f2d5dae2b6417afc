import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

/// Sets with intervals come, change and go, and are found again by another process.
@Suite(.serialized) struct BlockChangeTests {
    private func plan(
        _ blocks: [String: [String]], bridged: Bool, profile: [String] = ["app"], _ indexes: inout RuleIndexes
    ) throws -> HostPlan {
        var policy = try SamplePolicy.policy(groupsOfApp: profile)
        for (place, name) in ["web", "app"].enumerated() {
            let interface = policy.vpcs[0].instances[place].interfaces[0]
            policy.vpcs[0].instances[place].interfaces[0] = interface.with(
                addresses: interface.addresses,
                prefixes: try (blocks[name] ?? []).map { try IPPrefix(parsing: $0) }, pairs: [])
        }
        let attached = Dictionary(policy.placements.map { ($0.interface, "br0") }) { first, _ in first }
        return try HostPlan(
            policy, devices: SamplePolicy.devices(policy),
            bridges: bridged
                ? .init(attached: attached, bridges: [.init(name: "br0", members: ["gh-web", "gh-app"])]) : nil,
            indexes: &indexes)
    }

    @Test(.kernel, arguments: [false, true])
    func `blocks come, grow, pass to another interface and go, and the kernel has each state`(bridged: Bool) throws {
        let host = try TestHost(bridged ? "kb" : "kr")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        func enforcer(_ epoch: Int) -> Enforcer {
            Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: epoch)
        }
        var indexes = RuleIndexes()
        let first = enforcer(0)
        let states: [[String: [String]]] = [
            [:], ["web": ["10.2.0.0/26", "fd02::/64"]], ["web": ["10.2.0.0/24", "10.3.0.0/16", "fd02::/64"]],
            ["web": ["10.2.0.0/25"], "app": ["10.2.0.128/25", "fd02::/64"]], ["app": ["10.2.0.0/24"]],
            // One interface's block within another of its own.
            ["app": ["10.2.0.0/24", "10.2.0.64/26"]], [:], ["web": ["10.2.0.0/26"]],
        ]
        for (number, state) in states.enumerated() {
            let plan = try plan(state, bridged: bridged, &indexes)
            if number == 0 {
                #expect(try first.load(plan) == .new)
            } else {
                _ = try first.apply(plan)
            }
            try first.tidy()
            #expect(try first.drift() == .same, "\(state)")
            // Another process finds it so, with its counters, and takes nothing for what it is not.
            let second = enforcer(first.epoch)
            #expect(try second.load(plan) == .amended, "\(state)")
            try second.tidy()
            #expect(try second.drift() == .same, "\(state)")
            #expect(try first.load(plan) == .amended, "\(state)")
            try first.tidy()
        }
        // Groups of an interface with a block change with its block's membership.
        _ = try first.apply(plan(["app": ["10.2.0.0/26"]], bridged: bridged, &indexes))
        _ = try first.apply(plan(["app": ["10.2.0.0/26"]], bridged: bridged, profile: ["app", "web"], &indexes))
        try first.tidy()
        #expect(try first.drift() == .same)
        _ = try first.rotate()
        try first.tidy()
        #expect(try first.drift() == .same)
    }
}
