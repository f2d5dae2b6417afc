import Foundation
import Model
import Testing

@testable import Documents
@testable import PolicyFiles

/// The grammar of network ACLs' rules, and what its mistakes are told.
@Suite struct ACLRuleTextTests {
    private func load(_ rules: String, subnet: String = "edge") throws -> NetworkACL {
        let text = """
            project: shop
            vpcs:
              - name: shop
                cidrs: [10.1.0.0/16]
                acls: [{name: edge, rules: [\(rules)]}]
                subnets: [{name: web, cidr: 10.1.1.0/24, acl: \(subnet)}]
            """
        let policy = try PolicyFile.load(text, name: "shop.yaml")
        #expect(policy.vpcs[0].acl(ofSubnet: "web")?.name == "edge")
        return try #require(policy.vpcs[0].acls.first)
    }

    @Test func `the page's example means what it says`() throws {
        let page = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "docs/formats/policy-file.md"), encoding: .utf8)
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("    rules: [deny ingress tcp/22") })
        let rules = line.drop { $0 != "[" }.dropFirst().dropLast()
        let acl = try load(String(rules))
        #expect(acl.rules.map(\.action) == [.deny, .allow, .allow])
        #expect(acl.rules.map(\.direction) == [.ingress, .ingress, .egress])
        #expect(!acl.allowsAll)
    }

    @Test(arguments: [
        "allow ingress any from any to any", "deny egress tcp/443 from 10.1.1.0/24 to 203.0.113.7",
        "allow ingress udp/5000-5010 from any port 1024-65535 to fd00:1::/48", "deny ingress icmp/8/0 from any to any",
        "allow egress icmp_tcp_udp from any to any",
    ]) func `a rule is written as it was read`(text: String) throws {
        #expect(try load(text).rules.map(\.text) == [text])
    }

    @Test func `an ACL that allows everything both ways has nothing in the way`() throws {
        #expect(try load("allow ingress any from any to any, allow egress any from any to any").allowsAll)
        #expect(try !load("allow ingress any from any to any").allowsAll)
        #expect(
            try !load(
                "deny egress gre from any to any, allow ingress any from any to any, allow egress any from any to any"
            )
            .allowsAll)
    }

    @Test(arguments: [
        ("permit ingress any from any to any", "\"permit\" is not an action; write allow or deny"),
        ("allow in any from any to any", "\"in\" is not a direction; write ingress or egress"),
        ("allow ingress any from any", "\"allow ingress any from any\" is not a rule"),
        ("allow ingress tcp/0-70000 from any to any", "port 70000 is out of range"),
        ("allow ingress icmp from fd00::1 to any", "icmp never travels in IPv6, but fd00::1 is given"),
        (
            "allow ingress icmp from any port 7 to any",
            "\"icmp … port 7\" has too many parts; write icmp without source ports"
        ),
        (
            "allow ingress any from 10.0.0.1/8 to any",
            "prefix 10.0.0.1/8 has bits set beyond its first 8; write 10.0.0.0/8"
        ),
        (
            "deny ingress tcp from any to any, deny ingress tcp from any to any",
            "rule \"deny ingress tcp from any to any\" stands twice in network ACL \"edge\", first at line 5"
        ),
    ]) func `a mistake is told with its mend`(rules: String, expected: String) throws {
        let error = #expect(throws: DocumentError.self) { try load(rules) }
        #expect("\(try #require(error))".contains(expected), "\(String(describing: error))")
    }

    @Test func `a subnet's ACL must be there`() throws {
        let error = #expect(throws: DocumentError.self) {
            try load("allow ingress any from any to any", subnet: "egde")
        }
        let text = "\(try #require(error))"
        #expect(text.contains("there is no network ACL \"egde\" in VPC \"shop\""))
        #expect(text.contains("edge"))
    }
}
