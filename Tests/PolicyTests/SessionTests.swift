import Model
import TestSupport
import Testing

@testable import Policy

@Suite struct SessionTests {
    private let revision: Revision
    private let classifier: Classifier
    private let packet: PacketText
    private let now = Timestamp(seconds: 1000)

    init() throws {
        let policy = try Policy.small(
            groups: [
                "front: egress any to group:back", "back: ingress tcp/80 from group:front, ingress icmp/8 from any",
            ],
            interfaces: ["a 10.0.0.1 front", "b 10.0.0.2,fd00::2 back", "c 10.0.0.3 -"])
        self.revision = Policy.revision(policy)
        self.classifier = Classifier(revision)
        self.packet = PacketText(policy: policy)
    }

    private func judge(_ packet: Packet, _ sessions: inout SessionTable) -> [String] {
        revision.describe(classifier.judge(packet, sessions: &sessions, now: now))
    }

    private static let legs = [
        "egress a accept: egress any to group:back", "ingress b accept: ingress tcp/80 from group:front",
    ]
    private static let open = "tcp 10.0.0.1:4000 > 10.0.0.2:80"
    private static let reply = "tcp 10.0.0.2:80 > 10.0.0.1:4000"

    @Test(arguments: [open, reply], [.syn, [.syn, .ack], .ack, [.ack, .psh], [.fin, .ack], .rst] as [TCPFlags])
    func `a session's packets follow its rules both ways`(text: String, flags: TCPFlags) throws {
        var sessions = SessionTable()
        #expect(judge(try packet(Self.open), &sessions) == Self.legs)
        let later = classifier.judge(try packet(text, flags: flags), sessions: &sessions, now: now)
        #expect(later.verdict == .accept)
        #expect(Set(revision.describe(later)) == Set(Self.legs))
    }

    @Test(
        arguments: [
            [], .rst, [.rst, .ack], .fin, [.fin, .ack], [.syn, .ack], [.syn, .fin], .psh, [.syn, .rst], .urg,
        ] as [TCPFlags])
    func `TCP that opens nothing is invalid without a session`(flags: TCPFlags) throws {
        var sessions = SessionTable()
        #expect(judge(try packet(Self.open, flags: flags), &sessions) == ["egress a drop: \(GuardRule.invalid.text)"])
        #expect(sessions.count == 0)
    }

    @Test(arguments: [.syn, .ack, [.ack, .psh], [.syn, .ece, .cwr]] as [TCPFlags])
    func `a SYN or a bare ACK opens a session`(flags: TCPFlags) throws {
        var sessions = SessionTable()
        #expect(judge(try packet(Self.open, flags: flags), &sessions) == Self.legs)
        #expect(sessions.count == 1)
    }

    @Test(arguments: [[], .fin, [.syn, .fin], [.rst, .fin]] as [TCPFlags])
    func `flags that make no sense are invalid within a session too`(flags: TCPFlags) throws {
        var sessions = SessionTable()
        _ = judge(try packet(Self.open), &sessions)
        #expect(judge(try packet(Self.open, flags: flags), &sessions) == ["egress a drop: \(GuardRule.invalid.text)"])
    }

    @Test func `what is invalid from outside is refused where it arrives`() throws {
        var sessions = SessionTable()
        let stray = try packet("tcp 192.0.2.1:80 > 10.0.0.2:4000", flags: [.syn, .ack])
        #expect(judge(stray, &sessions) == ["ingress b drop: \(GuardRule.invalid.text)"])
    }

    @Test func `a refused packet leaves no session`() throws {
        var sessions = SessionTable()
        let refused = try packet("tcp 10.0.0.1:4000 > 10.0.0.2:81")
        #expect(judge(refused, &sessions).last == "ingress b drop: default refusal of ingress in group back")
        #expect(sessions.count == 0)
        #expect(judge(refused, &sessions).last == "ingress b drop: default refusal of ingress in group back")
    }

