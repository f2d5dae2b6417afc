import Foundation
import Model
import PolicyFiles
import Records
import TestSupport
import Testing

@testable import Posture

/// What a scan finds in policies that have each weakness once, and in one that has none.
@Suite struct PostureTests {
    private static func policy(
        _ rules: String, vpc: String = "", more: String = "", acl: String = "", subnet: String = ""
    ) throws -> Policy {
        try PolicyFile.load(
            """
            project: shop
            vpcs:
              - name: shop
                cidrs: [10.1.0.0/16]\(vpc)
                subnets: [{name: all, cidr: 10.1.2.0/24\(subnet)}]\(acl)
                groups: [{name: web, rules: [\(rules)]}]
                instances:
                  - {name: web-1, interfaces: [{name: eth0, subnet: all, address: 10.1.2.21, groups: [web]}]}
            collectors: [{name: all, target: vpc/shop, bucket: "file:flows"}]\(more)
            """, name: "shop.yaml")
    }

    private static let instant = Timestamp(seconds: 1_800_000_000)

    private func found(_ policy: Policy) -> [String] {
        PostureScan.findings(policy, at: Self.instant).map {
            "\($0.severity.rawValue) \($0.check.rawValue) \($0.resource)"
        }
    }

    @Test func `a policy that admits what it needs has no weakness`() throws {
        let policy = try Self.policy("ingress tcp/443 from any, ingress tcp/22 from 10.0.0.0/8, egress tcp/443 to any")
        #expect(found(policy) == [])
    }

    @Test(arguments: [
        ("ingress tcp/22 from any", ["high internet-admin-port web-1/eth0"]),
        ("ingress udp/161 from 0.0.0.0/0", ["high internet-admin-port web-1/eth0"]),
        ("ingress tcp/5000-5500 from 8.0.0.0/8", ["critical internet-database-port web-1/eth0"]),
        ("ingress tcp from any", ["critical internet-any-port web-1/eth0", "medium any-to-any shop/web"]),
        ("egress tcp to any", ["low unrestricted-egress web-1/eth0"]),
        ("ingress tcp/443 from any, ingress tcp/443-444 from any", ["low shadowed-rule shop/web"]),
    ]) func `each weakness is found by itself`(rules: String, findings: [String]) throws {
        #expect(found(try Self.policy(rules)) == findings)
    }

    @Test func `what another stage refuses is not reached, and what is not answered is less bad`() throws {
        let rules = "ingress tcp/22 from any"
        func acl(_ list: String) throws -> [String] {
            found(
                try Self.policy(
                    rules, acl: "\n    acls: [{name: edge, rules: [\(list)]}]", subnet: ", acl: edge")
            ).filter { $0.contains("internet") }
        }
        #expect(try acl("allow ingress any from 10.0.0.0/8 to any, allow egress any from any to any") == [])
        #expect(
            try acl("allow ingress any from any to any, allow egress any from any to any") == [
                "high internet-admin-port web-1/eth0"
            ])
        #expect(try acl("allow ingress any from any to any") == ["medium internet-admin-port web-1/eth0"])
        let blocked = try Self.policy(
            rules,
            more:
                "\nenterprise: [{name: b, action: block, direction: ingress, from: any, to: any, service: tcp/22, owner: ops}]"
        )
        #expect(found(blocked) == [])
    }

    @Test func `a finding names the rule, a packet and the mend`() throws {
        let finding = try #require(
            PostureScan.findings(try Self.policy("ingress tcp/3389 from any"), at: Self.instant).first)
        #expect(finding.rules == ["shop/web: ingress tcp/3389 from any"])
        #expect(finding.witness?.targetPort == 3389 && finding.witness?.target == IPAddress("10.1.2.21"))
        #expect(finding.detail == "the internet reaches administration (RDP, tcp/3389)")
        #expect(finding.mend == "admit tcp/3389 from the networks that need it, not from any")
    }

    @Test func `modes, bridges, collections and the enterprise policy are looked at`() throws {
        let policy = try Self.policy(
            "ingress tcp/443 from any", vpc: "\n    observe: true\n    collect: {in_out: true}",
            more: """

                bridges: [{name: br0}]
                enterprise:
                  - {name: old, action: block, direction: ingress, from: any, to: any, service: tcp/23, expires: 2026-01-01, owner: ops}
                  - {name: quiet, action: block, direction: ingress, from: any, to: any, service: tcp/24, log: false}
                """)
        #expect(
            Set(found(policy)).isSuperset(of: [
                "high observed-only vpc/shop", "medium unknown-ports br0", "low not-collected vpc/shop",
                "medium expired-rule old", "low rule-without-owner quiet", "low silent-block quiet",
            ]))
    }

    @Test func `settings turn checks off, weigh them and exempt with a reason until a day`() throws {
        let path = FileManager.default.temporaryDirectory.path + "/posture-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try """
        checks: {unrestricted-egress: off, internet-database-port: medium}
        exemptions:
          - {check: internet-admin-port, resource: web-1/eth0, reason: the way in, expires: 2027-03-01}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let settings = try PostureSettings(file: path)
        let policy = try Self.policy("ingress tcp/22 from any, ingress tcp/5432 from any, egress any to any")
        func scan(_ instant: Timestamp) -> [PostureFinding] {
            PostureScan.findings(policy, at: instant, settings: settings).filter { $0.resource == "web-1/eth0" }
        }
        let before = scan(Timestamp(seconds: 1_790_000_000))
        #expect(before.map(\.severity) == [.high, .medium] && before.map(\.exemption) == ["the way in", nil])
        #expect(scan(Timestamp(seconds: 1_810_000_000)).map(\.exemption) == [nil, nil])
        try "checks: {internet-admin-prt: off}".write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: (any Error).self) { try PostureSettings(file: path) }
        #expect(
            "\(error as Any)".contains("write \\\"internet-admin-port\\\"")
                || "\(error as Any)".contains("internet-admin-port"))
    }

    @Test func `reports hold what was found, and hostile names are harmless in them`() throws {
        let findings = PostureScan.findings(
            try Self.policy("ingress tcp/22 from any"), at: Self.instant,
            and: [PostureFinding(problem: "<script>alert(\"x\")</script>")])
        let html = HTMLReport.text(findings, of: "a<b", at: Self.instant)
        #expect(!html.contains("<script") && html.contains("&lt;script&gt;") && html.contains("internet-admin-port"))
        let sarif = try JSONSerialization.jsonObject(with: Data(SARIFReport.text(findings, file: "shop.yaml").bytes))
        let runs = try #require((sarif as? [String: Any])?["runs"] as? [[String: Any]])
        let results = try #require(runs.first?["results"] as? [[String: Any]])
        #expect(results.compactMap { $0["ruleId"] as? String } == ["host-problem", "internet-admin-port"])
        #expect(Set(findings.map(\.id)).count == findings.count)
    }

    @Test func `every check has words, and no two the same`() {
        #expect(Set(PostureCheck.Name.allCases.map(\.title)).count == PostureCheck.Name.allCases.count)
    }
}
