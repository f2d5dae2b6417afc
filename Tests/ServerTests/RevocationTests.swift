import Foundation
import GRDB
import HTTPTypes
import Registry
import Server
import Service
import Testing

/// Whatever can be taken back is worth nothing from the next request on, also where another process took it back.
@Suite struct RevocationTests {
    /// What is taken back, and how that is written into the registry.
    static let takings: [(name: String, sql: String)] = [
        ("the user is disabled", "UPDATE user SET isEnabled = 0 WHERE name = 'mel'"),
        ("the user is removed", "DELETE FROM user WHERE name = 'mel'"),
        ("the project is disabled", "UPDATE project SET isEnabled = 0 WHERE name = 'demo'"),
        ("the role is taken", "DELETE FROM role_assignment WHERE userID = (SELECT id FROM user WHERE name = 'mel')"),
        ("the API token is removed", "DELETE FROM token WHERE kind = 'api' AND name = 'mel'"),
        ("the API token expires", "UPDATE token SET expiresAt = 1 WHERE name = 'mel'"),
    ]

    @Test(arguments: takings)
    func `a token that was used a moment ago is refused`(_ name: String, _ sql: String) async throws {
        let server = try await ServerUnderTest()
        func status() async -> Int { await server.call(.get, "/networking/v2.0/networks", as: "mel").status.code }
        #expect(await status() == 200)
        try await server.plane.registry.keep { try $0.execute(sql: sql) }
        #expect(await status() == 401)
    }

    /// Logs in and gives the token.
    private func logIn(_ server: ServerUnderTest, _ identity: String) async -> (status: Int, token: String?) {
        let answer = await server.call(
            .post, "/identity/v3/auth/tokens",
            #"{"auth": {"identity": \#(identity), "scope": {"project": {"name": "demo", "domain": {"id": "default"}}}}}"#,
            as: nil)
        return (answer.status.code, answer.headers[.subjectToken])
    }

    private static let password =
        #"{"methods": ["password"], "password": {"user": {"name": "ada", "domain": {"id": "default"}, "password": "s3cret-of-ada"}}}"#

    private func networks(_ server: ServerUnderTest, _ token: String) async throws -> Int {
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("X-Auth-Token"))] = token
        return await server.call(.get, "/networking/v2.0/networks", as: nil, headers: headers).status.code
    }

    @Test func `a login's token is refused once it was taken back, and a password once it is another`() async throws {
        let server = try await ServerUnderTest()
        let first = await logIn(server, Self.password)
        let token = try #require(first.token)
        #expect(try await networks(server, token) == 200)
        try await server.plane.registry.keep { try $0.execute(sql: "DELETE FROM token WHERE kind = 'session'") }
        #expect(try await networks(server, token) == 401)
        let hash = try Password.hash("another")
        try await server.plane.registry.keep {
            try $0.execute(sql: "UPDATE user SET passwordHash = ? WHERE name = 'ada'", arguments: [hash])
        }
        #expect(await logIn(server, Self.password).status == 401)
    }

    @Test func `an application credential proves nobody once it is deleted`() async throws {
        let server = try await ServerUnderTest()
        let user = try #require(
            try await server.plane.registry.read { try Identity.user(named: "ada", in: $0) }
        ).id
        let made = await server.call(
            .post, "/identity/v3/users/\(user)/application_credentials", #"{"application_credential": {"name": "ci"}}"#)
        let credential = made.json?["application_credential"]
        let (id, secret) = (try #require(credential?["id"]?.text), try #require(credential?["secret"]?.text))
        func prove() async -> Int {
            await server.call(
                .post, "/identity/v3/auth/tokens",
                """
                {"auth": {"identity": {"methods": ["application_credential"],
                 "application_credential": {"id": "\(id)", "secret": "\(secret)"}}}}
                """, as: nil
            ).status.code
        }
        #expect(await prove() == 201)
        #expect(
            await server.call(.delete, "/identity/v3/users/\(user)/application_credentials/\(id)").status == .noContent)
        #expect(await prove() == 401)
    }

    @Test func `a host's certificate is that of its last enrolment`() async throws {
        let server = try await ServerUnderTest()
        let hosts = HostService(
            server.plane.registry, region: ServedRegion(), folder: server.folder + "/hosts", certificates: nil,
            secrets: BucketSecrets(keyFile: server.folder + "/secrets.key"))
        func enrol(_ serial: String) async throws {
            try await server.plane.registry.change(by: .system("host.enrol", requestID: "req-0")) { change in
                _ = try change.enrol("node-1", certificateSerial: serial)
            }
        }
        func asks(_ serial: String) async -> Bool {
            let peer = PeerCertificate(name: "node-1", serial: serial)
            let answer = try? await hosts.answer(Call(method: .get, path: ["agent", "files"], peer: peer))
            return answer?.status == .ok
        }
        #expect(await !asks("1"))
        try await enrol("1")
        #expect(await asks("1"))
        #expect(await !asks("2"))
        try await enrol("2")
        #expect(await !asks("1"))
        #expect(await asks("2"))
        try await server.plane.registry.keep { try $0.execute(sql: "UPDATE host SET isRevoked = 1") }
        #expect(await !asks("2"))
    }
}
