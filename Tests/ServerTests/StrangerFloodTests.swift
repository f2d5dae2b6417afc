import Foundation
import HTTPTypes
import Registry
import Server
import Service
import Testing

/// What a caller without a role leaves behind is bounded, in bytes and not in time.
@Suite(.serialized) struct StrangerFloodTests {
    private static func login(_ name: String) -> String {
        #"{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "\#(name)", "password": "x", "domain": {"name": "Default"}}}}}}"#
    }

    /// What the trail holds of entries and of their text.
    private static func trail(_ server: ServerUnderTest) async throws -> (entries: Int, bytes: Int) {
        let all = try await server.plane.registry.read { database -> [AuditEntry] in
            var query = AuditQuery()
            query.limit = AuditQuery.limits.upperBound
            return try query.entries(in: database)
        }
        return (
            all.count,
            all.reduce(0) { sum, entry in
                sum + entry.actorName.utf8.count + entry.reason.utf8.count + entry.requestID.utf8.count
                    + entry.targetName.utf8.count + entry.targetID.utf8.count + (entry.after?.utf8.count ?? 0)
            }
        )
    }

    @Test func `logins with names of four megabytes leave next to nothing`() async throws {
        let server = try await ServerUnderTest()
        let before = try await Self.trail(server)
        let name = String(repeating: "n", count: 3_900_000)
        for number in 0..<40 {
            let answer = await server.call(
                .post, "/identity/v3/auth/tokens", Self.login(name + "\(number)"), as: nil, source: "192.0.2.\(number)")
            #expect([400, 413].contains(answer.status.code), "\(answer.status.code)")
        }
        let after = try await Self.trail(server)
        #expect(after.bytes - before.bytes < 50_000, "\(after.bytes - before.bytes) bytes of the trail")
    }

    @Test func `a thousand failed logins of one source are few entries of the trail`() async throws {
        let server = try await ServerUnderTest()
        let before = try await Self.trail(server)
        let begin = ContinuousClock.now
        for number in 0..<1000 {
            await server.call(
                .post, "/identity/v3/auth/tokens", Self.login("n\(number)"), as: nil, source: "192.0.2.1")
        }
        let after = try await Self.trail(server)
        // Four names and what is counted together, each at its beginning and its end: ten entries a minute, however slow.
        let minutes = Int((ContinuousClock.now - begin) / .seconds(60)) + 1
        #expect(
            after.entries - before.entries <= 10 * minutes, "\(after.entries - before.entries) in \(minutes) minutes")
    }

    @Test func `failed enrolments are few entries of the trail`() async throws {
        let server = try await ServerUnderTest()
        let before = try await Self.trail(server)
        for number in 0..<200 {
            await server.call(
                .post, "/api/agent/enrol", #"{"host": "h\#(number)", "token": "t", "publicKeyPEM": "k"}"#, as: nil)
        }
        let after = try await Self.trail(server)
        #expect(after.entries - before.entries <= 8, "\(after.entries - before.entries) entries")
    }

    /// Every way to show who one is, each with a wrong secret.
    private static let wrong: [(name: String, call: @Sendable (ServerUnderTest) async -> Answer)] = [
        ("password", { await $0.call(.post, "/identity/v3/auth/tokens", login("ada"), as: nil, source: "192.0.2.1") }),
        (
            "token",
            {
                await $0.call(
                    .post, "/identity/v3/auth/tokens",
                    #"{"auth": {"identity": {"methods": ["token"], "token": {"id": "guess"}}}}"#, as: nil,
                    source: "192.0.2.1")
            }
        ),
        (
            "application credential",
            {
                await $0.call(
                    .post, "/identity/v3/auth/tokens",
                    #"{"auth": {"identity": {"methods": ["application_credential"], "application_credential": {"id": "c", "secret": "guess"}}}}"#,
                    as: nil, source: "192.0.2.1")
            }
        ),
        (
            "basic",
            {
                await $0.call(
                    .get, "/networking/v2.0/networks", as: nil,
                    headers: [.authorization: "Basic " + Data("ada:guess".utf8).base64EncodedString()],
                    source: "192.0.2.1")
            }
        ),
        (
            "header token",
            {
                await $0.call(
                    .get, "/networking/v2.0/networks", as: nil, headers: [.authorization: "Bearer guess"],
                    source: "192.0.2.1")
            }
        ),
        (
            "API key",
            {
                await $0.call(
                    .post, "/identity/token", "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=guess", as: nil,
                    source: "192.0.2.1")
            }
        ),
    ]

    @Test(arguments: 0..<6) func `guesses are limited by every way to log in`(place: Int) async throws {
        let server = try await ServerUnderTest()
        let (name, guess) = Self.wrong[place]
        var statuses: [Int] = []
        while !statuses.contains(429), statuses.count < 700 { statuses.append(await guess(server).status.code) }
        #expect(statuses.last == 429, "\(name): \(statuses.count) guesses, the last \(statuses.last ?? 0)")
    }
}
