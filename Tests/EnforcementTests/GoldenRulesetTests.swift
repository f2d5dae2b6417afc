import Foundation
import Model
import Policy
import PolicyFiles
import TestSupport
import Testing

@testable import Enforcement

/// The whole script of some policies, as it was reviewed. `GATEHOUSE_RECORD=1` writes the scripts anew.
@Suite struct GoldenRulesetTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static let names = ["plain", "peers", "acl", "stateless", "ipv6", "macs", "bridged", "blocks", "enterprise"]

    static func policy(_ name: String, _ edit: (String) -> String = { $0 }) throws -> Policy {
        let text = try String(contentsOf: fixtures.appending(path: "\(name).yaml"), encoding: .utf8)
        return try PolicyFile.load(edit(text), name: "\(name).yaml")
    }

    static func plan(_ name: String) throws -> HostPlan {
        let policy = try policy(name)
        var indexes = RuleIndexes()
        let attached = policy.placements.filter { ["gh-a", "gh-b"].contains($0.device) }.map { ($0.interface, "br0") }
        let bridges = policy.bridges?.map {
            HostPlan.Bridge(
                name: $0.name, members: ["eth1", "gh-a", "gh-b", "tap9"], refusesUnknown: true, uplinks: $0.uplinks)
        }
        return try HostPlan(
            policy, devices: SamplePolicy.devices(policy),
            bridges: bridges.map { .init(attached: Dictionary(attached) { first, _ in first }, bridges: $0) },
            indexes: &indexes)
    }

    @Test(arguments: names) func `a policy's script is the committed one`(name: String) throws {
        let made = ScriptWriter.script(
            from: nil, to: RulesetRenderer.render(try Self.plan(name), epoch: 0, generation: 0))
        let file = Self.fixtures.appending(path: "\(name).nft")
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try made.write(to: file, atomically: true, encoding: .utf8)
        }
        let wanted = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let lines = made.split(separator: "\n")
        let difference = zip(wanted, lines).first { $0 != $1 }
        #expect(difference == nil, "first wanted \(difference?.0 ?? ""), first made \(difference?.1 ?? "")")
        #expect(lines.count == wanted.count)
    }

    /// The kernel refuses a table where one is longer, also by chains that no packet can pass together.
    @Test(arguments: names) func `no way through the chains is longer than the kernel allows`(name: String) throws {
        let ruleset = RulesetRenderer.render(try Self.plan(name), epoch: 0, generation: 0)
        var depths: [String: Int] = [:]
        func depth(_ chain: String) -> Int {
            if let known = depths[chain] { return known }
            let prefix = chain.hasPrefix(Ruleset.portPrefix) ? Ruleset.portPrefix : ""
            let next = (ruleset.chains[chain]?.rules ?? []).joined().flatMap { statement -> [String] in
                guard case .verdict(let decision) = statement else { return [] }
                switch decision {
                // What leads on leads on in the same table.
                case .jump(let target), .goto(let target): return [prefix + target]
                case .map(_, let map), .mapOf(_, let map):
                    return (ruleset.sets[map] ?? [:]).values.compactMap {
                        if case .chain(let target) = $0 { target } else { nil }
                    }
                case .accept, .drop, .return: return []
                }
            }
            let found = (next.map(depth).max() ?? 0) + 1
            depths[chain] = found
            return found
        }
        for hook in Hook.allCases where ruleset.chains[hook.chain] != nil { #expect(depth(hook.chain) <= 16) }
    }

    @Test(.kernel, arguments: names) func `the kernel takes a policy's script`(name: String) throws {
        let host = try TestHost("gr\(name.prefix(2))")
        defer { host.remove() }
        let script = ScriptWriter.script(
            from: nil, to: RulesetRenderer.render(try Self.plan(name), epoch: 0, generation: 0))
        try NftProgram(namespace: host.name).apply(script)
        let listing = try TestHost.run("nft", "--stateless", "list", "ruleset", in: host.name)
        let chains = TableListing(listing).chains
        #expect(chains["forward"]?.isEmpty == false)
        #expect(chains.values.map(\.count).reduce(0, +) > 200)
    }
}
