import Model
import TestSupport
import Testing

@testable import Policy

/// What the guard makes of packets that instance `a` sends; its group admits everything.
@Suite struct LinkGuardTests {
    private let revision: Revision
    private let packet: PacketText

    init() throws {
        let policy = try Policy.small(
            groups: ["g: egress any to any"],
            interfaces: ["a 10.0.0.1,fd00::1 g 02:00:00:00:00:01", "b 10.0.0.2,fd00::2 g"])
        self.revision = Policy.revision(policy)
        self.packet = PacketText(policy: policy)
    }

    @Test(arguments: [
        ("udp 0.0.0.0:68 > 255.255.255.255:67"),
        ("udp [fe80::1]:546 > [ff02::2]:547"),
        ("icmpv6 :: > ff02::1 135/0"), ("icmpv6 fe80::1 > ff02::2 133/0"), ("icmpv6 fd00::1 > ff02::1 136/0"),
        ("icmpv6 fe80::1 > ff02::16 143/0"), ("icmpv6 fe80::1 > ff02::1 130/0"),
    ])
    func `link upkeep passes unjudged`(text: String) throws {
        #expect(Classifier(revision).judge(try packet(text, by: "a")) == .acceptedUnjudged)
    }

    @Test(arguments: [
        ("tcp 10.0.0.3:1 > 192.0.2.1:80", GuardRule.spoof), ("tcp 10.0.0.2:1 > 192.0.2.1:80", .spoof),
        ("tcp [fe80::1]:1 > [2001:db8::1]:80", .spoof), ("udp 10.0.0.9:68 > 255.255.255.255:67", .spoof),
        ("udp [2001:db8::9]:546 > [ff02::2]:547", .spoof), ("icmpv6 2001:db8::9 > fd00::2 135/0", .spoof),
        ("udp 10.0.0.1:67 > 10.0.0.2:68", .dhcpServer), ("udp [fd00::1]:547 > [fd00::2]:546", .dhcpServer),
        ("udp [fe80::1]:547 > [fe80::2]:546", .spoof),
        ("icmpv6 fe80::1 > ff02::1 134/0", .routerAdvertisement),
        ("icmpv6 fe80::1 > fd00::2 137/0", .routerAdvertisement),
        ("icmpv6 fd00::1 > fd00::2 136/0", .linkUpkeep), ("icmpv6 fd00::1 > 2001:db8::1 135/0", .linkUpkeep),
        ("icmpv6 fd00::1 > 2001:db8::1 143/0", .linkUpkeep), ("ah fd00::1 > fd00::2", .headers),
        ("udp 0.0.0.0:68 > 192.0.2.1:67", .spoof),
    ])
    func `what an instance must not send is refused by the guard`(text: String, rule: GuardRule) throws {
        let judgement = Classifier(revision).judge(try packet(text, by: "a"))
        let leg = try #require(judgement.legs.first)
        #expect(judgement.verdict == .drop)
        #expect(judgement.legs.count == 1)
        #expect(
            leg
                == Judgement.Leg(
                    interface: try revision.policy.interface("a").id, direction: .egress, verdict: .drop, stage: .guard,
                    rule: rule.id))
    }

    @Test func `a DHCP client that has an address may ask the host`() throws {
        var sent = try packet("udp 10.0.0.1:68 > 192.0.2.1:67", by: "a")
        #expect(Classifier(revision).judge(sent).legs.map(\.stage) == [.group])
        sent.isForHost = true
        let judgement = Classifier(revision).judge(sent)
        #expect(judgement.legs.map(\.stage) == [.guard])
        #expect(judgement.legs.first?.rule == GuardRule.dhcpClient.id)
    }

    @Test func `a DHCP request to another instance is judged at both ends`() throws {
        let judgement = Classifier(revision).judge(try packet("udp 10.0.0.1:68 > 10.0.0.2:67", by: "a"))
        #expect(judgement.legs.map(\.stage) == [.group, .group])
        #expect(judgement.verdict == .drop)
    }

    @Test(arguments: [(UInt8(255), 135), (255, 133), (1, 143), (1, 131), (64, 135), (254, 136), (64, 143), (255, 131)])
    func `link upkeep comes from the link by its hop limit`(limit: UInt8, type: Int) throws {
        var sent = try packet("icmpv6 fd00::1 > ff02::1 \(type)/0", by: "a")
        sent.hopLimit = limit
        let isRight = limit == (type == 143 || type == 131 ? 1 : 255)
        #expect(Classifier(revision).judge(sent).verdict == (isRight ? .accept : .drop))
    }

    @Test(arguments: [
        "icmpv6 fe80::9 > fd00::1 134/0", "icmpv6 fe80::9 > fd00::1 135/0", "udp 10.0.0.254:67 > 10.0.0.1:68",
        "udp [fe80::9]:547 > [fd00::1]:546",
    ])
    func `the host advertises routes, finds neighbours, answers DHCP`(text: String) throws {
        var sent = try packet(text)
        sent.origin = .host
        #expect(Classifier(revision).judge(sent) == .acceptedUnjudged)
    }

    @Test(arguments: ["tcp 10.0.0.2:1 > 10.0.0.1:80", "icmpv6 fd00::2 > fd00::1 128/0"])
    func `an interface's address from elsewhere is refused at the target`(text: String) throws {
        var sent = try packet(text)
        sent.origin = .outside
        let judgement = Classifier(revision).judge(sent)
        #expect(judgement.legs.map(\.direction) == [.ingress])
        #expect(judgement.refusal?.rule == GuardRule.impostor.id)
        sent.key = try packet.key("tcp 10.0.0.2:1 > 192.0.2.1:80")
        #expect(Classifier(revision).judge(sent) == Judgement(verdict: .drop, legs: []))
        sent.origin = .host
        #expect(Classifier(revision).judge(sent) == .acceptedUnjudged)
    }

    @Test func `an authentication header in IPv6 is refused whatever it carries`() throws {
        var sent = try packet("tcp [fd00::1]:1 > [fd00::2]:80", by: "a")
        sent.hasAuthenticationHeader = true
        #expect(Classifier(revision).judge(sent).refusal?.rule == GuardRule.headers.id)
        sent.key = try packet.key("tcp [2001:db8::1]:1 > [fd00::2]:80")
        sent.origin = .outside
        let judgement = Classifier(revision).judge(sent)
        #expect(judgement.legs.map(\.direction) == [.ingress])
        #expect(judgement.refusal?.rule == GuardRule.headers.id)
    }

    @Test(arguments: [(UInt64(1), Verdict.accept), (2, .drop)])
    func `a source MAC must be the interface's where it has one`(last: UInt64, verdict: Verdict) throws {
        var sent = try packet("tcp 10.0.0.1:1 > 192.0.2.1:80")
        sent.sourceMAC = MACAddress(bits: 0x0200_0000_0000 + last)
        #expect(Classifier(revision).judge(sent).verdict == verdict)
    }

    @Test func `any MAC will do where the interface has none`() throws {
        var sent = try packet("tcp 10.0.0.2:1 > 192.0.2.1:80")
        sent.sourceMAC = MACAddress(bits: 5)
        #expect(Classifier(revision).judge(sent).verdict == .accept)
    }

    @Test(arguments: ["icmpv6 fd00::9 > fd00::1 135/0", "icmpv6 2001:db8::9 > fd00::1 134/0"])
    func `link upkeep is not forwarded to an instance`(text: String) throws {
        let judgement = Classifier(revision).judge(try packet(text))
        #expect(judgement.legs.map(\.direction) == [.ingress])
        #expect(judgement.refusal?.rule == GuardRule.linkUpkeep.id)
    }

    @Test(arguments: [
        "udp 192.0.2.1:67 > 10.0.0.1:68", "udp 192.0.2.1:68 > 10.0.0.1:67", "tcp 10.0.0.9:1 > 10.0.0.1:1",
    ])
    func `other packets from outside are judged by the groups`(text: String) throws {
        #expect(Classifier(revision).judge(try packet(text)).refusal?.stage == .group)
    }

    @Test func `an interface that the policy does not know is outside`() throws {
        var sent = try packet("tcp 192.0.2.9:1 > 192.0.2.1:80")
        sent.origin = .interface(Identifier(high: 1, low: 2))
        #expect(Classifier(revision).judge(sent) == .acceptedUnjudged)
    }
}