    @Test func `a forgotten session is judged anew`() throws {
        var sessions = SessionTable()
        _ = judge(try packet(Self.open), &sessions)
        sessions.forget(try packet.key(Self.reply))
        #expect(sessions.count == 0)
        #expect(
            judge(try packet(Self.reply, flags: .ack), &sessions) == [
                "egress b drop: default refusal of egress in group back"
            ])
    }

    @Test func `revoking a rule forgets exactly what it admitted`() throws {
        var sessions = SessionTable()
        _ = judge(try packet(Self.open), &sessions)
        _ = judge(try packet("icmp 192.0.2.1 > 10.0.0.2 8/0", echo: 7), &sessions)
        let rule = try #require(try revision.policy.group("front").rules.first)
        sessions.forget(admittedBy: rule.id)
        #expect(sessions.count == 1)
        sessions.forget(idleSince: Timestamp(seconds: 1001))
        #expect(sessions.count == 0)
    }

    @Test(arguments: [(UInt16(7), Verdict.accept), (8, .drop)])
    func `an echo reply follows the request of its id`(id: UInt16, verdict: Verdict) throws {
        var sessions = SessionTable()
        _ = judge(try packet("icmp 192.0.2.1 > 10.0.0.2 8/0", echo: 7), &sessions)
        let reply = classifier.judge(
            try packet("icmp 10.0.0.2 > 192.0.2.1 0/0", echo: id), sessions: &sessions, now: now)
        #expect(reply.verdict == verdict)
    }

    @Test(arguments: [0, 14, 9, 10, 200])
    func `ICMP that asks nothing is invalid without a session`(type: Int) throws {
        var sessions = SessionTable()
        let stray = try packet("icmp 192.0.2.1 > 10.0.0.2 \(type)/0")
        #expect(judge(stray, &sessions) == ["ingress b drop: \(GuardRule.invalid.text)"])
    }

    @Test(arguments: [
        // A router tells the initiator; the target tells it; a router tells the target about a reply.
        ("icmp 192.0.2.1 > 10.0.0.1 3/4", open, [legs[0]]), ("icmp 10.0.0.2 > 10.0.0.1 3/3", open, legs),
        ("icmp 192.0.2.1 > 10.0.0.2 11/0", reply, [legs[1]]),
        // Another session's ports, and an error that goes elsewhere than to the sender of what it quotes.
        (
            "icmp 192.0.2.1 > 10.0.0.1 3/4", "tcp 10.0.0.1:4001 > 10.0.0.2:80",
            ["ingress a drop: \(GuardRule.invalid.text)"]
        ),
        ("icmp 192.0.2.1 > 10.0.0.2 3/4", open, ["ingress b drop: \(GuardRule.invalid.text)"]),
        // Another interface of ours, which is no end of the session.
        ("icmp 10.0.0.3 > 10.0.0.1 3/3", open, ["egress c drop: \(GuardRule.invalid.text)"]),
    ])
    func `an error follows the session of what it quotes`(text: String, quoted: String, expected: [String]) throws {
        var sessions = SessionTable()
        _ = judge(try packet(Self.open), &sessions)
        var error = try packet(text)
        error.quote = Packet.Quote(key: try packet.key(quoted))
        #expect(judge(error, &sessions).sorted() == expected.sorted())
    }

    @Test func `an error that quotes nothing is invalid`() throws {
        var sessions = SessionTable()
        let error = try packet("icmp 192.0.2.1 > 10.0.0.1 3/4")
        #expect(judge(error, &sessions) == ["ingress a drop: \(GuardRule.invalid.text)"])
    }

    @Test func `the guard comes before the session`() throws {
        var sessions = SessionTable()
        _ = judge(try packet(Self.open), &sessions)
        let forged = try packet(Self.open, by: "c")
        #expect(judge(forged, &sessions) == ["egress c drop: \(GuardRule.spoof.text)"])
    }

    @Test func `a session between strangers has no legs`() throws {
        var sessions = SessionTable()
        #expect(judge(try packet("udp 192.0.2.1:1 > 198.51.100.1:2"), &sessions) == [])
        #expect(sessions.session(try packet.key("udp 198.51.100.1:2 > 192.0.2.1:1"))?.began == now)
    }
}
