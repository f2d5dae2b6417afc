import Model
import TestSupport
import Testing

@testable import Policy
@testable import PolicyFiles

@Suite struct TraceTests {
    @Test func `a refusal is told step by step with the least edit`() throws {
        let revision = try Shop.revision()
        let packet = PacketText(policy: revision.policy)
        let trace = Classifier(revision).trace(try packet("tcp 10.1.1.10:40000 > 10.1.3.10:5432"))
        #expect(
            trace.description == """
                egress at web-1/eth0
                  guard: source 10.1.1.10 is the interface's own
                  group web: 1 egress rule
                    · egress tcp/8080 to group:app: port 5432 is not 8080
                  ✗ default refusal of egress in group web: no rule of its groups matches
                ingress at db-1/eth0
                  not reached: the packet was refused at its source
                refused
                to accept: add "egress tcp/5432 to group:db" to group web
                to accept: add "ingress tcp/5432 from group:web" to group db
                """)
    }

    @Test func `an acceptance ends with the rule that matched`() throws {
        let revision = try Shop.revision()
        let packet = PacketText(policy: revision.policy)
        let trace = Classifier(revision).trace(try packet("tcp 203.0.113.9:40000 > 10.1.1.10:443"))
        #expect(
            trace.description == """
                ingress at web-1/eth0
                  group web: 1 ingress rule
                    ✓ ingress tcp/443 from any: matches
                accepted
                """)
        #expect(trace.leastEdit.isEmpty)
    }

    @Test(arguments: [
        ("tcp 203.0.113.9:40000 > 10.1.3.10:5432", "add \"ingress tcp/5432 from 203.0.113.9\" to group db"),
        ("icmp 203.0.113.9 > 10.1.3.10 8/0", "add \"ingress icmp/8/0 from 203.0.113.9\" to group db"),
        ("gre 203.0.113.9 > 10.1.3.10", "add \"ingress gre from 203.0.113.9\" to group db"),
        ("tcp 10.1.3.10:5 > 203.0.113.9:443", "add \"egress tcp/443 to 203.0.113.9\" to group db"),
    ])
    func `the least edit is the narrowest rule`(text: String, edit: String) throws {
        let revision = try Shop.revision()
        let trace = Classifier(revision).trace(try PacketText(policy: revision.policy)(text))
        #expect(trace.leastEdit.map(\.description) == [edit])
    }

    @Test(arguments: [
        ("tcp 192.0.2.1:1 > 10.0.0.1:80", "attach to a/eth0 a group with \"ingress tcp/80 from 192.0.2.1\""),
        ("tcp 192.0.2.1:1 > 10.0.0.2:80", "attach to b/eth0 a group with \"ingress tcp/80 from 192.0.2.1\""),
    ])
    func `an interface without a group of its own needs one`(text: String, edit: String) throws {
        let policy = try Policy.small(groups: [], interfaces: ["a 10.0.0.1 -", "b 10.0.0.2 allow_ssh"])
        let trace = Classifier(Policy.revision(policy)).trace(try PacketText(policy: policy)(text))
        #expect(trace.leastEdit.map(\.description) == [edit])
    }

    @Test func `what the guard refuses has no edit`() throws {
        let revision = try Shop.revision()
        let sent = try PacketText(policy: revision.policy)("tcp 10.1.1.11:40000 > 10.1.3.10:5432", by: "web-1")
        let trace = Classifier(revision).trace(sent)
        #expect(
            trace.description == """
                egress at web-1/eth0
                  ✗ guard: source address or MAC is not the interface's own: source is 10.1.1.11, not 10.1.1.10
                refused
                """)
        #expect(trace.leastEdit.isEmpty)
    }

    @Test(arguments: 1...30)
    func `the trace decides as the judgement does`(seed: UInt64) throws {
        var source = RandomPolicy(seed: seed)
        let revision = Policy.revision(source.policy())
        let classifier = Classifier(revision)
        for _ in 0..<300 {
            let trace = classifier.trace(source.packet(revision.policy))
            let decided = trace.steps.compactMap { step -> Identifier<Rule>? in
                switch step.subject {
                case .rule(let id, _), .refusal(let id, _): step.verdict == nil ? nil : id
                default: nil
                }
            }
            try #require(decided == trace.judgement.legs.map(\.rule), "\(trace)")
        }
    }

    @Test(arguments: 1...30)
    func `the least edit turns the refusal round`(seed: UInt64) throws {
        var source = RandomPolicy(seed: seed)
        let policy = source.policy()
        let revision = Policy.revision(policy)
        let classifier = Classifier(revision)
        for _ in 0..<100 {
            let packet = source.packet(policy)
            let trace = classifier.trace(packet)
            guard trace.judgement.refusal?.stage == .group, trace.leastEdit.allSatisfy({ $0.group != nil }) else {
                #expect(trace.judgement.refusal?.stage != .group || !trace.leastEdit.isEmpty)
                continue
            }
            // No rule lets an instance be a DHCP server.
            if trace.leastEdit.isEmpty, LinkGuard.isDHCPAnswer(packet.key) { continue }
            var mended = revision.policy
            for edit in trace.leastEdit {
                for vpc in mended.vpcs.indices where mended.vpcs[vpc].name == edit.vpc {
                    for group in mended.vpcs[vpc].groups.indices where mended.vpcs[vpc].groups[group].name == edit.group
                    {
                        let rule = try RuleText(parsing: edit.rule).rule(id: Identifier(derivedFrom: "edit", edit.rule))
                        mended.vpcs[vpc].groups[group].rules.append(rule)
                    }
                }
            }
            try #require(Classifier(Policy.revision(mended)).judge(packet).verdict == .accept, "\(trace)")
        }
    }
}
