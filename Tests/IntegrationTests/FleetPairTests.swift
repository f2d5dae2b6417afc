import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

/// Allowed address pairs of Neutron's API at hosts, and ports that hosts bind.
@Suite(.serialized) struct FleetPairTests {
    private func port(_ fleet: Fleet, _ id: String) throws -> [String: Any] {
        try fleet.call("GET", "/networking/v2.0/ports/\(id)")["port"] as? [String: Any] ?? [:]
    }

    private func has(_ host: FleetHost, _ device: String, _ address: String) throws -> Bool {
        guard case .interfaces(let states) = try AgentClient(host.folder).ask(.interfaces) else { return false }
        return states.contains { $0.device == device && $0.addressTexts.contains(address) }
    }

    private func prepare(_ fleet: Fleet) throws -> (network: String, group: String) {
        let network = try fleet.make("networks", "network", #"{"name": "n"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "ip_version": 4, "cidr": "10.9.0.0/24"}"#)
        let group = try fleet.make("security-groups", "security_group", #"{"name": "g"}"#)
        _ = try fleet.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(group)", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}"#)
        return (network, group)
    }

    @Test(.kernel) func `allowed address pairs are kept as Neutron keeps them, and enforced at the host`() throws {
        let fleet = try Fleet("pa")
        defer { fleet.remove() }
        try fleet.startServer()
        let (alpha, beta) = (try fleet.addHost("alpha"), try fleet.addHost("beta"))
        let (network, group) = try prepare(fleet)
        let one = try fleet.addPort("one", group: group, network: network, host: alpha, address: "10.9.0.10")
        let two = try fleet.addPort("two", group: group, network: network, host: beta, address: "10.9.0.11")
        func set(_ id: String, _ pairs: String) throws {
            try fleet.call("PUT", "/networking/v2.0/ports/\(id)", #"{"port": {"allowed_address_pairs": \#(pairs)}}"#)
        }
        try set(
            one, #"[{"ip_address": "10.9.0.100", "mac_address": "00:00:5e:00:01:07"}, {"ip_address": "10.7.0.0/24"}]"#)
        let mac = try #require(try port(fleet, one)["mac_address"] as? String)
        let told = try #require(try port(fleet, one)["allowed_address_pairs"] as? [[String: String]])
        #expect(
            told == [
                ["ip_address": "10.9.0.100", "mac_address": "00:00:5e:00:01:07"],
                ["ip_address": "10.7.0.0/24", "mac_address": mac],
            ])
        try fleet.inForce()
        #expect(try has(alpha, "gh-one", "10.7.0.0/24"))
        #expect(try has(alpha, "gh-one", "10.9.0.100"), "nobody else may use it")
        let route = try ChildProcess.run("ip", ["-n", alpha.host.name, "route", "show", "10.7.0.0/24"]).output
        #expect(route.contains("via 10.9.0.10 dev gh-one"), "\(route)")
        // Another host's port may use it as well: nobody has it before he claims it.
        try set(two, #"[{"ip_address": "10.9.0.100"}]"#)
        try fleet.inForce()
        #expect(try !has(alpha, "gh-one", "10.9.0.100"))
        #expect(try !has(beta, "gh-two", "10.9.0.100"))
        let refused: [(pairs: String, words: String)] = [
            (#"[{"mac_address": "00:00:5e:00:01:07"}]"#, "AllowedAddressPairsMissingIP"),
            (#"[{"ip_address": "10.9.0.1"}, {"ip_address": "10.9.0.1/32"}]"#, "DuplicateAddressPairInRequest"),
            (#"[{"ip_address": "10.9.0.300"}]"#, "not a valid IP address"),
            (#"[{"ip_address": "0.0.0.0/0"}]"#, "wider than"),
            (#"[{"ip_address": "10.9.0.1", "mac_address": "01:00:5e:00:00:12"}]"#, "not a valid MAC"),
            (#"[{"ip_address": "10.9.0.1", "port": 7}]"#, "Unrecognized attribute"),
            ("[" + (1...11).map { #"{"ip_address": "10.9.0.\#($0)"}"# }.joined(separator: ", ") + "]", "Exhausted"),
        ]
        for (pairs, words) in refused {
            #expect {
                try set(two, pairs)
            } throws: {
                "\($0)".contains(words)
            }
        }
        try set(one, "[]")
        try fleet.inForce()
        #expect(try !has(alpha, "gh-one", "10.7.0.0/24"))
        #expect(try port(fleet, one)["allowed_address_pairs"] as? [String] == [])
    }

    @Test(.kernel) func `a host binds the port of a guest that comes to it, and lets it go`() throws {
        let fleet = try Fleet("pb")
        defer { fleet.remove() }
        try fleet.startServer()
        let (alpha, beta) = (try fleet.addHost("alpha"), try fleet.addHost("beta"))
        let (network, group) = try prepare(fleet)
        func make(_ name: String, _ mac: String, _ address: String) throws -> String {
            try fleet.make(
                "ports", "port",
                """
                {"name": "\(name)", "network_id": "\(network)", "security_groups": ["\(group)"], "mac_address": "\(mac)",
                 "fixed_ips": [{"ip_address": "\(address)"}]}
                """)
        }
        let ports = [
            try make("by-id", "fa:16:3e:00:00:01", "10.9.0.21"), try make("by-mac", "fa:16:3e:00:00:02", "10.9.0.22"),
            try make("by-name", "fa:16:3e:00:00:03", "10.9.0.23"),
        ]
        for (place, name) in ["g1", "g2", "g3"].enumerated() {
            try alpha.addGuest(name, address: "10.9.0.2\(place + 1)")
        }
        for id in ports { #expect(try port(fleet, id)["status"] as? String == "DOWN") }
        let client = AgentClient(alpha.folder)
        let requests = [
            DeviceAttachRequest(instance: ports[0], interface: "eth0", device: "gh-g1"),
            DeviceAttachRequest(
                instance: nil, interface: "eth0", device: "gh-g2", mac: MACAddress("fa:16:3e:00:00:02")),
            DeviceAttachRequest(instance: "by-name", interface: "eth0", device: "gh-g3"),
        ]
        for (request, id) in zip(requests, ports) {
            guard case .receipt = try client.ask(.attach(request)) else {
                throw Fleet.Unexpected(description: "\(request)")
            }
            let bound = try port(fleet, id)
            #expect(bound["binding:host_id"] as? String == "alpha")
            #expect((bound["binding:profile"] as? [String: String])?["device"] == request.device)
            try eventually("active") { try port(fleet, id)["status"] as? String == "ACTIVE" }
        }
        guard case .receipt = try client.ask(.attach(requests[0])) else { throw Fleet.Unexpected(description: "again") }
        // What is not there, what is another host's, and what cannot be judged is refused, and changes nothing.
        try beta.addGuest("h", address: "10.9.0.31")
        for (client, request, words) in [
            (client, DeviceAttachRequest(instance: "nobody", interface: "eth0", device: "gh-g1"), "no port is nobody"),
            (
                AgentClient(beta.folder), DeviceAttachRequest(instance: "by-name", interface: "eth0", device: "gh-h"),
                "bound to another host"
            ),
            (client, DeviceAttachRequest(instance: ports[0], interface: "eth0", device: "up0"), "up0"),
        ] {
            #expect {
                _ = try client.ask(.attach(request))
            } throws: {
                "\($0)".contains(words)
            }
        }
        #expect(try port(fleet, ports[0])["binding:host_id"] as? String == "alpha")
        guard case .receipt = try client.ask(.detach(instance: "by-name", interface: "eth0", vpc: nil)) else {
            throw Fleet.Unexpected(description: "detach")
        }
        let gone = try port(fleet, ports[2])
        #expect(gone["status"] as? String == "DOWN")
        #expect(gone["binding:host_id"] as? String == "")
    }
}
