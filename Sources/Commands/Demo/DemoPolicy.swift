/// The three tiers: web reachable from outside on 443 only, app from web only, database from app only.
enum DemoPolicy {
    static let text = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets:
              - {name: web, cidrs: [10.1.1.0/24, "fd00:1:0:1::/64"]}
              - {name: app, cidrs: [10.1.2.0/24, "fd00:1:0:2::/64"]}
              - {name: db, cidrs: [10.1.3.0/24, "fd00:1:0:3::/64"]}
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
            instances:
              - name: web-1
                interfaces: [{name: eth0, subnet: web, addresses: [10.1.1.10, "fd00:1:0:1::10"], device: gh-web-1, groups: [web]}]
              - name: app-1
                interfaces: [{name: eth0, subnet: app, addresses: [10.1.2.10, "fd00:1:0:2::10"], device: gh-app-1, groups: [app]}]
              - name: db-1
                interfaces: [{name: eth0, subnet: db, addresses: [10.1.3.10, "fd00:1:0:3::10"], device: gh-db-1, groups: [db]}]
        collectors: [{name: all, target: vpc/shop, bucket: "file:flowlogs"}]

        """
}
