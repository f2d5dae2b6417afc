import Model
import TestSupport
import Testing

@testable import Policy
@testable import PolicyFiles

@Suite struct ClassifierTests {
    private let shop: Revision
    private let packet: PacketText

    init() throws {
        self.shop = try Shop.revision()
        self.packet = PacketText(policy: shop.policy)
    }

    @Test(arguments: [
        ("tcp 203.0.113.9:40000 > 10.1.1.10:443", ["ingress web-1 accept: ingress tcp/443 from any"]),
        ("tcp 203.0.113.9:40000 > 10.1.1.10:80", ["ingress web-1 drop: default refusal of ingress in group web"]),
        ("udp 203.0.113.9:40000 > 10.1.1.10:443", ["ingress web-1 drop: default refusal of ingress in group web"]),
        (
            "tcp 10.1.1.10:40000 > 10.1.2.10:8080",
            [
                "egress web-1 accept: egress tcp/8080 to group:app",
                "ingress app-1 accept: ingress tcp/8080 from group:web",
            ]
        ),
        ("tcp 10.1.1.10:40000 > 10.1.3.10:5432", ["egress web-1 drop: default refusal of egress in group web"]),
        (
            "tcp 10.1.2.10:40000 > 10.1.3.10:5432",
            [
                "egress app-1 accept: egress tcp/5432 to group:db",
                "ingress db-1 accept: ingress tcp/5432 from group:app",
            ]
        ),
        ("tcp 203.0.113.9:40000 > 10.1.3.10:5432", ["ingress db-1 drop: default refusal of ingress in group db"]),
        ("tcp 203.0.113.9:40000 > 198.51.100.1:443", []),
    ])
    func `the three tiers let through what they say`(text: String, legs: [String]) throws {
        let judgement = Classifier(shop).judge(try packet(text))
        #expect(shop.describe(judgement) == legs)
    }

    @Test func `the first group that the interface names decides`() throws {
        let policy = try Policy.small(
            groups: ["wide: ingress any from any", "narrow: ingress tcp/80 from any"],
            interfaces: ["a 10.0.0.1 wide,narrow", "b 10.0.0.2 narrow,wide"])
        let revision = Policy.revision(policy)
        let packet = PacketText(policy: policy)
        let first = Classifier(revision).judge(try packet("tcp 192.0.2.1:1 > 10.0.0.1:80"))
        let second = Classifier(revision).judge(try packet("tcp 192.0.2.1:1 > 10.0.0.2:80"))
        #expect(revision.describe(first) == ["ingress a accept: ingress any from any"])
        #expect(revision.describe(second) == ["ingress b accept: ingress tcp/80 from any"])
    }

    @Test func `the first rule of the file decides within a group`() throws {
        let policy = try Policy.small(
            groups: ["g: ingress tcp/80-90 from 192.0.2.0/24, ingress tcp/80 from any"], interfaces: ["a 10.0.0.1 g"])
        let revision = Policy.revision(policy)
        let packet = PacketText(policy: policy)
        let near = Classifier(revision).judge(try packet("tcp 192.0.2.1:1 > 10.0.0.1:80"))
        let far = Classifier(revision).judge(try packet("tcp 198.51.100.1:1 > 10.0.0.1:80"))
        #expect(revision.describe(near) == ["ingress a accept: ingress tcp/80-90 from 192.0.2.0/24"])
        #expect(revision.describe(far) == ["ingress a accept: ingress tcp/80 from any"])
    }

    @Test func `an interface without groups refuses under its own rule`() throws {
        let policy = try Policy.small(groups: [], interfaces: ["a 10.0.0.1 -"])
        let revision = Policy.revision(policy)
        let judgement = Classifier(revision).judge(try PacketText(policy: policy)("tcp 192.0.2.1:1 > 10.0.0.1:80"))
        #expect(judgement.refusal?.rule == (try policy.interface("a").bareRefusal(.ingress)))
    }

    @Test func `the refusal is that of the first group attached`() throws {
        let policy = try Policy.small(
            groups: ["g: ingress tcp/1 from any", "h: ingress tcp/2 from any"], interfaces: ["a 10.0.0.1 h,g"])
        let judgement = Classifier(Policy.revision(policy)).judge(
            try PacketText(policy: policy)("tcp 192.0.2.1:1 > 10.0.0.1:80"))
        #expect(judgement.refusal?.rule == (try policy.group("h").defaultRefusal(.ingress)))
    }

