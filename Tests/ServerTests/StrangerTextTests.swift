import Foundation
import GRDB
import HTTPTypes
import Registry
import Server
import Service
import Testing

/// Text that a database does not give back as it took it enters nowhere.
@Suite struct StrangerTextTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let method: HTTPRequest.Method
        let path: String
        let body: String
        /// What the refusal names.
        let field: String

        init(_ method: HTTPRequest.Method, _ path: String, _ body: String, _ field: String) {
            (self.method, self.path, self.body, self.field) = (method, path, body, field)
        }

        var testDescription: String { "\(method) \(path) \(field)" }
    }

    private static func login(_ name: String, project: String = "demo") -> String {
        #"""
        {"auth": {"identity": {"methods": ["password"], "password": {"user":
         {"name": "\#(name)", "password": "x", "domain": {"name": "Default"}}}},
         "scope": {"project": {"name": "\#(project)", "domain": {"name": "Default"}}}}}
        """#
    }

    private static let cases: [Case] = [
        Case(.post, "/identity/v3/auth/tokens", login(#"ada\u0000x"#), "auth.identity.password.user.name"),
        Case(.post, "/identity/v3/auth/tokens", login("ada", project: #"d\u0000"#), "auth.scope.project.name"),
        Case(.post, "/identity/v3/auth/tokens", login(#"ada\ud800"#), "auth.identity.password.user.name"),
        Case(.post, "/identity/token", "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=a%00b", "apikey"),
        Case(.post, "/networking/v2.0/networks", #"{"network": {"name": "a\u0000b"}}"#, "network.name"),
        Case(.post, "/networking/v2.0/networks", #"{"network": {"na\u0000me": "a"}}"#, "network"),
        Case(.post, "/networking/v2.0/security-groups", #"{"security_group": {"name": "\udc00"}}"#, "name"),
        Case(.put, "/networking/v2.0/networks/x/tags", #"{"tags": ["a", "b\u0000"]}"#, "tags[1]"),
        Case(.post, "/v1/vpcs?version=2026-10-06&generation=2", #"{"name": "a\u0000"}"#, "name"),
        Case(.post, "/api/buckets", #"{"bucket": {"name": "b\u0000", "url": "file:b"}}"#, "bucket.name"),
        Case(.post, "/api/hosts", #"{"host": {"name": "h\u0000"}}"#, "host.name"),
        Case(.post, "/api/policy", #"{"policy": {}, "host": "h\u0000", "prunes": false, "isPlan": true}"#, "host"),
        Case(.get, "/networking/v2.0/networks?name=a\u{0}b", "", "name"),
        Case(.get, "/api/audit?actor=a\u{0}", "", "actor"),
        Case(.delete, "/api/hosts/a\u{0}b", "", "path"),
    ]

    @Test(arguments: cases) func `text with a NUL or half a surrogate pair is refused by name`(
        _ one: Case
    ) async throws {
        let server = try await ServerUnderTest()
        let answer = await server.call(one.method, one.path, one.body)
        let words = String(decoding: answer.body, as: UTF8.self)
        #expect(answer.status == .badRequest && words.contains(one.field), "\(answer.status.code): \(words)")
    }

    @Test func `one anonymous request does not break the chain of the trail`() async throws {
        let server = try await ServerUnderTest()
        await server.call(.post, "/identity/v3/auth/tokens", Self.login(#"ada\u0000x"#), as: nil)
        await server.call(.post, "/identity/v3/auth/tokens", Self.login("eve"), as: nil)
        let basic = HTTPFields([
            HTTPField(name: .authorization, value: "Basic " + Data("a\u{0}b:x".utf8).base64EncodedString())
        ])
        let refused = await server.call(.get, "/networking/v2.0/networks", as: nil, headers: basic)
        #expect([400, 401].contains(refused.status.code))
        let found = await server.call(.get, "/api/audit/verify").json
        #expect(found?["sound"] == .bool(true), "\(String(decoding: found?.bytes ?? [], as: UTF8.self))")
    }

    @Test func `an operator's file with a NUL is refused where it stands`() async throws {
        let server = try await ServerUnderTest()
        let file = try server.file(
            "nul.yaml", "projects:\n  - {name: demo, description: \"a\\0b\"}\n")
        let fault = #expect(throws: (any Error).self) { try Bootstrap(path: file) }
        #expect(fault.map { "\($0)" }?.contains("NUL") == true, "\(fault.map { "\($0)" } ?? "")")
    }

    @Test func `a check of the trail tells every fault of it`() async throws {
        let server = try await ServerUnderTest()
        try await server.plane.registry.keep { database in
            try database.execute(
                sql: """
                    DROP TRIGGER audit_entry_is_not_edited;
                    UPDATE audit_entry SET targetName = 'x' WHERE sequence IN (2, 5, 7)
                    """)
        }
        let found = await server.call(.get, "/api/audit/verify")
        let words = String(decoding: found.body, as: UTF8.self)
        for entry in ["entry 2", "entry 5", "entry 7"] { #expect(words.contains(entry), "\(words)") }
    }
}
