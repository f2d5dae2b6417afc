package import Model
import PolicyFiles

/// The three tiers of a shop: the web may be reached by all, each further tier by the one before it.
package enum Shop {
    package static let yaml = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, fd00:1::/48]
            subnets: [{name: web, cidr: 10.1.1.0/24}, {name: app, cidr: 10.1.2.0/24}, {name: db, cidr: 10.1.3.0/24}]
            groups:
              - name: web
                rules: [ingress tcp/443 from any, egress tcp/8080 to group:app]
              - name: app
                rules: [ingress tcp/8080 from group:web, egress tcp/5432 to group:db]
              - name: db
                rules: [ingress tcp/5432 from group:app]
            instances:
              - name: web-1
                interfaces: [{name: eth0, subnet: web, address: 10.1.1.10, device: gh-web1, groups: [web]}]
              - name: app-1
                interfaces: [{name: eth0, subnet: app, address: 10.1.2.10, device: gh-app1, groups: [app]}]
              - name: db-1
                interfaces: [{name: eth0, subnet: db, address: 10.1.3.10, device: gh-db1, groups: [db]}]
        collectors: [{name: all, target: vpc/shop, bucket: "file:flowlogs"}]
        """

    package static func policy() throws -> Policy { try PolicyFile.load(yaml, name: "shop.yaml") }
    package static func revision() throws -> Revision { try Policy.revision(policy()) }
}

extension Policy {
    /// The first revision with a policy.
    package static func revision(_ policy: Policy) -> Revision {
        Revision.none.next(policy: policy, actor: "test", origin: "test.yaml", at: Timestamp(seconds: 1_800_000_000))
    }

    /// The policy of one VPC `v` with subnet `s` (10.0.0.0/24, fd00::/64), from its groups and interfaces.
    ///
    /// Groups are `NAME: RULE, RULE`; interfaces are `NAME ADDRESS,ADDRESS GROUP,GROUP [MAC]`, with `-` for no group.
    package static func small(groups: [String], interfaces: [String], stateless: Set<String> = []) throws -> Policy {
        var lines = ["project: p", "vpcs:", "  - name: v", "    cidrs: [10.0.0.0/16, 'fd00::/48']"]
        lines += ["    subnets: [{name: s, cidrs: [10.0.0.0/24, 'fd00::/64']}]", "    groups:"]
        if groups.isEmpty { lines[lines.count - 1] = "    groups: []" }
        for group in groups {
            let parts = group.split(separator: ":", maxSplits: 1)
            lines.append("      - name: \(parts[0])")
            if stateless.contains(String(parts[0])) { lines.append("        stateful: false") }
            lines.append("        rules: [\(parts.dropFirst().first ?? "")]")
        }
        lines.append("    instances:")
        for interface in interfaces {
            let words = interface.split(separator: " ")
            let quoted = words[1].split(separator: ",").map { "'\($0)'" }.joined(separator: ", ")
            let mac = words.count > 3 ? ", mac: '\(words[3])'" : ""
            let attached = words[2] == "-" ? "" : words[2]
            lines.append("      - name: \(words[0])")
            lines.append("        interfaces: [{name: eth0, subnet: s, addresses: [\(quoted)],")
            lines.append("          device: gh-\(words[0]), groups: [\(attached)]\(mac)}]")
        }
        return try PolicyFile.load(lines.joined(separator: "\n"), name: "small.yaml")
    }

    package func interface(_ instance: String) throws -> Interface {
        guard let found = vpcs.flatMap(\.instances).first(where: { $0.name == instance })?.interfaces.first else {
            throw MissingFixture(name: instance)
        }
        return found
    }

    package func group(_ name: String) throws -> SecurityGroup {
        guard let found = vpcs.flatMap(\.groups).first(where: { $0.name == name }) else {
            throw MissingFixture(name: name)
        }
        return found
    }
}

package struct MissingFixture: Error {
    package let name: String

    package init(name: String) { self.name = name }
}
