import Model
import Testing

@testable import Documents
@testable import PolicyFiles

/// The enterprise policy in the policy file, and what its mistakes are told.
@Suite struct EnterpriseFileTests {
    private static func file(_ rules: String) -> String {
        """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: front, cidr: 10.1.1.0/24}]
            groups: [{name: db, observe: true}, {name: app}]
            instances: [{name: db-1, interfaces: [{name: eth0, subnet: front, address: 10.1.1.10, groups: [db], observe: true}]}]
            observe: true
        enterprise:
        \(rules)
        """
    }

    private func load(_ rules: String) throws -> [EnterpriseRule] {
        try #require(try PolicyFile.load(Self.file(rules), name: "shop.yaml").enterprise)
    }

    @Test func `rules are read in their order, with all that they say`() throws {
        let rules = try load(
            """
              - {name: no-telnet, action: block, direction: ingress, from: any, to: vpc:shop, service: tcp/23}
              - {name: watch-db, action: observe, direction: ingress, from: {not: [group:shop/app]}, to: group:shop/db, service: tcp/5432, owner: dba@example.org, expires: 2027-03-01}
              - {name: partners, action: allow, direction: ingress, from: [198.51.100.0/24, "2001:db8:7::/48"], to: vpc:shop, service: any}
              - name: night
                action: block
                direction: egress
                from: [subnet:front, instance:shop/db-1]
                to: group:shop/allow_ssh
                service: [udp/53, icmp/8]
                scope: {projects: [shop], vpcs: [shop]}
                enabled: false
                log: false
                schedule: {from: 2026-01-01, until: 2027-01-01T06:00:00Z, hours: ["mon-fri 22:00-06:00"]}
                ticket: T-1
                note: quiet
            """)
        #expect(
            rules.map(\.text) == [
                "block ingress tcp/23 from any to vpc:shop",
                "observe ingress tcp/5432 from not [group:shop/app] to group:shop/db",
                "allow ingress any from [198.51.100.0/24, 2001:db8:7::/48] to vpc:shop",
                "block egress [udp/53, icmp/8] from [subnet:shop/front, instance:shop/db-1] to group:shop/allow_ssh at "
                    + "[project:shop, vpc:shop]",
            ])
        #expect(rules[1].owner == "dba@example.org")
        #expect(rules[1].expires == Timestamp(seconds: 1_803_859_200))
        #expect(!rules[3].isEnabled && !rules[3].isLogged && rules[3].ticket == "T-1" && rules[3].note == "quiet")
        #expect(rules[3].schedule?.hours.map(\.description) == ["mon-fri 22:00-06:00"])
        #expect(rules[3].schedule?.until == Timestamp(seconds: 1_798_783_200))
    }

    @Test func `what a VPC collects is what it says, and everything where it says nothing`() throws {
        func load(_ collect: String) throws -> [TrafficPath]? {
            let text = "project: shop\nvpcs: [{name: shop, cidrs: [10.1.0.0/16]\(collect)}]\n"
            return try PolicyFile.load(text, name: "shop.yaml").vpcs[0].collected
        }
        #expect(try load("") == nil)
        #expect(try load(", collect: {}") == [])
        #expect(
            try load(", collect: {within_subnets: true, between_subnets: true, in_out: false}")
                == [.withinSubnets, .betweenSubnets])
        for (text, fault) in [
            ("{in_outs: true}", "unknown key \"in_outs\""), ("{in_out: maybe}", "true or false"), ("true", "mapping"),
        ] {
            let error = #expect(throws: (any Error).self) { try load(", collect: \(text)") }
            #expect("\(error as Any)".contains(fault), "\(error as Any)")
        }
    }

    @Test func `modes are read where they stand, and are absent where they do not`() throws {
        let policy = try PolicyFile.load(Self.file("  []"), name: "shop.yaml")
        #expect(policy.enterprise == [])
        #expect(policy.vpcs[0].mode == .observe)
        #expect(policy.vpcs[0].groups.map(\.mode) == [.observe, nil])
        #expect(policy.vpcs[0].instances[0].interfaces[0].mode == .observe)
    }

    @Test(arguments: [
        (
            "{name: a, action: drop, direction: ingress, from: any, to: any}",
            "\"drop\" is none of block, allow, observe"
        ),
        ("{name: a, action: block, direction: in, from: any, to: any}", "\"in\" is none of ingress, egress"),
        ("{name: a, action: block, direction: ingress, to: any}", "key \"from\" is missing; write from: any"),
        (
            "{name: a, action: block, direction: ingress, from: vpc:shp, to: any}",
            "there is no VPC \"shp\"; write \"shop\""
        ),
        (
            "{name: a, action: block, direction: ingress, from: group:shop/bd, to: any}",
            "there is no group \"bd\"; write \"db\""
        ),
        (
            "{name: a, action: block, direction: ingress, from: domain:example.org, to: any}",
            "domain: is not understood yet"
        ),
        ("{name: a, action: block, direction: ingress, from: tag:x, to: any}", "tag: is not understood yet"),
        ("{name: a, action: block, direction: ingress, from: somebody, to: any}", "\"somebody\" names nobody"),
        ("{name: a, action: block, direction: ingress, from: 10.1.1.1/24, to: any}", "write 10.1.1.0/24"),
        ("{name: a, action: block, direction: ingress, from: [], to: any}", "a list without elements means nobody"),
        ("{name: a, action: block, direction: ingress, from: [any, 10.1.1.1], to: any}", "any within a list"),
        ("{name: a, action: block, direction: ingress, from: [10.1.1.1, 10.1.1.1], to: any}", "10.1.1.1 stands twice"),
        ("{name: a, action: block, direction: ingress, from: {none: [10.1.1.1]}, to: any}", "unknown key \"none\""),
        (
            "{name: a, action: block, direction: ingress, from: 10.1.1.1, to: \"fd00::1\"}",
            "its parts are of two families"
        ),
        (
            "{name: a, action: block, direction: ingress, from: \"fd00::1\", to: any, service: icmp}",
            "its parts are of two families"
        ),
        ("{name: a, action: observe, direction: ingress, from: any, to: any, log: false}", "would do nothing"),
        (
            "{name: a, action: block, direction: ingress, from: any, to: any, service: tcp/90-80}",
            "port range 90-80 is reversed"
        ),
        (
            "{name: a, action: block, direction: ingress, from: any, to: any, expires: soon}",
            "\"soon\" is neither a day nor an instant"
        ),
        (
            "{name: a, action: block, direction: ingress, from: any, to: any, schedule: {hours: always}}",
            "names no hours of the week"
        ),
        (
            "{name: a, action: block, direction: ingress, from: any, to: any, scope: {vpcs: [other]}}",
            "there is no VPC \"other\""
        ),
        ("{name: a, action: block, direction: ingress, from: any, to: any, scope: {}}", "a scope that names nothing"),
        ("{name: a, action: block, direction: ingress, from: any, to: any, priority: 1}", "unknown key \"priority\""),
    ]) func `a mistake is told with its mend, and changes nothing`(rule: String, message: String) {
        do {
            _ = try load("  - " + rule)
            Issue.record("\(rule) was taken")
        } catch {
            let text = "\(error)"
            #expect(text.contains(message), "\(text)")
            #expect(text.contains("enterprise[0]"), "\(text)")
        }
    }

    @Test func `two rules of a name are a mistake`() {
        let rule = "  - {name: a, action: block, direction: ingress, from: any, to: any}"
        #expect(throws: DocumentError.self) { try load("\(rule)\n\(rule)") }
    }
}
