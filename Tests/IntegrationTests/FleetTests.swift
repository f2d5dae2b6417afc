import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

@Suite(.serialized) struct FleetTests {
    @Test(.kernel) func `a group spread over three hosts is judged at both ends and follows every change`() throws {
        let fleet = try Fleet("fl")
        defer { fleet.remove() }
        try fleet.startServer()
        for number in 1...3 { try fleet.addHost("host-\(number)") }
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        _ = try fleet.make(
            "subnets", "subnet",
            #"{"network_id": "\#(network)", "cidr": "10.9.0.0/24", "ip_version": 4, "name": "all"}"#)
        let web = try fleet.make("security-groups", "security_group", #"{"name": "web"}"#)
        let app = try fleet.make("security-groups", "security_group", #"{"name": "app"}"#)
        var ports: [String] = []
        for (number, group) in [(1, web), (2, app), (3, web)] {
            let address = "10.9.0.1\(number)"
            let guest = try fleet.hosts[number - 1].addGuest("g\(number)", address: address)
            let mac = MACAddress(
                bits: try NetworkNamespace.within(guest.namespace) { try NetworkDevices.linkAddress("eth0") })
            ports.append(
                try fleet.make(
                    "ports", "port",
                    """
                    {"name": "p\(number)", "network_id": "\(network)", "security_groups": ["\(group)"],
                     "mac_address": "\(mac)", "fixed_ips": [{"ip_address": "\(address)"}],
                     "binding:host_id": "host-\(number)", "binding:profile": {"device": "gh-g\(number)"}}
                    """))
        }
        let (one, three) = (try #require(fleet.hosts[0].guests["g1"]), try #require(fleet.hosts[2].guests["g3"]))
        let two = try #require(fleet.hosts[1].guests["g2"])
        let target = try address("10.9.0.12")
        let servers = try GuestServer(two, [target], tcp: [8080], udp: [])
        defer { servers.stop() }
        // Nothing lets web in yet: accepted where it leaves, dropped where it arrives.
        try inForce(fleet)
        #expect(try one.tcp(target, 8080, patience: 300) == .silence)
        let rule = try fleet.make(
            "security-group-rules", "security_group_rule",
            """
            {"security_group_id": "\(app)", "direction": "ingress", "protocol": "tcp", "port_range_min": 8080,
             "port_range_max": 8080, "remote_group_id": "\(web)"}
            """)
        try inForce(fleet)
        #expect(try one.tcp(target, 8080) == .answered(1000))
        #expect(try three.tcp(target, 8080) == .answered(1000))
        // A peer that leaves its group is refused on the other hosts.
        try fleet.call("PUT", "/networking/v2.0/ports/\(ports[2])", #"{"port": {"security_groups": ["\#(app)"]}}"#)
        try inForce(fleet)
        #expect(try three.tcp(target, 8080, patience: 300) == .silence)
        #expect(try one.tcp(target, 8080) == .answered(1000))
        // The events of both ends are here, and at the server.
        try fleet.wait("the events at the server") {
            try fleet.hosts.allSatisfy { host in
                let copy = "\(fleet.folder)/server/hosts/\(host.name)/events.jsonl"
                // Three sessions left, five arrived, and the third host began two of them.
                let wanted = ["host-1": 3, "host-2": 5, "host-3": 2][host.name]
                return try host.events().count == wanted && FleetHost.events(in: copy) == host.events()
            }
        }
        let left = try fleet.hosts[0].events()
        let arrived = try fleet.hosts[1].events()
        #expect(left.map(\.verdict) == [.accept, .accept, .accept])
        #expect(arrived.map(\.verdict) == [.drop, .accept, .accept, .drop, .accept])
        #expect(arrived.filter { $0.verdict == .accept }.allSatisfy { $0.ruleID.description == rule })
        #expect(arrived.filter { $0.verdict == .accept }.allSatisfy { $0.changedBy == "admin" })
    }

    @Test(.kernel) func `a host without its control plane goes on and catches up`() throws {
        let fleet = try Fleet("fc")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("host-1")
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "cidr": "10.9.0.0/24", "ip_version": 4}"#)
        let open = try fleet.make("security-groups", "security_group", #"{"name": "open"}"#)
        for number in 1...2 {
            let address = "10.9.0.1\(number)"
            let guest = try host.addGuest("g\(number)", address: address)
            let mac = MACAddress(
                bits: try NetworkNamespace.within(guest.namespace) { try NetworkDevices.linkAddress("eth0") })
            _ = try fleet.make(
                "ports", "port",
                """
                {"network_id": "\(network)", "security_groups": ["\(open)"], "mac_address": "\(mac)",
                 "fixed_ips": [{"ip_address": "\(address)"}], "binding:host_id": "host-1",
                 "binding:profile": {"device": "gh-g\(number)"}}
                """)
        }
        _ = try fleet.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(open)", "direction": "ingress", "protocol": "tcp"}"#)
        try inForce(fleet)
        let (one, two) = (try #require(host.guests["g1"]), try #require(host.guests["g2"]))
        let target = try address("10.9.0.12")
        let servers = try GuestServer(two, [target], tcp: [80], udp: [])
        defer { servers.stop() }
        #expect(try one.tcp(target, 80) == .answered(1000))
        try fleet.killServer()
        // Enforced and recorded without the server, also after the agent begins anew.
        host.supervisor.process?.kill()
        try fleet.wait("the agent's end") { try host.supervisor.look() != nil }
        try host.supervisor.start()
        try AgentClient(host.folder).waitUntilReady(seconds: 20)
        #expect(try one.tcp(target, 80) == .answered(1000))
        #expect(try one.udp(target, 53) == .silence)
        try fleet.startServer()
        try fleet.wait("the host to come back") { try fleet.state(of: "host-1") == "live" }
        let copy = "\(fleet.folder)/server/hosts/host-1/events.jsonl"
        // Three sessions, each at both ends.
        try fleet.wait("the events at the server") {
            try host.events().count == 6 && FleetHost.events(in: copy) == host.events()
        }
        // What is changed now comes through.
        let closed = try fleet.make("security-groups", "security_group", #"{"name": "closed"}"#)
        let ports = try fleet.call("GET", "/networking/v2.0/ports?fixed_ips=ip_address%3D10.9.0.12")["ports"]
        let port = try #require((ports as? [[String: Any]])?.first?["id"] as? String)
        try fleet.call("PUT", "/networking/v2.0/ports/\(port)", #"{"port": {"security_groups": ["\#(closed)"]}}"#)
        try inForce(fleet)
        #expect(try one.tcp(target, 80, patience: 300) == .silence)
    }

    /// Waits until what was changed last is in every kernel that it concerns.
    private func inForce(_ fleet: Fleet) throws {
        try fleet.wait("the change to be in force") {
            let newest = try #require(
                (fleet.call("GET", "/api/revisions?limit=1")["revisions"] as? [[String: Any]])?.first)
            let request = try #require(newest["request_id"] as? String)
            let effects = try #require(
                fleet.call("GET", "/api/audit?request=\(request)")["effects"] as? [[String: Any]])
            return effects.allSatisfy { ["in force", "not concerned"].contains($0["state"] as? String ?? "") }
        }
    }
}
