import Model
import Policy
import PolicyFiles
import TestSupport
import Testing

/// What is written of a policy is the same policy again.
@Suite struct PolicyFileWriterTests {
    /// Reads a file, writes it, and reads that; the two must not differ.
    private func check(_ text: String, _ comment: Comment? = nil) throws {
        let policy = try PolicyFile.load(text, name: "first.yaml")
        let written = PolicyFileWriter.text(policy)
        let again = try PolicyFile.load(written, name: "written.yaml")
        let lines = PolicyDifference(from: policy, to: again).lines.map(\.text)
        #expect(lines == [], comment ?? "\(written)")
        #expect(PolicyFileWriter.text(again) == written)
    }

    @Test func `a file that says everything comes back`() throws {
        try check(
            """
            project: shop
            region: r-1
            vpcs:
              - name: shop
                cidrs: [10.1.0.0/16, "fd00:1::/48"]
                observe: true
                collect: {within_subnets: true, in_out: false}
                acls: [{name: edge, rules: ["deny ingress tcp/22 from any to any", "allow ingress any from any to any"]}]
                subnets:
                  - {name: front, cidrs: [10.1.1.0/24, "fd00:1:0:1::/64"], acl: edge, zone: r-1-a}
                  - {name: back, cidr: 10.1.2.0/24, dhcp: true, dhcp_servers: [10.1.2.2]}
                groups:
                  - {name: web, observe: true, rules: [ingress tcp/443 from any, {rule: "egress udp/53 to 10.1.2.3", description: "yes: [\\"names\\"], #1"}]}
                  - {name: raw, stateful: false, rules: [ingress icmp/8 from group:web, "egress any to fd00::/8"]}
                instances:
                  - name: web-1
                    interfaces:
                      - {name: eth0, subnet: front, addresses: [10.1.1.10, "fd00:1:0:1::10", 10.9.0.0/24], mac: "02:00:0a:01:01:0a", device: gh-web1, groups: [web, allow_ssh], pairs: [{address: 10.1.1.100}, {address: 10.1.1.101, mac: "00:00:5e:00:01:07"}]}
                      - {name: eth1, subnet: back, observe: true}
              - {name: "no", cidrs: [10.2.0.0/16]}
            collectors:
              - {name: all, target: vpc/shop, bucket: "file:flow logs/ä", active: false, interval: 60}
              - {name: one, target: interface/shop/web-1/eth0, bucket: "s3://b?endpoint=https://h", format: aws, fields: [srcaddr, bytes]}
            bridges: [{name: br0, unknown: refuse, uplinks: [eth9]}, {name: br1}]
            assertions: [only group:web reaches web-1/eth0 on tcp/443, outside never reaches web-1]
            enterprise:
              - {name: a, action: block, direction: ingress, from: any, to: vpc:shop, service: tcp/23}
              - {name: b, action: block, direction: egress, from: {not: [group:shop/web]}, to: [198.51.100.0/24, "2001:db8::7"], service: [udp, icmp], scope: {vpcs: [shop]}, enabled: false, log: false, owner: "o: p", ticket: "12", note: "true"}
              - {name: c, action: allow, direction: ingress, from: subnet:shop/front, to: instance:shop/web-1, expires: 2027-03-01, schedule: {from: 2026-01-01, hours: ["mon-fri 22:00-06:00"]}}
            sinks:
              - {name: siem, kind: syslog, url: "relp://10.0.0.9:2514", send: [events, audit], where: "action = drop and port in (22, 23)", format: cef, rate: 500}
            """)
    }

    @Test func `an empty policy, and what asserts and lists nothing, come back`() throws {
        try check("project: empty\nvpcs: []\n")
        try check("project: p\nvpcs: []\nenterprise: []\nbridges: []\nassertions: []\nsinks: []\n")
    }

    @Test func `the shop of the examples comes back`() throws { try check(Shop.yaml) }
}
