import Foundation
import Host
import Rehearsal
import TestSupport
import Testing

/// A network ACL from the VPC API to a host's kernel.
@Suite(.serialized) struct ACLFleetTests {
    @Test(.kernel)
    func `a deny ahead of the default ACL's rules stops new sessions, and moving it away lets them pass`()
        throws
    {
        let fleet = try Fleet("fa")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("host-1")
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        for (cidr, name) in [("10.9.1.0/24", "one"), ("10.9.2.0/24", "two")] {
            _ = try fleet.make(
                "subnets", "subnet",
                #"{"network_id": "\#(network)", "cidr": "\#(cidr)", "ip_version": 4, "name": "\#(name)"}"#)
        }
        let web = try fleet.make("security-groups", "security_group", #"{"name": "web"}"#)
        _ = try fleet.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(web)", "direction": "ingress", "protocol": "tcp"}"#)
        for (name, address) in [("g1", "10.9.1.11"), ("g2", "10.9.2.12")] {
            _ = try fleet.addPort(name, group: web, network: network, host: host, address: address)
        }
        let (one, two) = (try #require(host.guests["g1"]), try #require(host.guests["g2"]))
        let target = try address("10.9.2.12")
        let servers = try GuestServer(two, [target], tcp: [8080], udp: [])
        defer { servers.stop() }
        try fleet.inForce()
        #expect(try one.tcp(target, 8080) == .answered(1000))
        let version = "version=2026-10-06&generation=2"
        // A look at Neutron's network from this side stops nothing.
        let acl = try fleet.call("GET", "/v1/vpcs/\(network)/default_network_acl?\(version)")
        let id = try #require(acl["id"] as? String)
        let first = try #require((acl["rules"] as? [[String: Any]])?.first?["id"] as? String)
        try fleet.inForce()
        #expect(try one.tcp(target, 8080) == .answered(1000))
        let deny = try fleet.call(
            "POST", "/v1/network_acls/\(id)/rules?\(version)",
            """
            {"action": "deny", "direction": "inbound", "protocol": "tcp", "source": "10.9.1.0/24",
             "destination": "0.0.0.0/0", "destination_port_min": 8080, "destination_port_max": 8080,
             "before": {"id": "\(first)"}}
            """)
        try fleet.inForce()
        #expect(try one.tcp(target, 8080, patience: 300) == .silence)
        let rule = try #require(deny["id"] as? String)
        try fleet.call("PATCH", "/v1/network_acls/\(id)/rules/\(rule)?\(version)", #"{"before": null}"#)
        try fleet.inForce()
        #expect(try one.tcp(target, 8080) == .answered(1000))
    }
}
