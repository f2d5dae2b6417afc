import Foundation
import GRDB
import HTTPTypes
import Model
import Registry
import Server
import Service
import Testing

/// A token lives no longer, and grants no more, than what it came of: rows of `docs/design/identity.md`.
@Suite struct TokenChainTests {
    /// A chain of tokens: of a password, of that, and of that.
    private func chain(_ server: ServerUnderTest) async throws -> [Login] {
        var chain = [await server.logIn(ServerUnderTest.password, to: "demo")]
        for _ in 0..<2 {
            let token = try #require(chain.last).token
            chain.append(await server.logIn(ServerUnderTest.proof(byToken: token), to: "demo"))
        }
        #expect(chain.map(\.status) == [201, 201, 201])
        return chain
    }

    private func statuses(_ chain: [Login], _ server: ServerUnderTest) async throws -> [Int] {
        var statuses: [Int] = []
        for login in chain { statuses.append(try await server.reach(login.token)[0]) }
        return statuses
    }

    @Test func `a token for a token keeps the first's expiry`() async throws {
        let server = try await ServerUnderTest()
        let chain = try await chain(server)
        #expect(Set(chain.map(\.expiresAt)).count == 1)
    }

    @Test func `a token for a token has the first's methods and its own`() async throws {
        let server = try await ServerUnderTest()
        #expect(
            try await chain(server).map { $0.methods.sorted() } == [
                ["password"], ["password", "token"], ["password", "token"],
            ])
    }

    @Test func `audit_ids are the token's own and the first's`() async throws {
        let server = try await ServerUnderTest()
        let chain = try await chain(server)
        let first = try #require(chain[0].auditIDs.first)
        #expect(chain.map(\.auditIDs.count) == [1, 2, 2])
        #expect(chain.dropFirst().allSatisfy { $0.auditIDs.last == first })
        #expect(Set(chain.compactMap(\.auditIDs.first)).count == 3)
    }

    @Test(arguments: [(0, [401, 401, 401]), (1, [200, 401, 401]), (2, [200, 200, 401])])
    func `a revoked token takes with it what came of it`(_ place: Int, _ left: [Int]) async throws {
        let server = try await ServerUnderTest()
        let chain = try await chain(server)
        var headers = HTTPFields()
        headers[.subjectToken] = chain[place].token
        #expect(await server.call(.delete, "/identity/v3/auth/tokens", headers: headers).status == .noContent)
        #expect(try await statuses(chain, server) == left)
    }

    @Test func `a token whose first has expired has`() async throws {
        let server = try await ServerUnderTest()
        let chain = try await chain(server)
        let first = try #require(chain[0].auditIDs.first)
        try await server.alter("UPDATE token SET expiresAt = 1 WHERE auditID = '\(first)'")
        #expect(try await statuses(chain, server) == [401, 401, 401])
    }

    @Test func `a chain of tokens has an end, and goes with its first`() async throws {
        let server = try await ServerUnderTest()
        var chain = [await server.logIn(ServerUnderTest.password, to: "demo")]
        while let last = chain.last, last.status == 201, chain.count < 100 {
            chain.append(await server.logIn(ServerUnderTest.proof(byToken: last.token), to: "demo"))
        }
        #expect(chain.map(\.status) == Array(repeating: 201, count: Limit.tokensOfChain.bound) + [403])
        let last = chain[Limit.tokensOfChain.bound - 1]
        #expect(try await server.reach(last.token)[0] == 200)
        try await server.plane.registry.keep { [first = chain[0].token] in try TokenRecord.revoke(first, in: $0) }
        #expect(try await server.reach(last.token)[0] == 401)
    }

    /// What is taken back, and given again.
    static let takings: [(name: String, taken: String, given: String)] = [
        ("another password", "UPDATE user SET passwordHash = 'x' WHERE name = 'ada'", ""),
        ("no password", "UPDATE user SET passwordHash = NULL WHERE name = 'ada'", ""),
        (
            "a disabled user", "UPDATE user SET isEnabled = 0 WHERE name = 'ada'",
            "UPDATE user SET isEnabled = 1 WHERE name = 'ada'"
        ),
        (
            "a disabled project", "UPDATE project SET isEnabled = 0 WHERE name = 'demo'",
            "UPDATE project SET isEnabled = 1 WHERE name = 'demo'"
        ),
    ]

    @Test(arguments: takings)
    func `what ends a login ends its tokens for ever`(_ name: String, _ taken: String, _ given: String) async throws {
        let server = try await ServerUnderTest()
        let chain = try await chain(server)
        try await server.alter(taken)
        #expect(try await statuses(chain, server) == [401, 401, 401])
        try await server.alter(given)
        #expect(try await statuses(chain, server) == [401, 401, 401])
        // Tokens that an operator has set up are not a login's.
        #expect(await server.call(.get, "/networking/v2.0/networks").status == .ok)
    }

    @Test func `another password in the bootstrap file ends the tokens of the former one, the same does not`()
        async throws
    {
        let server = try await ServerUnderTest()
        let chain = try await chain(server)
        try await Bootstrap(path: server.folder + "/first.yaml").apply(
            to: server.plane.registry, secrets: server.plane.cloudKeys)
        #expect(try await statuses(chain, server) == [200, 200, 200])
        _ = try server.file("ada.pw", "another-secret\n")
        try await Bootstrap(path: server.folder + "/first.yaml").apply(
            to: server.plane.registry, secrets: server.plane.cloudKeys)
        #expect(try await statuses(chain, server) == [401, 401, 401])
    }

    @Test func `a user who was disabled stays so when the bootstrap file is read again`() async throws {
        let server = try await ServerUnderTest()
        try await server.alter("UPDATE user SET isEnabled = 0 WHERE name = 'ada'")
        _ = try server.file("ada.pw", "another-secret\n")
        try await Bootstrap(path: server.folder + "/first.yaml").apply(
            to: server.plane.registry, secrets: server.plane.cloudKeys)
        #expect(await server.call(.get, "/networking/v2.0/networks").status == .unauthorized)
    }

    @Test func `a role that is taken narrows tokens at once, and the last one ends them`() async throws {
        let server = try await ServerUnderTest()
        let chain = try await chain(server)
        #expect(try await server.reach(chain[2].token) == [200, 201])
        try await server.alter("UPDATE role_assignment SET role = 'reader' WHERE role = 'admin'")
        #expect(try await server.reach(chain[2].token) == [200, 403])
        try await server.alter("DELETE FROM role_assignment")
        #expect(try await statuses(chain, server) == [401, 401, 401])
    }

    // MARK: Keys

    private static let grant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey="

    private func exchange(_ key: String, _ server: ServerUnderTest) async -> Answer {
        await server.plane.door.answer(
            Call(method: .post, path: ["identity", "token"], body: Array((Self.grant + key).utf8)))
    }

    @Test func `a token of an API token stays in its project`() async throws {
        let server = try await ServerUnderTest()
        try await server.grant("member", to: "ada", in: "rival")
        let key = ServerUnderTest.proof(byToken: "ada-token-0123456789")
        #expect(await server.logIn(key, to: "rival").status == 401)
        #expect(await server.logIn(key, to: "demo").status == 201)
        let unscoped = await server.logIn(key)
        #expect(unscoped.body?["project"]?["name"] == "demo")
        #expect(await server.logIn(ServerUnderTest.proof(byToken: unscoped.token), to: "rival").status == 401)
        let exchanged = try #require(await exchange("ada-token-0123456789", server).json?["access_token"]?.text)
        #expect(await server.logIn(ServerUnderTest.proof(byToken: exchanged), to: "rival").status == 401)
        #expect(await server.logIn(ServerUnderTest.proof(byToken: exchanged), to: "demo").status == 201)
    }

    /// How an API token is taken back.
    static let keyTakings = [
        "DELETE FROM token WHERE kind = 'api' AND name = 'ada'", "UPDATE token SET expiresAt = 1 WHERE name = 'ada'",
    ]

    @Test(arguments: keyTakings)
    func `what came of an API token ends with it`(_ taken: String) async throws {
        let server = try await ServerUnderTest()
        let login = await server.logIn(ServerUnderTest.proof(byToken: "ada-token-0123456789"), to: "demo").token
        let exchanged = try #require(await exchange("ada-token-0123456789", server).json?["access_token"]?.text)
        for token in [login, exchanged] { #expect(try await server.reach(token) == [200, 201]) }
        try await server.alter(taken)
        for token in [login, exchanged] { #expect(try await server.reach(token) == [401, 401]) }
    }

    @Test func `what came of an API token ends when another text has its name`() async throws {
        let server = try await ServerUnderTest()
        let exchanged = try #require(await exchange("ada-token-0123456789", server).json?["access_token"]?.text)
        _ = try server.file("ada.token", "ada-token-another-text")
        try await Bootstrap(path: server.folder + "/first.yaml").apply(
            to: server.plane.registry, secrets: server.plane.cloudKeys)
        #expect(try await server.reach(exchanged) == [401, 401])
    }

    @Test func `a program that takes a key out of the registry without its rules leaves nothing open`() async throws {
        let server = try await ServerUnderTest()
        let exchanged = try #require(await exchange("ada-token-0123456789", server).json?["access_token"]?.text)
        var plain = Configuration()
        plain.foreignKeysEnabled = false
        let other = try DatabaseQueue(path: server.folder + "/data/registry.sqlite", configuration: plain)
        try await other.write { try $0.execute(sql: "DELETE FROM token WHERE kind = 'api' AND name = 'ada'") }
        try other.close()
        #expect(try await server.reach(exchanged) == [401, 401])
    }

    @Test func `a token lives no longer than its API token, and says so`() async throws {
        let server = try await ServerUnderTest()
        let end = Timestamp.now.nanoseconds / 1_000_000_000 + 1800
        try await server.alter("UPDATE token SET expiresAt = \(end)000000000 WHERE name = 'ada'")
        let answer = try #require(await exchange("ada-token-0123456789", server).json)
        #expect(answer["expiration"]?.number == Int(end))
        #expect(try #require(answer["expires_in"]?.number) <= 1800)
        let payload = try #require(answer["access_token"]?.text?.split(separator: ".")[1])
        let padded =
            payload.replacing("-", with: "+").replacing("_", with: "/")
            + String(repeating: "=", count: (4 - payload.count % 4) % 4)
        let claims = JSON(parsing: Array(try #require(Data(base64Encoded: String(padded)))))
        #expect(claims?["exp"]?.number == Int(end))
        let login = await server.logIn(ServerUnderTest.proof(byToken: "ada-token-0123456789"), to: "demo")
        #expect(login.expiresAt == Timestamp(nanoseconds: end * 1_000_000_000).description)
    }

    // MARK: Logins

    @Test(arguments: [
        #"["password", "application_credential"]"#, #"["password", "totp"]"#, #"["token", "password"]"#,
        #"["password", 7]"#,
    ])
    func `a login that names a method which is not asked for is refused`(_ methods: String) async throws {
        let server = try await ServerUnderTest()
        let login = await server.logIn(
            ServerUnderTest.password.replacing(#"["password"]"#, with: methods), to: "demo")
        #expect(login.status == 400)
        #expect(login.message?.contains("auth.identity.methods") == true)
    }
}
