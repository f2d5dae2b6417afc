import Model
import PolicyFiles
import Testing

@testable import Analysis

/// Each kind of finding, by the smallest policy that has it.
@Suite struct LintTests {
    private func findings(groups: String = "[]", acls: String = "[]", attached: String = "", acl: String = "") throws
        -> [Finding]
    {
        let policy = try PolicyFile.load(
            """
            project: p
            vpcs:
              - name: v
                cidrs: [10.0.0.0/16]
                subnets: [{name: s, cidr: 10.0.1.0/24\(acl)}]
                groups: \(groups)
                acls: \(acls)
                instances: [{name: i, interfaces: [{name: e, subnet: s, address: 10.0.1.10, groups: [\(attached)]}]}]
            """, name: "p.yaml")
        return Lint(policy).findings
    }

    private func group(_ rules: String) throws -> [Finding] {
        try findings(groups: "[{name: g, rules: [\(rules)]}]", attached: "g")
    }

    private func list(_ rules: String) throws -> [Finding] {
        try findings(acls: "[{name: a, rules: [\(rules)]}]", acl: ", acl: a")
    }

    @Test(arguments: [
        (
            "ingress tcp/1-100 from any, ingress tcp/22 from 10.0.0.0/8", Finding.Kind.shadowed,
            "ingress tcp/22 from 10.0.0.0/8"
        ),
        ("ingress tcp/22 from 10.0.0.0/8, ingress tcp/1-100 from any", .redundant, "ingress tcp/22 from 10.0.0.0/8"),
        // Two halves cover the whole.
        (
            "ingress tcp/22 from 10.0.0.0/9, ingress tcp/22 from 10.128.0.0/9, ingress tcp/22 from 10.0.0.0/8",
            .shadowed,
            "ingress tcp/22 from 10.0.0.0/8"
        ),
        (
            "ingress tcp/1-20 from any, ingress tcp/21-30 from any, ingress tcp/15-25 from group:g", .shadowed,
            "ingress tcp/15-25 from group:g"
        ),
        ("ingress tcp/22 from any, ingress tcp/23 from any", .consolidatable, "ingress tcp/23 from any"),
        ("egress tcp/22 to 10.4.0.0/16, egress tcp/22 to 10.5.0.0/16", .consolidatable, "egress tcp/22 to 10.5.0.0/16"),
        ("ingress any from any", .overWide, "ingress any from any"),
        ("ingress tcp/22 from fd00::/8", .irrelevant, "ingress tcp/22 from fd00::/8"),
    ])
    func `a rule of a group is found`(rules: String, kind: Finding.Kind, rule: String) throws {
        #expect(try group(rules).contains { $0.kind == kind && $0.rule == rule })
    }

    @Test(arguments: [
        ("allow ingress any from any to any, deny ingress tcp/22 from any to any", Finding.Kind.contradictory),
        ("allow ingress any from any to any, allow ingress tcp/22 from any to any", .redundant),
        (
            "deny ingress tcp/1-22 from any to any, allow ingress tcp/23 from any to any, allow ingress tcp/20-23 from any to any",
            .shadowed
        ),
        ("deny ingress tcp/22-30 from any to any, allow ingress tcp/25-40 from any to any", .overlap),
        ("allow ingress any from any to 10.0.1.0/25", .subnetSplit),
        ("allow ingress any from any to 10.0.2.0/24", .outOfRange),
    ])
    func `a rule of a network ACL is found`(rules: String, kind: Finding.Kind) throws {
        #expect(try list(rules).map(\.kind).filter { $0 != .answerRefused } == [kind])
    }

    @Test(arguments: [
        "ingress tcp/22 from 10.0.0.0/8, ingress tcp/22 from group:g", "ingress tcp/22 from any, egress tcp/22 to any",
        "ingress tcp/22 from 10.0.0.0/9, ingress tcp/22 from 10.0.0.0/7",
    ])
    func `what decides something is no finding of the kind`(rules: String) throws {
        let kinds = try group(rules).map(\.kind)
        #expect(!kinds.contains(.shadowed))
    }

    @Test func `groups and lists without use are found`() throws {
        let found = try findings(
            groups: "[{name: g, rules: [ingress tcp/22 from group:h]}, {name: h, rules: []}]",
            acls: "[{name: a, rules: []}]",
            attached: "g")
        #expect(
            found.map { "\($0.kind.rawValue) \($0.place)" } == [
                "irrelevant v/g", "unattached v/h", "no-members v/h", "unattached v/a",
            ])
    }

    @Test func `an answer that a list refuses is found, with a packet`() throws {
        let found = try findings(
            groups: "[{name: g, rules: [ingress tcp/443 from any]}]",
            acls: "[{name: a, rules: [allow ingress tcp/443 from any to any]}]", attached: "g", acl: ", acl: a")
        let answer = try #require(found.first { $0.kind == .answerRefused })
        #expect(answer.by == ["i/e"])
        #expect(answer.witness?.targetPort == 443)
    }
}
