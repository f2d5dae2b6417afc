import Host
import Link
import Model
import TestSupport
import Testing

/// A host stays reachable for its control plane, whatever a revision says.
@Suite(.serialized) struct ManagementPathTests {
    /// What a port is bound to, in a network of this block.
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let cidr: String
        let address: String
        let device: String
        /// What status and the control plane say of it.
        let words: String

        var testDescription: String { name }
    }

    static let attacks = [
        Attack(
            name: "the device over which the control plane is reached", cidr: "10.9.0.0/24", address: "10.9.0.20",
            device: "up0", words: "the control plane"),
        Attack(
            name: "lo", cidr: "10.9.0.0/24", address: "10.9.0.20", device: "lo", words: "lo is the host's own loopback"),
        Attack(
            name: "the control plane's address", cidr: "192.168.96.0/20", address: "192.168.100.1", device: "gh-web",
            words: "192.168.100.1 is an address of the control plane"),
        Attack(
            name: "a subnet whose gateway is the control plane", cidr: "192.168.100.0/24", address: "192.168.100.9",
            device: "gh-web", words: "192.168.100.1 is an address of the control plane"),
        Attack(
            name: "the next hop's address", cidr: "192.168.0.0/20", address: "192.168.1.1", device: "gh-web",
            words: "192.168.1.1 is the next hop"),
        Attack(
            name: "the host's own address", cidr: "192.168.0.0/20", address: "192.168.1.2", device: "gh-web",
            words: "192.168.1.2 is the host's own address"),
    ]

    private func isInForce(_ fleet: Fleet, seconds: Int64 = 15) throws -> Bool {
        let deadline = SystemClock.monotonic + seconds * 1_000_000_000
        while SystemClock.monotonic < deadline {
            let revisions = try fleet.call("GET", "/api/revisions?limit=1")["revisions"] as? [[String: Any]]
            let request = revisions?.first?["request_id"] as? String ?? ""
            let effects = try fleet.call("GET", "/api/audit?request=\(request)")["effects"] as? [[String: Any]]
            if let effects, !effects.isEmpty, effects.allSatisfy({ $0["state"] as? String == "in force" }) {
                return true
            }
            _ = try Polling.wait([], timeoutNanoseconds: 100_000_000)
        }
        return false
    }

    /// A host whose address is on `lo`: nothing but a route says which device leads to the control plane.
    private func unnumber(_ host: FleetHost) throws {
        let space = host.host.name
        for words in [
            "addr add 192.168.1.2/32 dev lo",
            "route add 192.168.100.1/32 via 192.168.1.1 dev up0 onlink src 192.168.1.2",
            "route del default", "addr del 192.168.1.2/24 dev up0",
            "route replace 192.168.100.1/32 via 192.168.1.1 dev up0 onlink src 192.168.1.2",
        ] {
            let run = try ChildProcess.run("ip", ["-n", space] + words.split(separator: " ").map(String.init))
            try #require(run.exit == .code(0), "\(words): \(run.errors)")
        }
    }

    @Test(.kernel, arguments: attacks)
    func `a host hears the next revision, whatever the last one binds`(_ attack: Attack) throws {
        let fleet = try Fleet("mp")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("alpha")
        try unnumber(host)
        try TestHost.run("ip", "-n", fleet.router.name, "route", "replace", "192.168.1.2/32", "dev", "h1")
        _ = try host.host.addGuest("web", device: "gh-web", addresses: [])
        let network = try fleet.make("networks", "network", #"{"name": "n"}"#)
        _ = try fleet.make(
            "subnets", "subnet",
            #"{"network_id": "\#(network)", "ip_version": 4, "cidr": "\#(attack.cidr)", "gateway_ip": null}"#)
        let port = try fleet.make(
            "ports", "port",
            """
            {"network_id": "\(network)", "name": "evil", "binding:host_id": "alpha",
             "fixed_ips": [{"ip_address": "\(attack.address)"}], "binding:profile": {"device": "\(attack.device)"}}
            """)
        #expect(try isInForce(fleet), "the revision itself")
        try fleet.call("PUT", "/networking/v2.0/ports/\(port)", #"{"port": {"name": "more"}}"#)
        #expect(try isInForce(fleet), "the next revision")
        guard case .status(let status) = try AgentClient(host.folder).ask(.status) else {
            Issue.record("no status")
            return
        }
        #expect(status.notEnforced?.map(\.reason).contains { $0.contains(attack.words) } == true)
        #expect(try fleet.state(of: "alpha") == "live")
        let shown = try fleet.call("GET", "/networking/v2.0/ports/\(port)")["port"] as? [String: Any]
        #expect(shown?["status"] as? String == "ERROR")
        try fleet.call("DELETE", "/networking/v2.0/ports/\(port)")
        #expect(try isInForce(fleet), "the withdrawal")
    }
}
