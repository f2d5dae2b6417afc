import Host
import Netlink
import TestSupport
import Testing

@testable import Enforcement

/// Whatever others do to the table while it is read and written, rules are in the kernel afterwards.
@Suite(.serialized) struct DisturbedTests {
    private static func plan(_ groups: [String]) throws -> HostPlan {
        let policy = try SamplePolicy.policy(groupsOfApp: groups)
        var indexes = RuleIndexes()
        return try HostPlan(policy, devices: SamplePolicy.devices(policy), indexes: &indexes)
    }

    private static func enforcer(_ host: TestHost) throws -> Enforcer {
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        return Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
    }

    @Test(.kernel, arguments: ["delete table inet gatehouse", "flush ruleset", "flush table inet gatehouse"])
    func `a table is loaded while somebody takes it away again and again`(harm: String) throws {
        let host = try TestHost("di")
        defer { host.remove() }
        let plan = try Self.plan(["app"])
        try whileAnother(does: "nft \(harm)", in: host) {
            for _ in 0..<12 {
                // An agent that starts has made nothing yet.
                let enforcer = try Self.enforcer(host)
                try enforcer.load(plan)
                try enforcer.repair()
            }
        }
        let enforcer = try Self.enforcer(host)
        try enforcer.load(plan)
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
    }

    private func whileAnother(does command: String, in host: TestHost, _ body: () throws -> Void) throws {
        var options = ChildProcess.Options()
        options.namespace = host.name
        options.diesWithParent = true
        let other = try ChildProcess("sh", ["-c", "while :; do \(command) 2>/dev/null; done"], options: options)
        defer {
            other.kill()
            _ = try? other.wait()
        }
        try body()
    }

    @Test(.kernel) func `who lost his state takes no name that is taken`() throws {
        let host = try TestHost("dl")
        defer { host.remove() }
        let first = try Self.enforcer(host)
        try first.load(Self.plan(["app"]))
        for groups in [["web"], ["app"], ["app", "web"]] { _ = try first.apply(Self.plan(groups)) }
        try first.tidy()
        for _ in 0..<2 {
            let second = try Self.enforcer(host)
            #expect(try second.load(Self.plan(["app"])) == .amended)
            try second.tidy()
            #expect(try second.drift() == .same)
        }
    }

    /// Each of these stands where a name of ours is to be, and is not what we would have there.
    @Test(
        .kernel,
        arguments: [
            "add set inet gatehouse sources_4 { type ipv4_addr; }",
            "add set inet gatehouse egress_counts { type ipv4_addr; }",
            "add chain inet gatehouse judge_egress { type filter hook forward priority 5; }",
            "add chain inet gatehouse forward",
        ])
    func `a table that cannot be amended is made anew`(obstacle: String) throws {
        let host = try TestHost("do")
        defer { host.remove() }
        try NftProgram(namespace: host.name).apply("add table inet gatehouse\n\(obstacle)\n")
        let enforcer = try Self.enforcer(host)
        #expect(try enforcer.load(Self.plan(["app"])) == .new)
        try enforcer.tidy()
        #expect(try enforcer.drift() == .same)
        #expect(try enforcer.apply(Self.plan(["web"])) == .switched)
    }
}
