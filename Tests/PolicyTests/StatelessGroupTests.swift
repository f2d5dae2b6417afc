import Model
import TestSupport
import Testing

@testable import Documents
@testable import Policy
@testable import PolicyFiles

/// Stateless groups: each packet needs a rule, whatever session it follows.
@Suite struct StatelessGroupTests {
    private static let now = Timestamp(seconds: 1000)
    private static let request = "tcp 10.0.0.1:4000 > 10.0.0.2:80"
    private static let reply = "tcp 10.0.0.2:80 > 10.0.0.1:4000"

    /// What becomes of packets one after the other; `a` has a stateful group that lets all out, `b` the stateless `back`.
    private func judge(_ back: String, _ packets: (PacketText) throws -> [Packet]) throws -> [[String]] {
        let policy = try Policy.small(
            groups: ["front: egress any to any, ingress udp/53 from any", "back: \(back)"],
            interfaces: ["a 10.0.0.1,fd00::1 front", "b 10.0.0.2,fd00::2 back"], stateless: ["back"])
        let revision = Policy.revision(policy)
        let classifier = Classifier(revision)
        var sessions = SessionTable()
        return try packets(PacketText(policy: policy)).map {
            revision.describe(classifier.judge($0, sessions: &sessions, now: Self.now))
        }
    }

    @Test func `an answer is not let out because its session was let in`() throws {
        let found = try judge("ingress tcp/80 from any") {
            [try $0(Self.request), try $0(Self.reply, flags: [.syn, .ack]), try $0(Self.request, flags: .ack)]
        }
        #expect(found[0] == ["egress a accept: egress any to any", "ingress b accept: ingress tcp/80 from any"])
        #expect(found[1] == ["egress b drop: default refusal of egress in group back"])
        #expect(found[2] == found[0])
    }

    @Test func `a rule of the other direction lets answers out`() throws {
        let found = try judge("ingress tcp/80 from any, egress tcp/1024-65535 to group:front") {
            [try $0(Self.request), try $0(Self.reply, flags: [.syn, .ack])]
        }
        // The answer follows its session, and is recorded under the session's rules.
        #expect(Set(found[1]) == Set(found[0]))
    }

    @Test func `what the target refuses of a session is told at the sender as well`() throws {
        let found = try judge("egress any to any") {
            [
                try $0("udp 10.0.0.2:5000 > 10.0.0.1:53"), try $0("udp 10.0.0.1:53 > 10.0.0.2:5000"),
            ]
        }
        #expect(found[0].count == 2)
        #expect(
            found[1] == [
                "egress a drop: default refusal of ingress in group back",
                "ingress b drop: default refusal of ingress in group back",
            ])
    }

    @Test(arguments: [
        ("ingress tcp/80 from any", "egress b drop: default refusal of egress in group back"),
        ("ingress tcp/80 from any, egress icmp/3 to any", "ingress b accept: ingress tcp/80 from any"),
    ])
    func `an error about a session needs a rule`(back: String, expected: String) throws {
        let found = try judge(back) {
            var error = try $0("icmp 10.0.0.2 > 10.0.0.1 3/4")
            error.quote = Packet.Quote(key: try $0.key(Self.request))
            return [try $0(Self.request), error]
        }
        #expect(found[1].contains(expected))
    }

    @Test(arguments: ["udp 10.0.0.2:68 > 10.0.0.1:67", "icmpv6 fd00::2 > fd00::1 135/0"])
    func `link upkeep needs no rule of a stateless group`(text: String) throws {
        let found = try judge("ingress tcp/80 from any") {
            var sent = try $0(text)
            sent.isForHost = true
            return [sent]
        }
        #expect(!found[0].contains { $0.hasPrefix("egress b drop") })
    }

    @Test func `a trace tells that the answer is refused, with the edit that lets it back`() throws {
        let policy = try Policy.small(
            groups: ["front: egress any to any", "back: ingress tcp/80 from group:front"],
            interfaces: ["a 10.0.0.1 front", "b 10.0.0.2 back"], stateless: ["back"])
        let packet = try PacketText(policy: policy)(Self.request)
        let text = Classifier(Policy.revision(policy)).trace(packet).description
        #expect(text.contains(Trace.answerIsRefused))
        #expect(text.contains("✗ default refusal of egress in group back"))
        #expect(text.hasSuffix("to let answers back: add \"egress tcp to group:front\" to group back"))
        let mended = try Policy.small(
            groups: ["front: egress any to any", "back: ingress tcp/80 from group:front, egress tcp to group:front"],
            interfaces: ["a 10.0.0.1 front", "b 10.0.0.2 back"], stateless: ["back"])
        let trace = Classifier(Policy.revision(mended)).trace(packet)
        #expect(trace.answer.isEmpty && trace.answerEdit.isEmpty)
    }

    @Test func `a trace names the target's refusal at both ends`() throws {
        let policy = try Policy.small(
            groups: ["front:", "back: egress any to any"],
            interfaces: ["a 10.0.0.1 front", "b 10.0.0.2 back"], stateless: ["back"])
        let trace = Classifier(Policy.revision(policy)).trace(try PacketText(policy: policy)(Self.request))
        #expect(
            trace.description == """
                egress at a/eth0
                  guard: source 10.0.0.1 is the interface's own
                  ✗ default refusal of ingress in group back: the target's groups are stateless and refuse it before any session
                ingress at b/eth0
                  group back: no ingress rule
                  ✗ default refusal of ingress in group back: no rule of its groups matches
                refused
                to accept: add "egress tcp/80 to group:back" to group front
                to accept: add "ingress tcp/80 from group:front" to group back
                """)
    }

    @Test func `a group is stateful unless the file says otherwise`() throws {
        let policy = try Policy.small(groups: ["one:", "two:"], interfaces: ["a 10.0.0.1 one"], stateless: ["two"])
        #expect(try policy.group("one").isStateful)
        #expect(try !policy.group("two").isStateful)
    }

    @Test func `stateful is true or false`() throws {
        let text = """
            project: p
            vpcs: [{name: v, cidrs: [10.0.0.0/16], groups: [{name: g, stateful: "no", rules: []}]}]
            """
        let error = #expect(throws: DocumentError.self) { try PolicyFile.load(text, name: "f.yaml") }
        #expect(
            error?.description
                == "f.yaml:2: vpcs[0].groups[0].stateful: \"no\" is neither true nor false; write true or false")
    }

    @Test func `an interface's groups are of one kind`() throws {
        let error = #expect(throws: DocumentError.self) {
            try Policy.small(
                groups: ["one:", "two:"], interfaces: ["a 10.0.0.1 one,two"], stateless: ["two"])
        }
        #expect(
            error?.description
                == "small.yaml:15: vpcs[0].instances[0].interfaces[0].groups[1]: group \"two\" is stateless, "
                + "group \"one\" of the same interface is stateful; attach groups of one kind")
    }
}
