import HTTPTypes
import Model
import Registry
import Server
import Service
import TestSupport
import Testing

@testable import FirewallAPI

/// The Cloud Firewall API beside what its clients' tour shows: who may do what, and the signature byte for byte.
@Suite struct FirewallTests {
    private static func call(_ action: String, _ body: String, as user: String, secret: String? = nil) throws -> Call {
        let request = SignedRequest(
            action, body, host: "gatehouse.example:8440", secretID: "AKID\(user)01234",
            secret: secret ?? "\(user)-token-0123456789", at: Timestamp.now.nanoseconds / 1_000_000_000)
        var call = Call(method: .post, path: [], body: Array(body.utf8), source: "192.0.2.7", isLocal: false)
        call.authority = "gatehouse.example:8440"
        for (name, value) in request.headers { call.headers[try #require(HTTPField.Name(name))] = value }
        return call
    }

    private static func code(_ answer: Answer) -> String {
        answer.json?["Response"]?["Error"]?["Code"]?.text ?? "done"
    }

    @Test func `every action asks for its right, and no role does more than it says`() async throws {
        let server = try await ServerUnderTest()
        for action in FirewallService.standardActions {
            for user in ["ada", "max", "mel", "rita"] {
                let answer = await server.plane.door.answer(try Self.call(action.name, "{}", as: user))
                #expect(answer.status == .ok && answer.headers[.contentType] == "application/json")
                let mayDo = user == "ada" || user == "max" || action.right.hasPrefix("get_")
                #expect(
                    (Self.code(answer) != "UnauthorizedOperation") == mayDo,
                    "\(action.name) as \(user): \(Self.code(answer))")
            }
            // A service of hosts has no role that reads rules.
            let answer = await server.plane.door.answer(try Self.call(action.name, "{}", as: "nova"))
            #expect(Self.code(answer) == "UnauthorizedOperation", "\(action.name)")
        }
        #expect(Set(FirewallService.standardActions.map(\.name)).count == FirewallService.standardActions.count)
    }

    @Test func `guesses of a signature are limited for key and source`() async throws {
        let server = try await ServerUnderTest()
        var codes: [String] = []
        for _ in 0..<40 {
            let call = try Self.call(
                "DescribeEnterpriseSGRuleProgress", "{}", as: "ada", secret: "a-wrong-secret-0123456789")
            codes.append(Self.code(await server.plane.door.answer(call)))
        }
        #expect(codes.first == "AuthFailure.SignatureFailure" && codes.last == "RequestLimitExceeded")
    }

    @Test func `the documented signature is the one that is wanted`() throws {
        let body = #"{"Limit": 10, "Offset": 0}"#
        let secret = "exampleSecretKey0000000000000000"
        let signed = SignedRequest(
            "X", body, host: "gatehouse.example:8440", secretID: "AKIDexample0", secret: secret, at: 1_764_500_000)
        let signature = "c77a7a89621ce9cbccd1f3a2b4efea967fe33cf54c35f1e511b1ddc51d6ff183"
        #expect(signed.headers[0].value.hasSuffix(signature))
        var call = Call(method: .post, path: [], body: Array(body.utf8))
        call.authority = "gatehouse.example:8440"
        for (name, value) in signed.headers { call.headers[try #require(HTTPField.Name(name))] = value }
        let now = Timestamp(seconds: 1_764_500_100)
        #expect(try RequestSignature(call).isRight(for: call, secret: secret, now: now))
        #expect(try !RequestSignature(call).isRight(for: call, secret: secret + "x", now: now))
        call.body[2] ^= 1
        #expect(try !RequestSignature(call).isRight(for: call, secret: secret, now: now))
        let late = #expect(throws: FirewallError.self) {
            try RequestSignature(call).isRight(for: call, secret: secret, now: now.advanced(by: .seconds(400)))
        }
        #expect(late?.code == .signatureExpired)
    }

    @Test(arguments: [
        ("a*c", "abc", true), ("*", "", true), ("a*", "ba", false), ("*b*", "abc", true), ("a*a", "a", false),
        ("abc", "abc", true), ("abc", "abcd", false), ("*a*a*", "banana", true), ("*a*a*a*a*", "banana", false),
    ]) func `patterns match whole texts`(pattern: String, text: String, isMatch: Bool) {
        #expect(Wildcard(pattern).matches(text) == isMatch)
    }
}
