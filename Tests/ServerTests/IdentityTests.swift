import Foundation
import HTTPTypes
import Testing

@testable import IdentityAPI
@testable import NativeAPI
@testable import NeutronAPI
@testable import Server
@testable import Service
@testable import VPCAPI

@Suite struct IdentityTests {
    private func login(_ user: String, _ password: String, project: String? = "demo") -> String {
        let scope = project.map { #", "scope": {"project": {"name": "\#($0)", "domain": {"name": "Default"}}}"# } ?? ""
        return #"""
            {"auth": {"identity": {"methods": ["password"], "password": {"user":
             {"name": "\#(user)", "password": "\#(password)", "domain": {"name": "Default"}}}}\#(scope)}}
            """#
    }

    private static func field(_ name: String) throws -> HTTPField.Name { try #require(HTTPField.Name(name)) }

    @Test func `a password gives a token with catalog, which works until it is revoked`() async throws {
        let server = try await ServerUnderTest()
        let answer = await server.call(.post, "/identity/v3/auth/tokens", login("ada", "s3cret-of-ada"), as: nil)
        #expect(answer.status == .created)
        let issued = try #require(answer.headers[try Self.field("X-Subject-Token")])
        let body = try #require(answer.json?["token"])
        #expect(body["project"]?["name"] == "demo")
        let types = body["catalog"]?.items?.compactMap { $0["type"]?.text }
        #expect(types == ["network", "identity"])
        var headers = HTTPFields()
        headers[try Self.field("X-Auth-Token")] = issued
        #expect(await server.call(.get, "/networking/v2.0/networks", as: nil, headers: headers).status == .ok)
        headers[try Self.field("X-Subject-Token")] = issued
        #expect(await server.call(.get, "/identity/v3/auth/tokens", as: nil, headers: headers).status == .ok)
        #expect(await server.call(.delete, "/identity/v3/auth/tokens", as: nil, headers: headers).status == .noContent)
        #expect(await server.call(.get, "/networking/v2.0/networks", as: nil, headers: headers).status == .unauthorized)
        let noted = await server.call(.get, "/api/audit?action=token.revoke").json?["entries"]?.items ?? []
        #expect(noted.map { $0["target"]?["name"]?.text ?? $0["target_name"]?.text } == ["ada"])
    }

    @Test func `wrong password, unknown user, unknown project and missing role look the same`() async throws {
        let server = try await ServerUnderTest()
        var bodies: Set<[UInt8]> = []
        for request in [
            login("ada", "wrong"), login("nobody", "s3cret-of-ada"), login("ada", "s3cret-of-ada", project: "none"),
            login("ada", "s3cret-of-ada", project: "rival"), login("mel", "anything"),
        ] {
            let answer = await server.call(.post, "/identity/v3/auth/tokens", request, as: nil)
            #expect(answer.status == .unauthorized)
            bodies.insert(answer.body)
        }
        #expect(bodies.count == 1)
        for request in ["{", "{}", #"{"auth": {}}"#, #"{"auth": {"identity": {"methods": ["magic"]}}}"#] {
            #expect(await server.call(.post, "/identity/v3/auth/tokens", request, as: nil).status == .badRequest)
        }
    }

    @Test func `who guesses must wait, from one source and not from another`() async throws {
        let server = try await ServerUnderTest()
        var statuses: [Int] = []
        for _ in 0..<11 {
            let answer = await server.call(
                .post, "/identity/v3/auth/tokens", login("ada", "guess"), as: nil, source: "192.0.2.1")
            statuses.append(answer.status.code)
        }
        #expect(statuses == Array(repeating: 401, count: 10) + [429])
        let elsewhere = await server.call(
            .post, "/identity/v3/auth/tokens", login("ada", "s3cret-of-ada"), as: nil, source: "192.0.2.2")
        #expect(elsewhere.status == .created)
    }

    @Test func `ten guesses at a name and sixty in all are admitted from a source in a minute`() {
        let limiter = LoginLimiter()
        func guesses(_ name: String, _ second: Int64) -> Int {
            let now = second * 1_000_000_000
            var admitted = 0
            while admitted < 100, limiter.admits(.password, name, from: "192.0.2.1", at: now) {
                limiter.noteFailure(.password, name, from: "192.0.2.1", at: now)
                admitted += 1
            }
            return admitted
        }
        #expect((0..<7).map { guesses("user-\($0)", 0) } == [10, 10, 10, 10, 10, 10, 0])
        #expect(limiter.admits(.password, "user-0", from: "192.0.2.2", at: 0))
        #expect(guesses("user-0", 59) == 0)
        #expect(guesses("user-0", 60) == 10)
    }

    @Test func `basic credentials, a token login and an application credential work`() async throws {
        let server = try await ServerUnderTest()
        let basic = "Basic " + Data("ada:s3cret-of-ada".utf8).base64EncodedString()
        #expect(
            await server.call(.get, "/networking/v2.0/networks", as: nil, headers: [.authorization: basic]).status
                == .ok)
        let wrong = "Basic " + Data("ada:x".utf8).base64EncodedString()
        #expect(
            await server.call(.get, "/networking/v2.0/networks", as: nil, headers: [.authorization: wrong]).status
                == .unauthorized)
        let byToken =
            #"{"auth": {"identity": {"methods": ["token"], "token": {"id": "ada-token-0123456789"}}, "scope": {"project": {"name": "demo", "domain": {"id": "default"}}}}}"#
        let first = await server.call(.post, "/identity/v3/auth/tokens", byToken, as: nil)
        #expect(first.status == .created)
        let user = try #require(first.json?["token"]?["user"]?["id"]?.text)
        let made = await server.call(
            .post, "/identity/v3/users/\(user)/application_credentials",
            #"{"application_credential": {"name": "robot"}}"#)
        let credential = try #require(made.json?["application_credential"])
        let (id, secret) = (try #require(credential["id"]?.text), try #require(credential["secret"]?.text))
        func robot(_ secret: String) -> String {
            #"{"auth": {"identity": {"methods": ["application_credential"], "application_credential": {"id": "\#(id)", "secret": "\#(secret)"}}}}"#
        }
        let answer = await server.call(.post, "/identity/v3/auth/tokens", robot(secret), as: nil)
        #expect(answer.status == .created)
        #expect(answer.json?["token"]?["project"]?["name"] == "demo")
        #expect(
            await server.call(.post, "/identity/v3/auth/tokens", robot(secret + "x"), as: nil).status == .unauthorized)
        let listed = await server.call(.get, "/identity/v3/users/\(user)/application_credentials")
        #expect(listed.json?["application_credentials"]?.items?.first?["secret"] == nil)
        let gone = await server.call(.delete, "/identity/v3/users/\(user)/application_credentials/\(id)")
        #expect(gone.status == .noContent)
        #expect(await server.call(.post, "/identity/v3/auth/tokens", robot(secret), as: nil).status == .unauthorized)
    }

    @Test func `nobody is let in without credentials but where it is switched on, and only from this machine`()
        async throws
    {
        let closed = try await ServerUnderTest()
        #expect(await closed.call(.get, "/networking/v2.0/networks", as: nil).status == .unauthorized)
        let open = try await ServerUnderTest(anonymous: true)
        var notUsed = HTTPFields()
        notUsed[try Self.field("X-Auth-Token")] = "notused"
        #expect(await open.call(.get, "/networking/v2.0/networks", as: nil, headers: notUsed).status == .ok)
        #expect(
            await open.call(.get, "/networking/v2.0/networks", as: nil, source: "192.0.2.7").status == .unauthorized)
    }

    @Test func `members see their own projects, administrators all`() async throws {
        let server = try await ServerUnderTest()
        func names(_ user: String, _ path: String) async -> [String] {
            (await server.call(.get, path, as: user).json?["projects"]?.items ?? []).compactMap { $0["name"]?.text }
        }
        #expect(await names("ada", "/identity/v3/projects") == ["demo", "rival"])
        #expect(await names("oscar", "/identity/v3/projects") == ["rival"])
        #expect(await names("ada", "/identity/v3/projects?name=rival") == ["rival"])
        #expect(await names("oscar", "/networking/projects") == ["rival"])
        #expect(await server.call(.get, "/identity/v3/projects/x", as: "oscar").json?["error"]?["code"] == .int(404))
    }
}
