/// The three tiers: web reachable from outside on 443 only, app from web only, database from app only.
extension DemoLayout {
    var policy: String {
        """
        project: shop
        \(head)
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: \(subnets)
            groups:
              - name: web
                rules:
                  - ingress tcp/443 from any
                  - ingress icmp/8 from any
                  - egress tcp/8080 to group:app
                  - egress udp/514 to any
              - name: app
                rules: [ingress tcp/8080 from group:web, ingress udp/514 from group:web, egress tcp/5432 to group:db]
              - name: db
                rules: [ingress tcp/5432 from group:app]
            instances: \(instances)
        collectors: [{name: all, target: vpc/shop, bucket: "file:flowlogs"}]

        """
    }

    private var head: String {
        switch self {
        case .routed: ""
        case .bridged: "bridges: [{name: \(Self.bridge), unknown: refuse, uplinks: [\(Self.uplink)]}]"
        }
    }

    private var subnets: String {
        switch self {
        case .routed:
            "["
                + ["web", "app", "db"].enumerated().map { place, name in
                    "{name: \(name), cidrs: [10.1.\(place + 1).0/24, \"fd00:1:0:\(place + 1)::/64\"]}"
                }.joined(separator: ", ") + "]"
        case .bridged: "[{name: lan, cidrs: [10.1.1.0/24, \"fd00:1:0:1::/64\"]}]"
        }
    }

    private var instances: String {
        let list = Self.guests.map { guest in
            let tier = guest.prefix { $0 != "-" }
            let subnet = self == .routed ? tier : "lan"
            return "{name: \(guest), interfaces: [{name: eth0, subnet: \(subnet), addresses: [\(address(of: guest)), "
                + "\"\(address6(of: guest))\"], device: \(Self.device(of: guest)), groups: [\(tier)]}]}"
        }
        return "[" + list.joined(separator: ", ") + "]"
    }
}
