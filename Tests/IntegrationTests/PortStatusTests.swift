import Foundation
import Host
import Link
import TestSupport
import Testing

/// What the APIs say of ports that their host does not judge.
@Suite(.serialized) struct PortStatusTests {
    private func port(_ fleet: Fleet, _ id: String) throws -> [String: Any] {
        try fleet.call("GET", "/networking/v2.0/ports/\(id)")["port"] as? [String: Any] ?? [:]
    }

    @Test(.kernel) func `a port is down without its device, and in error where it is not judged`() throws {
        let fleet = try Fleet("ps")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("alpha")
        let network = try fleet.make("networks", "network", #"{"name": "n"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "ip_version": 4, "cidr": "10.1.0.0/24"}"#)
        let group = try fleet.make("security-groups", "security_group", #"{"name": "g"}"#)
        let id = try fleet.addPort("web", group: group, network: network, host: host, address: "10.1.0.10")
        let missing = try fleet.make(
            "ports", "port",
            """
            {"network_id": "\(network)", "binding:host_id": "alpha", "binding:profile": {"device": "gh-none"}}
            """)
        try fleet.inForce()
        try eventually("both states") {
            try port(fleet, id)["status"] as? String == "ACTIVE" && port(fleet, missing)["status"] as? String == "DOWN"
        }
        try TestHost.run("ip", "-n", host.host.name, "addr", "add", "192.0.2.1/24", "dev", "gh-web")
        try eventually("the error") { try port(fleet, id)["status"] as? String == "ERROR" }
        let hosts = try fleet.call("GET", "/api/hosts")["hosts"] as? [[String: Any]]
        #expect("\(hosts ?? [])".contains("gh-web has the host"))
        try TestHost.run("ip", "-n", host.host.name, "addr", "del", "192.0.2.1/24", "dev", "gh-web")
        try eventually("the end of the error") { try port(fleet, id)["status"] as? String == "ACTIVE" }
    }
}
