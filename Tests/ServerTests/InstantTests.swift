import Foundation
import HTTPTypes
import Link
import Model
import Registry
import Testing

@testable import Server
@testable import Service

/// Years that no clock of ours can hold, from whoever may name one: an answer, and the server goes on.
@Suite struct InstantTests {
    private static let years = ["0001", "1600", "2262", "2263", "2999", "9999"]

    @Test(arguments: years) func `a credential may be good until any year`(year: String) async throws {
        let server = try await ServerUnderTest()
        let login = #"{"auth": {"identity": {"methods": ["token"], "token": {"id": "ada-token-0123456789"}}}}"#
        let token = await server.call(.post, "/identity/v3/auth/tokens", login, as: nil)
        let user = try #require(token.json?["token"]?["user"]?["id"]?.text)
        let made = await server.call(
            .post, "/identity/v3/users/\(user)/application_credentials",
            #"{"application_credential": {"name": "robot", "expires_at": "\#(year)-12-31T23:59:59.000000"}}"#)
        #expect(made.status.code < 500, "\(String(decoding: made.body, as: UTF8.self))")
        let wasTaken = made.status == .created
        #expect(wasTaken == (year >= "2262"))
        if wasTaken {
            let until = try #require(made.json?["application_credential"]?["expires_at"]?.text)
            #expect(until.hasPrefix("2262-"))
        }
    }

    @Test(arguments: ["1893456000", "true", "[]", "\"soon\"", "\"2020-01-01T00:00:00Z\""])
    func `what is no time to come makes no credential`(value: String) async throws {
        let server = try await ServerUnderTest()
        let login = #"{"auth": {"identity": {"methods": ["token"], "token": {"id": "ada-token-0123456789"}}}}"#
        let token = await server.call(.post, "/identity/v3/auth/tokens", login, as: nil)
        let user = try #require(token.json?["token"]?["user"]?["id"]?.text)
        let made = await server.call(
            .post, "/identity/v3/users/\(user)/application_credentials",
            #"{"application_credential": {"name": "robot", "expires_at": \#(value)}}"#)
        #expect(made.status == .badRequest)
        #expect(String(decoding: made.body, as: UTF8.self).contains("expires_at"))
    }

    @Test(arguments: years) func `the trail may be asked for any year`(year: String) async throws {
        let server = try await ServerUnderTest()
        for key in ["since", "until"] {
            let answer = await server.call(.get, "/api/audit?\(key)=\(year)-06-01T00:00:00Z")
            #expect(answer.status.code < 500, "\(key) \(year)")
        }
    }

    @Test(arguments: [Int64.min, -1, 0, .max]) func `a host may claim any clock`(instant: Int64) async throws {
        let server = try await ServerUnderTest()
        func report(pinged: Int64, received: Int64) throws -> [UInt8] {
            try ControlCodec.encode(
                HostReport(
                    pingedAt: Timestamp(nanoseconds: pinged), receivedAt: Timestamp(nanoseconds: received),
                    status: AgentStatus()))
        }
        let reports = HostReports(registry: server.plane.registry)
        let now = Timestamp.now.nanoseconds
        await #expect(throws: Refusal.self) {
            try await reports.keepReport(
                Call(method: .post, path: [], body: try report(pinged: instant, received: now)), "web-1")
        }
        let call = Call(method: .post, path: [], body: try report(pinged: now, received: instant))
        if instant != 0 {
            await #expect(throws: Refusal.self) { try await reports.keepReport(call, "web-1") }
        } else {
            #expect(try await reports.keepReport(call, "web-1").status == .noContent)
        }
    }
}
