import Foundation
import GRDB
import HTTPTypes
import Registry
import Service
import Testing

/// An application credential grants no more, and no longer, than it says: rows of `docs/design/identity.md`.
@Suite struct CredentialTests {
    @Test func `a credential with fewer roles has those alone, as its token has`() async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", #", "roles": [{"name": "reader"}]"#)
        #expect(made.status == 201)
        #expect(made.body?["roles"]?.items?.compactMap { $0["name"]?.text } == ["reader"])
        let login = await server.logIn(ServerUnderTest.proof(by: made))
        #expect(login.roles == ["reader"])
        #expect(try await server.reach(login.token) == [200, 403])
    }

    @Test func `roles by their ids hold those within them`() async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", #", "roles": [{"id": "\#(Role.member.id)"}]"#)
        let login = await server.logIn(ServerUnderTest.proof(by: made))
        #expect(login.roles == ["member", "reader"])
        #expect(try await server.reach(login.token) == [200, 201])
    }

    @Test(arguments: ["", #", "roles": []"#, #", "roles": null"#])
    func `without roles it has those of the token by which it was made`(_ roles: String) async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", roles, of: "mel")
        #expect(await server.logIn(ServerUnderTest.proof(by: made)).roles == ["member", "reader"])
    }

    static let wrongRoles = [
        #"[{"name": "admin"}]"#, #"[{"id": "\#(Role.admin.id)"}]"#, #"[{"name": "reader"}, {"name": "service"}]"#,
        #"[{"name": "emperor"}]"#, #"[{"id": "0"}]"#, #"["reader"]"#, "[{}]", #""reader""#,
    ]

    @Test(arguments: wrongRoles)
    func `roles that its maker has not, or that there are not, are refused`(_ roles: String) async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", #", "roles": \#(roles)"#, of: "mel")
        #expect(made.status == 400)
        #expect(made.message?.contains("application_credential.roles") == true, "\(made.message ?? "")")
        #expect(try await server.credentials(of: "mel") == [])
    }

    @Test func `a role that its user loses is gone from its tokens at once, and with the last one they end`()
        async throws
    {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential(#"robot"#, #", "roles": [{"name": "member"}]"#)
        let login = await server.logIn(ServerUnderTest.proof(by: made))
        #expect(try await server.reach(login.token) == [200, 201])
        try await server.alter("UPDATE role_assignment SET role = 'reader' WHERE role = 'admin'")
        #expect(try await server.reach(login.token) == [200, 403])
        try await server.alter("UPDATE role_assignment SET role = 'auditor' WHERE role = 'reader'")
        #expect(try await server.reach(login.token) == [401, 401])
        #expect(await server.logIn(ServerUnderTest.proof(by: made)).status == 401)
    }

    @Test(arguments: ["demo", "rival"])
    func `a login with a credential names no scope`(_ project: String) async throws {
        let server = try await ServerUnderTest()
        try await server.grant("member", to: "ada", in: "rival")
        let made = try await server.makeCredential()
        let login = await server.logIn(ServerUnderTest.proof(by: made), to: project)
        #expect(login.status == 401)
        #expect(login.message?.contains("scope") == true)
        #expect(await server.logIn(ServerUnderTest.proof(by: made)).body?["project"]?["name"] == "demo")
    }

    @Test(arguments: ["", ", \"unrestricted\": true"], [nil, "demo", "rival"])
    func `its token is exchanged for no other`(_ more: String, _ project: String?) async throws {
        let server = try await ServerUnderTest()
        try await server.grant("member", to: "ada", in: "rival")
        let first = await server.logIn(ServerUnderTest.proof(by: try await server.makeCredential("robot", more)))
        let second = await server.logIn(ServerUnderTest.proof(byToken: first.token), to: project)
        #expect(second.status == 403)
        #expect(second.token == "")
    }

    @Test func `a restricted credential makes and deletes none, and is the default`() async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential()
        let other = try await server.makeCredential("other")
        #expect(made.body?["unrestricted"] == .bool(false))
        let token = await server.logIn(ServerUnderTest.proof(by: made)).token
        let refused = try await server.makeCredential("third", with: token)
        #expect(refused.status == 403)
        #expect(refused.message?.contains("restricted") == true)
        let path = "/identity/v3/users/\(try await server.id(ofUser: "ada"))/application_credentials"
        for id in [made.id, other.id] {
            #expect(try await server.call(.delete, "\(path)/\(id)", with: token).status == .forbidden)
        }
        #expect(try await server.call(.get, path, with: token).status == .ok)
        #expect(try await server.credentials() == ["other", "robot"])
    }

    @Test func `an unrestricted one makes others, with no role that it has not, and deletes them`() async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", #", "unrestricted": true, "roles": [{"name": "member"}]"#)
        #expect(made.body?["unrestricted"] == .bool(true))
        let token = await server.logIn(ServerUnderTest.proof(by: made)).token
        let child = try await server.makeCredential("child", with: token)
        #expect(child.status == 201)
        #expect(await server.logIn(ServerUnderTest.proof(by: child)).roles == ["member", "reader"])
        let greedy = try await server.makeCredential("greedy", #", "roles": [{"name": "admin"}]"#, with: token)
        #expect(greedy.status == 400)
        let path = "/identity/v3/users/\(try await server.id(ofUser: "ada"))/application_credentials/\(child.id)"
        #expect(try await server.call(.delete, path, with: token).status == .noContent)
        #expect(try await server.credentials() == ["robot"])
    }

    @Test(arguments: [nil, true, false])
    func `trusts are not served, by whatever credential`(_ isUnrestricted: Bool?) async throws {
        let server = try await ServerUnderTest()
        var token = "ada-token-0123456789"
        if let isUnrestricted {
            let made = try await server.makeCredential("robot", #", "unrestricted": \#(isUnrestricted)"#)
            token = await server.logIn(ServerUnderTest.proof(by: made)).token
        }
        let path = "/identity/v3/OS-TRUST/trusts"
        #expect(try await server.call(.post, path, #"{"trust": {}}"#, with: token).status == .notFound)
    }

    @Test(arguments: [true, false])
    func `its deletion ends its tokens at once`(_ byAnother: Bool) async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential()
        let token = await server.logIn(ServerUnderTest.proof(by: made)).token
        #expect(try await server.reach(token) == [200, 201])
        if byAnother {
            try await server.alter("DELETE FROM application_credential")
        } else {
            let path = "/identity/v3/users/\(try await server.id(ofUser: "ada"))/application_credentials/\(made.id)"
            #expect(await server.call(.delete, path).status == .noContent)
        }
        #expect(try await server.reach(token) == [401, 401])
    }

    @Test func `its expiry ends its tokens at once, and none outlives it`() async throws {
        let server = try await ServerUnderTest()
        let end = Date(timeIntervalSinceNow: 600).formatted(.iso8601)
        let made = try await server.makeCredential("robot", #", "expires_at": "\#(end)""#)
        let login = await server.logIn(ServerUnderTest.proof(by: made))
        #expect(login.status == 201)
        #expect(try #require(login.expiresAt).prefix(19) <= end.prefix(19))
        try await server.alter("UPDATE application_credential SET expiresAt = 1")
        #expect(try await server.reach(login.token) == [401, 401])
        #expect(await server.logIn(ServerUnderTest.proof(by: made)).status == 401)
    }

    @Test(arguments: [
        #"[{"path": "/v2.0/networks", "method": "GET", "service": "network"}]"#, #""none""#, "{}", "[1]",
    ])
    func `access rules are refused in words, and nothing is made`(_ rules: String) async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", #", "access_rules": \#(rules)"#)
        #expect(made.status == 400)
        #expect(made.message?.contains("application_credential.access_rules") == true)
        #expect(try await server.credentials() == [])
        #expect(try await server.makeCredential("plain", #", "access_rules": []"#).status == 201)
        #expect(try await server.makeCredential("plainer", #", "access_rules": null"#).status == 201)
    }

    @Test(arguments: [
        ("unrestricted", "\"maybe\""), ("description", "7"), ("secret", "[]"), ("project_id", "\"another\""),
        ("user_id", "\"another\""), ("access_rule", "[]"),
    ])
    func `a member that is not understood is refused by its name`(_ name: String, _ value: String) async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", #", "\#(name)": \#(value)"#)
        #expect(made.status == 400)
        #expect(made.message?.contains("application_credential.\(name)") == true, "\(made.message ?? "")")
        #expect(try await server.credentials() == [])
    }

    @Test(arguments: [true, false])
    func `a token says by which credential it was given`(_ isRestricted: Bool) async throws {
        let server = try await ServerUnderTest()
        let made = try await server.makeCredential("robot", #", "unrestricted": \#(!isRestricted)"#)
        let body = await server.logIn(ServerUnderTest.proof(by: made)).body
        #expect(body?["methods"] == .strings(["application_credential"]))
        #expect(
            body?["application_credential"]
                == .object([
                    "id": .string(made.id), "name": "robot", "restricted": .bool(isRestricted),
                ]))
    }

    @Test func `roles are found by their names, as clients look for them`() async throws {
        let server = try await ServerUnderTest()
        let found = await server.call(.get, "/identity/v3/roles?name=member").json?["roles"]?.items
        #expect(found?.compactMap { $0["id"]?.text } == [Role.member.id])
    }
}
