import TestSupport
import Testing

/// A server's end: what is under way is finished, what only waits holds nothing up.
@Suite(.serialized) struct ServerStopTests {
    @Test(.kernel) func `a server with an idle host ends within a second`() throws {
        let fleet = try Fleet("stop")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("idle")
        let seconds = try fleet.stopServer()
        #expect(seconds < 1, "\(seconds) s")
        // The host comes back by itself.
        try fleet.startServer()
        try eventually("the host to be live again") { try fleet.state(of: host.name) == "live" }
    }
}
