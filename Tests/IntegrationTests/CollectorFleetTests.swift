import Foundation
import Host
import Link
import Rehearsal
import TestSupport
import Testing

/// A collector from the VPC API to objects on a host.
@Suite(.serialized) struct CollectorFleetTests {
    @Test(.kernel) func `a collector of the VPC API fills its bucket on the host that has the interface`() throws {
        let fleet = try Fleet("fc")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("host-1", windowSeconds: 2)
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "cidr": "10.9.0.0/24", "ip_version": 4}"#)
        let web = try fleet.make("security-groups", "security_group", #"{"name": "web"}"#)
        let port = try fleet.addPort("g1", group: web, network: network, host: host, address: "10.9.0.11")
        try fleet.call("PUT", "/networking/v2.0/ports/\(port)", #"{"port": {"device_id": "vm-1"}}"#)
        try fleet.call("POST", "/api/buckets", #"{"bucket": {"name": "flowlogs", "url": "file:flowlogs"}}"#)
        let version = "version=2026-10-06&generation=2"
        let instances = try fleet.call("GET", "/v1/instances?\(version)")["instances"] as? [[String: Any]]
        let instance = try #require(instances?.first?["crn"] as? String)
        let made = try fleet.call(
            "POST", "/v1/flow_log_collectors?\(version)",
            #"{"target": {"crn": "\#(instance)"}, "storage_bucket": {"name": "flowlogs"}}"#)
        let collector = try #require(made["id"] as? String)
        try fleet.inForce()
        let guest = try #require(host.guests["g1"])
        #expect(try guest.tcp(try address("10.9.0.99"), 80, patience: 300) == .silence)
        try fleet.wait("the session's event") { try host.events().count == 1 }
        let bucket = URL(filePath: host.folder.path + "/flowlogs")
        func objects() -> [String] {
            let all = FileManager.default.enumerator(at: bucket, includingPropertiesForKeys: nil)?.allObjects as? [URL]
            return (all ?? []).map(\.path).filter { $0.hasSuffix(".gz") }
        }
        func content(_ key: String) throws -> String { try ChildProcess.run("zcat", [key]).output }
        // The collector's interval is five minutes.
        _ = try AgentClient(host.folder).ask(.flush)
        try fleet.wait("the flow in an object") { try objects().contains { try content($0).contains("10.9.0.99") } }
        let id = try #require(instance.split(separator: ":").last)
        for key in objects() {
            #expect(key.contains("vnic-id=\(port)"))
            #expect(key.contains(id))
            #expect(try content(key).contains("flow-log-collector:\(collector)"))
        }
    }
}
