import HTTPTypes
import Registry
import Server
import Service
import Testing

/// What the control plane tells of itself, and to whom.
@Suite struct OthersRevisionsTests {
    @Test func `a reader is told the revisions of the own project alone`() async throws {
        let server = try await ServerUnderTest()
        for place in 1...3 {
            _ = try await server.group("mine-\(place)", as: "mel")
            _ = try await server.group("theirs-\(place)", as: "oscar")
        }
        func actors(_ user: String, _ query: String = "") async -> [String] {
            let answer = await server.call(.get, "/api/revisions\(query)", as: user)
            return (answer.json?["revisions"]?.items ?? []).compactMap { $0["actor"]?.text }
        }
        #expect(Set(await actors("rita")) == ["mel"])
        #expect(Set(await actors("oscar")) == ["oscar"])
        // A page is full of one's own, however many of others lie between.
        #expect(await actors("rita", "?limit=2") == ["mel", "mel"])
        #expect(Set(await actors("ada")) == ["gatehouse", "mel", "oscar"])
        // The auditor's right is to read no objects; the trail of all projects is.
        #expect(await server.call(.get, "/api/revisions", as: "aud").status == .ok)
        #expect(Set(await actors("aud")) == ["gatehouse", "mel", "oscar"])
    }

    @Test func `what the hosts' service does to a port is told to the port's project`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let port = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#, as: "mel")
        await server.bind(port, to: "node-1")
        let id = try #require(port["id"]?.text)
        // nova works in the project rival.
        let first = try server.file("keeper.token", "keeper-token-0123456789")
        let yaml = """
            projects: [{name: rival}]
            users: [{name: keeper, roles: [{project: rival, role: manager}]}]
            tokens: [{name: keeper, token_file: \(first), user: keeper, project: rival}]
            """
        try await Bootstrap(path: try server.file("keeper.yaml", yaml)).apply(
            to: server.plane.registry, secrets: server.plane.cloudKeys)
        func entries(_ user: String) async -> [String] {
            let answer = await server.call(.get, "/api/audit?target=\(id)&actor=nova", as: user)
            return (answer.json?["entries"]?.items ?? []).compactMap { $0["action"]?.text }
        }
        #expect(await entries("max") == ["port.update"])
        #expect(await entries("keeper") == [])
        func actors(_ user: String) async -> Set<String> {
            let answer = await server.call(.get, "/api/revisions", as: user)
            return Set((answer.json?["revisions"]?.items ?? []).compactMap { $0["actor"]?.text })
        }
        #expect(await actors("rita") == ["mel", "nova"])
        #expect(await actors("oscar") == [])
    }

    @Test(arguments: ["0", "-1", "many", "1001"])
    func `a limit of revisions that is none is refused`(_ limit: String) async throws {
        let server = try await ServerUnderTest()
        #expect(
            await server.call(.get, "/api/revisions?limit=\(limit)").message
                == "Invalid input for limit. Reason: '\(limit)' is not between 1 and 1000.")
    }

    @Test func `strangers are told no counts`() async throws {
        let server = try await ServerUnderTest()
        func status(_ user: String?, from source: String = "192.0.2.7") async -> Int {
            await server.call(.get, "/metrics", as: user, source: source).status.code
        }
        #expect(await status(nil) == 401)
        #expect(await status("mel") == 403)
        #expect(await status("rita") == 403)
        #expect(await status("oscar") == 403)
        #expect(await status("ada") == 200)
        #expect(await status("aud") == 200)
        // A proxy on this machine brings strangers from loopback too.
        #expect(await status(nil, from: "127.0.0.1") == 401)
        // Ready or not, and nothing that counts.
        #expect(await server.call(.get, "/ready", as: nil).json == .object(["status": "ready"]))
    }

    @Test func `an operator's file says who reads counts`() async throws {
        let server = try await ServerUnderTest(policy: #"{"get_metrics": "role:reader"}"#)
        #expect(await server.call(.get, "/metrics", as: "rita", source: "192.0.2.7").status == .ok)
    }
}
