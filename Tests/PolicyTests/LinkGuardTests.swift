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
        ("icmpv6 :: > ff02::1 135/0"), ("icmpv6 fe80::1 > ff02::2 133/0"), ("icmpv6 fd00::1 > fd00::2 136/0"),
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

    @Test func `a DHCP client that has an address is let out, and judged at its target`() throws {
        let judgement = Classifier(revision).judge(try packet("udp 10.0.0.1:68 > 10.0.0.2:67", by: "a"))
        #expect(judgement.legs.map(\.stage) == [.guard, .group])
        #expect(judgement.legs.first?.rule == GuardRule.dhcpClient.id)
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

    @Test(arguments: [
        "icmpv6 fe80::9 > fd00::1 135/0", "icmpv6 fe80::9 > fd00::1 134/0", "icmpv6 fd00::9 > fd00::1 136/0",
    ])
    func `neighbours outside find the instance`(text: String) throws {
        #expect(Classifier(revision).judge(try packet(text)) == .acceptedUnjudged)
    }

    @Test(arguments: [
        "udp 192.0.2.1:67 > 10.0.0.1:68", "icmpv6 fe80::9 > fd00::1 137/0", "tcp 10.0.0.9:1 > 10.0.0.1:1",
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
