import Foundation
import Host
import Link
import TestSupport
import Testing

/// A host that is turned away, also behind the server's back, and what its certificate is worth afterwards.
@Suite(.serialized) struct HostRevocationTests {
    /// Asks the server with a certificate; the status that it answers with.
    private func status(_ path: String, certificate folder: String, _ host: FleetHost) throws -> String {
        try ChildProcess.run(
            "curl",
            [
                "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", "--cert", "\(folder)/host.pem", "--key",
                "\(folder)/host.key", "https://\(Fleet.serverAddress):8440\(path)",
            ], namespace: host.host.name
        ).output
    }

    @Test(.kernel) func `a certificate that was taken back stays so when the host is enrolled anew`() throws {
        let fleet = try Fleet("hr")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("alpha")
        try host.supervisor.stop()
        let old = fleet.folder + "/old"
        try FileManager.default.copyItem(atPath: host.folder.path + "/uplink", toPath: old)
        #expect(try status("/api/agent/files", certificate: old, host) == "200")
        // A stream that is open while the host is turned away in the data folder.
        var options = ChildProcess.Options()
        options.namespace = host.host.name
        options.diesWithParent = true
        let stream = try ChildProcess(
            "curl",
            [
                "-skN", "-m", "60", "-o", "\(fleet.folder)/stream", "--cert", "\(old)/host.pem", "--key",
                "\(old)/host.key", "https://\(Fleet.serverAddress):8440/api/agent/stream",
            ], options: options)
        try eventually("a ping") {
            String(decoding: try DurableFile.read("\(fleet.folder)/stream") ?? [], as: UTF8.self).contains("ping")
        }
        let revoked = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"), ["host", "revoke", "alpha", "--data", "\(fleet.folder)/server"])
        #expect(revoked.exit == .code(0), "\(revoked.errors)")
        let began = SystemClock.monotonic
        try eventually("the stream's end") { try stream.poll() != nil }
        let took = Double(SystemClock.monotonic - began) / 1e9
        #expect(took < 3, "the stream lived on for \(took) s")
        #expect(try status("/api/agent/files", certificate: old, host) == "401")
        #expect(try status("/api/agent/stream", certificate: old, host) == "401")
        // Taken in anew, with another key.
        try FileManager.default.removeItem(atPath: host.folder.path + "/uplink")
        let answer = try fleet.call("POST", "/api/hosts", #"{"host": {"name": "alpha"}}"#)
        let token = try #require((answer["enrolment"] as? [String: Any])?["token"] as? String)
        try DurableFile.replace(host.folder.path + "/enrol", with: Array(token.utf8))
        try host.supervisor.start()
        try eventually("alpha to be live again") { try fleet.state(of: "alpha") == "live" }
        #expect(try status("/api/agent/files", certificate: old, host) == "401")
        #expect(try status("/api/agent/stream", certificate: old, host) == "401")
        // The new one is not disturbed by that.
        #expect(try status("/api/agent/files", certificate: host.folder.path + "/uplink", host) == "200")
        #expect(try fleet.state(of: "alpha") == "live")
    }
}
