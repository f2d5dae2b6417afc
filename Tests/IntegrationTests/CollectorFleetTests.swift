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
        try eventually("the session's event") { try host.events().count == 1 }
        let bucket = URL(filePath: host.folder.path + "/flowlogs")
        func objects() -> [String] {
            let all = FileManager.default.enumerator(at: bucket, includingPropertiesForKeys: nil)?.allObjects as? [URL]
            return (all ?? []).map(\.path).filter { $0.hasSuffix(".gz") }
        }
        func content(_ key: String) throws -> String { try ChildProcess.run("zcat", [key]).output }
        // It is the host's folder that is tried, not the server's.
        let whole = try fleet.call("POST", "/api/buckets/flowlogs/test")
        #expect(whole["tested_by"] as? String == "hosts")
        #expect(whole["writable"] as? Bool == true)
        #expect(!FileManager.default.fileExists(atPath: "\(fleet.folder)/server/flowlogs"))
        // The collector's interval is five minutes.
        _ = try AgentClient(host.folder).ask(.flush)
        try eventually("the flow in an object") { try objects().contains { try content($0).contains("10.9.0.99") } }
        // The same record is asked from the control plane, which answers as soon as it has it.
        let question = [
            "flows", "dst = 10.9.0.99", "--by", "interface_id,verdict", "--output", "jsonl", "--server",
            "https://\(Fleet.serverAddress):8440", "--token-file", "\(fleet.folder)/token", "--authority",
            "\(fleet.folder)/server/authority.pem",
        ]
        try eventually("the flow at the control plane") {
            let answer = try ChildProcess.run(fleet.program, question, namespace: fleet.router.name)
            return answer.output.hasPrefix(#"{"interface_id":"\#(port)","verdict":"accept","count":"#)
        }

        let id = try #require(instance.split(separator: ":").last)
        for key in objects() {
            #expect(key.contains("vnic-id=\(port)"))
            #expect(key.contains(id))
            #expect(try content(key).contains("flow-log-collector:\(collector)"))
        }
    }

    @Test(.kernel) func `credentials of a bucket reach the host whose collector fills it, and go again`() throws {
        let fleet = try Fleet("fk")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("host-1")
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "cidr": "10.9.0.0/24", "ip_version": 4}"#)
        let web = try fleet.make("security-groups", "security_group", #"{"name": "web"}"#)
        _ = try fleet.addPort("g1", group: web, network: network, host: host, address: "10.9.0.11")
        let store = try AgreeableStore(beside: fleet.router)
        defer { store.stop() }
        try fleet.call(
            "POST", "/api/buckets",
            #"{"bucket": {"name": "cos", "url": "s3://cos?endpoint=http://127.0.0.1:\#(store.port)", "#
                + #""access_key": "AKIA", "secret_key": "s3cr3t"}}"#)
        let version = "version=2026-10-06&generation=2"
        let made = try fleet.call(
            "POST", "/v1/flow_log_collectors?\(version)",
            #"{"target": {"id": "\#(network)"}, "storage_bucket": {"name": "cos"}}"#)
        let collector = try #require(made["id"] as? String)
        let folder = host.folder.credentials
        func files() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }
        try eventually("the credentials") { files().contains { $0.hasPrefix("sealed-") } }
        let file = try #require(files().first)
        #expect(try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).contains("s3cr3t"))
        let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
        try fleet.inForce()
        for name in try FileManager.default.contentsOfDirectory(atPath: host.folder.revisions) {
            let revision = try String(contentsOfFile: "\(host.folder.revisions)/\(name)", encoding: .utf8)
            #expect(!revision.contains("s3cr3t"))
        }
        try fleet.call("DELETE", "/v1/flow_log_collectors/\(collector)?\(version)")
        try eventually("no credentials") { files().isEmpty }
    }
}

/// A store that takes whatever it is given, enough for a server's probe.
private final class AgreeableStore {
    let port: Int
    private let process: ChildProcess

    private static let script = """
        import http.server, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *words): pass
            def answer(self, status):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status); self.send_header("ETag", '"x"'); self.send_header("Content-Length", "0"); self.end_headers()
            def do_PUT(self): self.answer(200)
            def do_DELETE(self): self.answer(204)
            def do_HEAD(self): self.answer(404)
            def do_GET(self): self.answer(404)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        open(sys.argv[1], "w").write(str(server.server_address[1]) + "\\n")
        server.serve_forever()
        """

    /// Starts it in the namespace of a host.
    init(beside host: TestHost) throws {
        var options = ChildProcess.Options()
        options.namespace = host.name
        options.diesWithParent = true
        let path = FileManager.default.temporaryDirectory.path + "/gatehouse-store-\(UUID().uuidString.prefix(8))"
        process = try ChildProcess("python3", ["-c", Self.script, path], options: options)
        var found: Int?
        try eventually("the store's port") {
            found = (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
                $0.hasSuffix("\n") ? Int($0.dropLast()) : nil
            }
            return found != nil
        }
        try? FileManager.default.removeItem(atPath: path)
        port = try #require(found)
    }

    func stop() {
        process.terminate()
        _ = try? process.wait()
    }
}
