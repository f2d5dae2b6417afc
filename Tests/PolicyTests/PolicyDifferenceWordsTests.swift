import Model
import PolicyFiles
import TestSupport
import Testing

@testable import Policy

@Suite struct PolicyDifferenceWordsTests {
    private static let yaml = """
        project: demo
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: front, cidr: 10.1.1.0/24}, {name: back, cidr: 10.1.3.0/24}]
            groups:
              - {name: web, rules: [ingress tcp/443 from any, egress tcp/8080 to any]}
              - {name: db, rules: [ingress tcp/5432 from 10.1.2.0/24]}
            instances:
              - {name: web-1, interfaces: [{name: eth0, subnet: front, address: 10.1.1.10, device: gh-web1, groups: [web]}]}
              - {name: db-1, interfaces: [{name: eth0, subnet: back, address: 10.1.3.10, device: gh-db1, groups: [db]}]}
        collectors: [{name: all, target: vpc/shop, bucket: "file:flowlogs"}]
        """

    private func diff(_ old: String, _ new: String) throws -> [String] {
        let former = Policy.revision(try PolicyFile.load(old, name: "old.yaml"))
        let latter = former.next(
            policy: try PolicyFile.load(new, name: "new.yaml"), actor: "test", origin: "new.yaml",
            at: Timestamp(seconds: 1_800_000_060))
        return PolicyDifference(from: former.policy, to: latter.policy).lines.map(\.text)
    }

    private func replacing(_ old: String, _ new: String) throws -> [String] {
        let changed = Self.yaml.replacing(old, with: new)
        #expect(changed != Self.yaml)
        return try diff(Self.yaml, changed)
    }

    @Test func `the same policy changes nothing`() throws {
        #expect(try diff(Self.yaml, Self.yaml).isEmpty)
    }

    @Test func `a first policy adds each object`() throws {
        let policy = try PolicyFile.load(Self.yaml, name: "shop.yaml")
        let diff = PolicyDifference(from: .empty, to: policy)
        #expect(
            diff.lines.map(\.text) == [
                "~ project demo: was default", "+ vpc shop: 10.1.0.0/16", "+ subnet shop/front: 10.1.1.0/24",
                "+ subnet shop/back: 10.1.3.0/24", "+ group shop/web", "+ rule shop/web: ingress tcp/443 from any",
                "+ rule shop/web: egress tcp/8080 to any", "+ group shop/db",
                "+ rule shop/db: ingress tcp/5432 from 10.1.2.0/24",
                "+ interface shop/web-1/eth0: 10.1.1.10 on gh-web1, groups web",
                "+ interface shop/db-1/eth0: 10.1.3.10 on gh-db1, groups db",
                "+ collector all: vpc/shop to file:flowlogs",
            ])
        #expect(
            diff.summary
                == "1 project changed, 1 vpc added, 2 subnets added, 2 groups added, 3 rules added, 2 interfaces added, "
                + "1 collector added")
    }

    @Test func `what goes with its vpc is named`() throws {
        let policy = try PolicyFile.load(Self.yaml, name: "shop.yaml")
        let gone = PolicyDifference(from: policy, to: Policy(project: "demo", vpcs: [])).lines
        #expect(gone.allSatisfy { $0.kind == .removed })
        #expect(gone.count == 11)
    }

    @Test(arguments: [
        (
            "tcp/443 from any", "tcp/8443 from any",
            ["- rule shop/web: ingress tcp/443 from any", "+ rule shop/web: ingress tcp/8443 from any"]
        ),
        (
            "ingress tcp/443 from any, egress tcp/8080 to any", "egress tcp/8080 to any, ingress tcp/443 from any",
            ["~ group shop/web: rules in another order"]
        ),
        (
            "device: gh-db1, groups: [db]", "device: gh-db1, groups: [web]",
            ["~ interface shop/db-1/eth0: group web attached, group db detached"]
        ),
        (
            "address: 10.1.3.10, device: gh-db1", "address: 10.1.3.11, device: gh-db9",
            ["~ interface shop/db-1/eth0: addresses 10.1.3.10 → 10.1.3.11, device gh-db1 → gh-db9"]
        ),
        (
            "file:flowlogs", "file:other",
            ["~ collector all: vpc/shop to file:flowlogs → vpc/shop to file:other"]
        ),
        (
            "\"file:flowlogs\"}", "\"file:flowlogs\", format: aws, fields: [version, bytes], interval: 60}",
            [
                "~ collector all: vpc/shop to file:flowlogs → vpc/shop to file:flowlogs, format aws of version, bytes, "
                    + "every 60 s"
            ]
        ),
        ("{name: db, rules:", "{name: db, stateful: false, rules:", ["~ group shop/db: stateful → stateless"]),
        (
            "device: gh-db1, groups: [db]", "mac: 02:00:00:00:00:01, device: gh-db1, groups: [db]",
            ["~ interface shop/db-1/eth0: mac any → 02:00:00:00:00:01"]
        ),
        ("project: demo", "project: demo\nregion: lab", ["~ region lab: was the host's"]),
        (
            "10.1.3.0/24}", "10.1.3.0/24, zone: local-2}",
            ["~ subnet shop/back: 10.1.3.0/24 → 10.1.3.0/24 in local-2"]
        ),
    ])
    func `a change is named by its object`(old: String, new: String, expected: [String]) throws {
        #expect(try replacing(old, new) == expected)
    }

    @Test func `another project's objects are other ones, whatever they are called`() throws {
        let lines = try replacing("project: demo", "project: live")
        #expect(lines.first == "~ project live: was demo")
        #expect(lines.contains("~ vpc shop: made anew"))
        #expect(lines.contains("- rule shop/web: ingress tcp/443 from any"))
    }
}
