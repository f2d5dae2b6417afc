import Attribution
import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

/// Somebody else's changes to the table are noticed, said and undone.
@Suite(.serialized) struct DriftTests {
    private struct Harm: CustomTestStringConvertible, Sendable {
        let script: String
        /// What drift says, up to a number.
        let words: String
        var testDescription: String { script }
    }

    private static let harms: [Harm] = [
        Harm(script: "flush chain inet gatehouse forward", words: "the rules of chain forward differ"),
        Harm(script: "insert rule inet gatehouse forward accept", words: "the rules of chain forward differ"),
        Harm(script: "add rule inet gatehouse refuse_egress accept", words: "the rules of chain refuse_egress differ"),
        Harm(script: "add chain inet gatehouse mine", words: "chain mine is not ours"),
        Harm(
            script: "add chain inet gatehouse input { policy drop; }", words: "the rules of chain input differ"),
        Harm(
            script: "delete element inet gatehouse ports { \"gh-web\" }", words: "the elements of set ports differ"),
        Harm(
            script: "add element inet gatehouse sources_4 { \"gh-web\" . 192.0.2.1 }",
            words: "the elements of set sources_4 differ"),
        Harm(
            script: "flush set inet gatehouse egress_counts", words: "the elements of set egress_counts differ"),
        Harm(script: "delete table inet gatehouse", words: Enforcer.tableIsGone),
    ]

    @Test(.kernel, arguments: harms)
    private func `a harm is said, and is undone by a repair`(harm: Harm) throws {
        let host = try TestHost("dr")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let program = NftProgram(namespace: host.name)
        let enforcer = Enforcer(program: program, socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        let policy = try SamplePolicy.policy(groupsOfApp: ["app"])
        _ = try enforcer.load(try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes))
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
        func rules() throws -> String {
            // The names of sets that decide hold the epoch, which every load raises.
            try TestHost.run("nft", "--stateless", "list", "table", "inet", "gatehouse", in: host.name)
                .replacing(try Regex("_\(enforcer.epoch)\\b"), with: "_E")
        }
        let before = try rules()
        try program.apply(harm.script + "\n")
        #expect(try enforcer.drift() == .found(harm.words))
        try enforcer.repair()
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
        #expect(try sorted(rules()) == sorted(before))
    }

    /// Blocks of a listing, whose order is that of making.
    private func sorted(_ listing: String) -> [String] { listing.split(separator: "\n\n").map(String.init).sorted() }

    @Test(.kernel) func `another table's changes are no drift`() throws {
        let host = try TestHost("dq")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let program = NftProgram(namespace: host.name)
        let enforcer = Enforcer(program: program, socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        let policy = try SamplePolicy.policy(groupsOfApp: ["app"])
        _ = try enforcer.load(try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes))
        try program.apply("add table ip gatehouse\nadd chain ip gatehouse forward\n")
        #expect(try enforcer.drift() == .same)
    }
}