    @Test(arguments: [
        ("an interface is a member of its own group", "tcp 10.0.0.1:1 > 10.0.0.1:80", Verdict.accept),
        ("a member may", "tcp 10.0.0.2:1 > 10.0.0.1:80", .accept),
        ("a member may by its other address", "tcp [fd00::2]:1 > [fd00::1]:80", .accept),
        ("another may not", "tcp 10.0.0.3:1 > 10.0.0.1:80", .drop),
    ])
    func `a group as peer is the addresses of its interfaces`(name: String, text: String, verdict: Verdict) throws {
        let policy = try Policy.small(
            groups: ["g: ingress tcp/80 from group:g, egress any to any", "h: egress any to any"],
            interfaces: ["a 10.0.0.1,fd00::1 g", "b 10.0.0.2,fd00::2 g", "c 10.0.0.3 h"])
        #expect(Classifier(Policy.revision(policy)).judge(try PacketText(policy: policy)(text)).verdict == verdict)
    }

    @Test func `a group of the same name in another VPC is another group`() throws {
        let yaml = """
            project: p
            vpcs:
              - name: v
                cidrs: [10.0.0.0/16]
                subnets: [{name: s, cidr: 10.0.0.0/24}]
                groups: [{name: g, rules: [ingress tcp/80 from group:g]}]
                instances: [{name: a, interfaces: [{name: n, subnet: s, address: 10.0.0.1, device: d, groups: [g]}]}]
              - name: w
                cidrs: [10.1.0.0/16]
                subnets: [{name: s, cidr: 10.1.0.0/24}]
                groups: [{name: g, rules: [egress any to any]}]
                instances: [{name: b, interfaces: [{name: n, subnet: s, address: 10.1.0.1, device: e, groups: [g]}]}]
            """
        let policy = try PolicyFile.load(yaml, name: "f.yaml")
        let judgement = Classifier(Policy.revision(policy)).judge(
            try PacketText(policy: policy)("tcp 10.1.0.1:1 > 10.0.0.1:80"))
        #expect(judgement.legs.map(\.verdict) == [.accept, .drop])
    }

    @Test(arguments: [
        ("ingress icmp from any", "icmp 192.0.2.1 > 10.0.0.1 8/0", Verdict.accept),
        ("ingress icmp/8 from any", "icmp 192.0.2.1 > 10.0.0.1 8/3", .accept),
        ("ingress icmp/8/0 from any", "icmp 192.0.2.1 > 10.0.0.1 8/1", .drop),
        ("ingress icmp from any", "icmpv6 2001:db8::1 > fd00::1 128/0", .drop),
        ("ingress icmpv6 from any", "icmpv6 2001:db8::1 > fd00::1 128/0", .accept),
        ("ingress icmpv6 from any", "icmp 192.0.2.1 > 10.0.0.1 8/0", .drop),
        ("ingress tcp from any", "tcp 192.0.2.1:5 > 10.0.0.1:6", .accept),
        ("ingress tcp from any", "udp 192.0.2.1:5 > 10.0.0.1:6", .drop),
        ("ingress sctp/5-7 from any", "sctp 192.0.2.1:5 > 10.0.0.1:7", .accept),
        ("ingress sctp/5-7 from any", "sctp 192.0.2.1:5 > 10.0.0.1:8", .drop),
        ("ingress gre from any", "gre 192.0.2.1 > 10.0.0.1", .accept),
        ("ingress any from any", "esp 192.0.2.1 > 10.0.0.1", .accept),
        ("ingress any from 0.0.0.0/0", "tcp [2001:db8::1]:5 > [fd00::1]:6", .drop),
        ("ingress any from ::/0", "tcp [2001:db8::1]:5 > [fd00::1]:6", .accept),
        ("ingress udp/5000-5010 from any", "udp 192.0.2.1:5 > 10.0.0.1:4999", .drop),
        ("ingress udp/5000-5010 from any", "udp 192.0.2.1:5 > 10.0.0.1:5010", .accept),
        ("ingress udp/5000-65535 from any", "udp 192.0.2.1:5 > 10.0.0.1:65535", .accept),
    ])
    func `a service matches what it names`(rule: String, text: String, verdict: Verdict) throws {
        let policy = try Policy.small(groups: ["g: '\(rule)'"], interfaces: ["a 10.0.0.1,fd00::1 g"])
        #expect(Classifier(Policy.revision(policy)).judge(try PacketText(policy: policy)(text)).verdict == verdict)
    }
}
