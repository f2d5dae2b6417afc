import Host
import Rehearsal
import TestSupport
import Testing

/// A stateless group from Neutron's API to a host's kernel.
@Suite(.serialized) struct StatelessFleetTests {
    private let v2 = "/networking/v2.0"

    @Test(.kernel) func `answers leave a stateless group's interface while a rule admits them`() throws {
        let fleet = try Fleet("fs")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("host-1")
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "cidr": "10.9.0.0/24", "ip_version": 4}"#)
        let web = try fleet.make("security-groups", "security_group", #"{"name": "web"}"#)
        let quick = try fleet.make("security-groups", "security_group", #"{"name": "quick", "stateful": false}"#)
        func rule(_ direction: String, _ first: Int, _ last: Int) throws -> String {
            try fleet.make(
                "security-group-rules", "security_group_rule",
                """
                {"security_group_id": "\(quick)", "direction": "\(direction)", "protocol": "tcp",
                 "port_range_min": \(first), "port_range_max": \(last)}
                """)
        }
        _ = try rule("ingress", 8080, 8080)
        _ = try fleet.addPort("g1", group: web, network: network, host: host, address: "10.9.0.11")
        _ = try fleet.addPort("g2", group: quick, network: network, host: host, address: "10.9.0.12")
        let (one, two) = (try #require(host.guests["g1"]), try #require(host.guests["g2"]))
        let target = try address("10.9.0.12")
        let servers = try GuestServer(two, [target], tcp: [8080], udp: [])
        defer { servers.stop() }
        try fleet.inForce()
        // A new group lets everything out.
        #expect(try one.tcp(target, 8080) == .answered(1000))
        let everything = try fleet.call(
            "GET", "\(v2)/security-group-rules?security_group_id=\(quick)&direction=egress&ethertype=IPv4")
        let made = try #require((everything["security_group_rules"] as? [[String: Any]])?.first?["id"] as? String)
        try fleet.call("DELETE", "\(v2)/security-group-rules/\(made)")
        try fleet.inForce()
        #expect(try one.tcp(target, 8080, patience: 300) == .silence)
        _ = try rule("egress", 1024, 65_535)
        try fleet.inForce()
        #expect(try one.tcp(target, 8080) == .answered(1000))
    }
}
