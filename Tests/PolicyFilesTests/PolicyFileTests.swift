import Model
import Records
import TestSupport
import Testing

@testable import Documents
@testable import PolicyFiles

@Suite struct PolicyFileTests {
    @Test func `the three tiers load as they are written`() throws {
        let policy = try Shop.policy()
        let vpc = try #require(policy.vpcs.first)
        #expect(policy.project == "shop")
        #expect(vpc.id == Identifier(derivedFrom: "vpc", "shop", "shop"))
        #expect(vpc.prefixes.map(\.description) == ["10.1.0.0/16", "fd00:1::/48"])
        #expect(vpc.subnets.map(\.name) == ["web", "app", "db"])
        #expect(vpc.groups.map(\.name) == ["web", "app", "db"])
        #expect(
            try policy.group("app").rules.map(\.text) == [
                "ingress tcp/8080 from group:web", "egress tcp/5432 to group:db",
            ])
        let interface = try policy.interface("web-1")
        #expect(interface.id == Identifier(derivedFrom: "interface", "shop", "shop", "web-1", "eth0"))
        #expect(interface.addresses.map(\.description) == ["10.1.1.10"])
        #expect(interface.device == "gh-web1")
        #expect(interface.groups == ["web"])
        let collector = try #require(policy.collectors.first)
        #expect(collector.target == .vpc("shop"))
        #expect(collector.bucket == "file:flowlogs")
        #expect(collector.isActive)
        #expect(collector.format == .ibm)
    }

    @Test func `both families, MAC, descriptions and collector switches are read`() throws {
        let policy = try PolicyFile.load(
            """
            project: p
            vpcs:
              - name: v
                cidrs: [10.0.0.0/8, fd00:1::/48]
                subnets: [{name: s, cidrs: [10.0.0.0/24, fd00:1::/64]}]
                groups: [{name: g, rules: [{rule: "ingress tcp/80 from any", description: "the shop"}]}]
                instances:
                  - name: i
                    interfaces:
                      - {name: n, subnet: s, addresses: [10.0.0.1, "fd00:1::1"], device: d, mac: "02:00:00:00:00:01"}
            collectors:
              - {name: fine, target: interface/v/i/n, bucket: "file:a", active: false, format: ibm+}
            """, name: "p.yaml")
        let interface = try policy.interface("i")
        #expect(interface.addresses.map(\.description) == ["10.0.0.1", "fd00:1::1"])
        #expect(interface.mac?.description == "02:00:00:00:00:01")
        #expect(interface.groups.isEmpty)
        #expect(try policy.group("g").rules.first?.description == "the shop")
        let collector = try #require(policy.collectors.first)
        #expect(collector.target == .interface(vpc: "v", instance: "i", interface: "n"))
        #expect(!collector.isActive)
        #expect(collector.format == .ibmPlus)
    }

    @Test func `region and zones are read`() throws {
        let policy = try PolicyFile.load(
            """
            project: p
            region: lab-east
            vpcs:
              - {name: v, cidrs: [10.0.0.0/8], subnets: [{name: s, cidr: 10.0.0.0/24, zone: lab-east-2}]}
            """, name: "p.yaml")
        #expect(policy.region == "lab-east")
        #expect(policy.vpcs.first?.subnets.map(\.zone) == ["lab-east-2"])
    }

    @Test(arguments: [
        ("Lab", "lab-1", "f.yaml:2: region: \"Lab\" is no region's name; use 1-63 of a-z, 0-9 and \"-\""),
        (
            "lab", "west-1",
            "f.yaml:3: vpcs[0].subnets[0].zone: zone \"west-1\" is not of region \"lab\"; "
                + "write a name that begins with it, as lab-1, or the file's region"
        ),
    ]) func `a place that is none is a problem`(region: String, zone: String, expected: String) {
        let error = #expect(throws: DocumentError.self) {
            try PolicyFile.load(
                """
                project: p
                region: \(region)
                vpcs: [{name: v, cidrs: [10.0.0.0/8], subnets: [{name: s, cidr: 10.0.0.0/24, zone: \(zone)}]}]
                """, name: "f.yaml")
        }
        #expect(error?.problems.first?.description == expected)
    }

    @Test(arguments: [
        ("", FlowLogFormat.ibm, 300), (", format: jsonl, interval: 60", .jsonLines, 60),
        (", format: aws", .aws(columns: AWSField.defaultNames), 300),
        (", format: aws, fields: [version, bytes]", .aws(columns: ["version", "bytes"]), 300),
        (", format: aws, fields: '${version} ${bytes}', interval: 3600", .aws(columns: ["version", "bytes"]), 3600),
    ]) func `a collector has a format and an interval`(settings: String, format: FlowLogFormat, interval: Int) throws {
        let policy = try PolicyFile.load(
            """
            project: p
            vpcs: [{name: v, cidrs: [10.0.0.0/8]}]
            collectors: [{name: c, target: vpc/v, bucket: "file:a"\(settings)}]
            """, name: "p.yaml")
        #expect(policy.collectors.map(\.format) == [format])
        #expect(policy.collectors.map(\.interval) == [interval])
    }

    @Test func `ready-made groups come into a VPC when something names them`() throws {
        let policy = try Policy.small(
            groups: ["g: ingress tcp/1 from group:allow_all"], interfaces: ["a 10.0.0.1 allow_ssh,g"])
        #expect(policy.vpcs.first?.groups.map(\.name) == ["g", "allow_ssh", "allow_all"])
        #expect(policy.vpcs.first?.groups.map(\.isPredefined) == [false, true, true])
    }

    @Test(arguments: [
        ("allow_ssh", "ingress tcp/22 from any"), ("allow_http", "ingress tcp/80 from any"),
        ("allow_https", "ingress tcp/443 from any"), ("allow_outbound", "egress any to any"),
        ("allow_all", "ingress any from any"),
    ])
    func `a ready-made group holds one rule`(name: String, rule: String) throws {
        let policy = try Policy.small(groups: [], interfaces: ["a 10.0.0.1 \(name)"])
        #expect(try policy.group(name).rules.map(\.text) == [rule])
    }

    @Test func `aliases stand for what they name`() throws {
        let policy = try PolicyFile.load(
            """
            project: p
            vpcs:
              - name: v
                cidrs: [10.0.0.0/8]
                groups:
                  - {name: g, rules: &common [ingress tcp/80 from any]}
                  - {name: h, rules: *common}
            """, name: "p.yaml")
        #expect(try policy.group("h").rules.map(\.text) == ["ingress tcp/80 from any"])
        #expect(try policy.group("h").rules.first?.id != policy.group("g").rules.first?.id)
    }

    @Test func `the same file always gives the same policy`() throws {
        #expect(try Shop.policy() == Shop.policy())
    }

    @Test func `bytes load like text`() throws {
        #expect(try PolicyFile.load(bytes: Array(Shop.yaml.utf8), name: "shop.yaml") == Shop.policy())
    }
}
