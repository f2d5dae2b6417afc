import Model
import Testing

@testable import PolicyFiles

@Suite struct RuleTextTests {
    @Test(arguments: [
        "ingress tcp/443 from any", "egress any to any", "ingress tcp from 10.1.1.10",
        "egress udp/5000-5010 to 10.1.0.0/16",
        "ingress icmp from 0.0.0.0/0", "ingress icmp/8 from any", "ingress icmp/3/4 from group:web",
        "egress icmpv6/128/0 to fd00:1::/48", "ingress gre from group:web.2_x-y", "ingress 99 from ::1",
        "egress tcp/0-65535 to group:db", "ingress sctp/1-1 from any", "ingress esp from any",
    ])
    func `the text of a rule is read as the same rule`(text: String) throws {
        let rule = try RuleText(parsing: text).rule(id: Identifier(derivedFrom: "rule", text))
        #expect(try RuleText(parsing: rule.text) == RuleText(parsing: text))
        #expect(try RuleText(parsing: rule.text).rule(id: rule.id) == rule)
    }

    @Test(arguments: [
        ("ingress 6/443 from 10.0.0.1/32", "ingress tcp/443 from 10.0.0.1"),
        ("ingress TCP/443-443 from any", "ingress tcp/443 from any"),
        ("egress 1/8 to any", "egress icmp/8 to any"), ("egress ipv6-icmp to ::/0", "egress icmpv6 to ::/0"),
        ("  ingress   udp/53\tfrom any ", "ingress udp/53 from any"),
    ])
    func `a rule has one canonical text`(written: String, canonical: String) throws {
        #expect(try RuleText(parsing: written).rule(id: Identifier(high: 0, low: 0)).text == canonical)
    }

    @Test(arguments: [
        ("", "\"\" is not a rule"), ("allow everything", "\"allow everything\" is not a rule"),
        ("inbound tcp/1 from any", "\"inbound\" is not a direction"),
        ("ingress tcp/1 to any", "\"to\" cannot follow ingress"),
        ("egress tcp/1 from any", "\"from\" cannot follow egress"),
        ("ingress tpc/1 from any", "\"tpc\" is not a protocol"), ("ingress 256 from any", "\"256\" is not a protocol"),
        ("ingress +6 from any", "\"+6\" is not a protocol"),
        ("ingress any/1 from any", "service \"any/1\" has too many parts"),
        ("ingress tcp/1/2 from any", "service \"tcp/1/2\" has too many parts"),
        ("ingress icmp/1/2/3 from any", "service \"icmp/1/2/3\" has too many parts"),
        ("ingress gre/1 from any", "protocol gre has no ports, but \"1\" is given"),
        ("ingress tcp/ from any", "\"\" is neither a port nor a range of ports"),
        ("ingress tcp/http from any", "\"http\" is neither a port nor a range of ports"),
        ("ingress tcp/1-2-3 from any", "\"1-2-3\" is neither a port nor a range of ports"),
        ("ingress tcp/-1 from any", "\"-1\" is neither a port nor a range of ports"),
        ("ingress tcp/65536 from any", "port 65536 is out of range"),
        ("ingress tcp/99999999999999999999 from any", "port 99999999999999999999 is out of range"),
        ("ingress tcp/0 from any", "tcp/0 names the reserved port 0"),
        ("ingress tcp/90-80 from any", "port range 90-80 is reversed"),
        ("ingress icmp/256 from any", "icmp type \"256\" is not 0-255"),
        ("ingress icmp/8/x from any", "icmp code \"x\" is not 0-255"),
        ("ingress tcp/1 from 10.0.0", "\"10.0.0\" is neither any, an address, a prefix nor group:NAME"),
        ("ingress tcp/1 from 10.0.0.0/33", "prefix 10.0.0.0/33 is too long"),
        ("ingress tcp/1 from 10.1.2.3/24", "prefix 10.1.2.3/24 has bits set beyond its first 24"),
        ("ingress tcp/1 from group:", "\"group:\" names no group"),
        ("ingress icmp from fd00::/8", "icmp never travels in IPv6, but fd00::/8 is given"),
        ("ingress ah from fd00::/8", "ah never travels in IPv6, but fd00::/8 is given"),
        ("egress hopopt to fd00::1", "hopopt never travels in IPv6, but fd00::1 is given"),
        ("ingress icmpv6/128 from 10.0.0.1", "icmpv6/128 never travels in IPv4, but 10.0.0.1 is given"),
    ])
    func `a text that is no rule is refused with the value seen`(text: String, message: String) {
        let error = #expect(throws: RuleTextError.self) { try RuleText(parsing: text) }
        #expect(error?.message == message)
        #expect(error?.mend.isEmpty == false)
    }

    @Test(arguments: [
        ("ingress tcp/90-80 from any", "write tcp/80-90"), ("ingress tcp/1 from 10.1.2.3/24", "write 10.1.2.0/24"),
        ("egress tcp/1 from any", "write egress SERVICE to REMOTE"), ("ingress gre/1 from any", "write gre"),
    ])
    func `the mend is what was probably meant`(text: String, mend: String) {
        #expect(#expect(throws: RuleTextError.self) { try RuleText(parsing: text) }?.mend == mend)
    }
}
