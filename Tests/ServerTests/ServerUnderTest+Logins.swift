import Foundation
import GRDB
import HTTPTypes
import Registry
import Server
import Service
import Testing

/// What a login gave.
struct Login {
    let status: Int
    /// The token's text; empty without one.
    let token: String
    let body: JSON?
    let message: String?

    init(_ answer: Answer) {
        status = answer.status.code
        token = answer.headers[.subjectToken] ?? ""
        body = answer.json?["token"]
        message = answer.message
    }

    var roles: [String] { (body?["roles"]?.items ?? []).compactMap { $0["name"]?.text } }
    var methods: [String] { (body?["methods"]?.items ?? []).compactMap(\.text) }
    var auditIDs: [String] { (body?["audit_ids"]?.items ?? []).compactMap(\.text) }
    var expiresAt: String? { body?["expires_at"]?.text }
}

/// What the making of an application credential gave.
struct MadeCredential {
    let status: Int
    let id: String
    let secret: String
    let body: JSON?
    let message: String?
}

extension ServerUnderTest {
    static let password =
        #"{"methods": ["password"], "password": {"user": {"name": "ada", "domain": {"id": "default"}, "password": "s3cret-of-ada"}}}"#

    static func proof(byToken token: String) -> String { #"{"methods": ["token"], "token": {"id": "\#(token)"}}"# }

    static func proof(by credential: MadeCredential) -> String {
        #"""
        {"methods": ["application_credential"],
         "application_credential": {"id": "\#(credential.id)", "secret": "\#(credential.secret)"}}
        """#
    }

    /// Logs in, to a project by its name or to none.
    func logIn(_ identity: String, to project: String? = nil) async -> Login {
        let scope = project.map { #", "scope": {"project": {"name": "\#($0)", "domain": {"id": "default"}}}"# } ?? ""
        return Login(
            await call(
                .post, "/identity/v3/auth/tokens", #"{"auth": {"identity": \#(identity)\#(scope)}}"#, as: nil))
    }

    /// One call by a token's text.
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", with token: String
    ) async throws -> Answer {
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("X-Auth-Token"))] = token
        return await call(method, path, body, as: nil, headers: headers)
    }

    /// The statuses of what a reader and what a member may do: 200 and 201, 200 and 403, or twice 401.
    func reach(_ token: String) async throws -> [Int] {
        [
            try await call(.get, "/networking/v2.0/networks", with: token).status.code,
            try await call(.post, "/networking/v2.0/networks", #"{"network": {"name": "n"}}"#, with: token).status.code,
        ]
    }

    func id(ofUser name: String) async throws -> String {
        try #require(try await plane.registry.read { try Identity.user(named: name, in: $0) }).id
    }

    /// Makes an application credential of a user by a token; `more` are further members, each after a comma.
    func makeCredential(
        _ name: String = "robot", _ more: String = "", of user: String = "ada", with token: String? = nil
    ) async throws -> MadeCredential {
        let answer = try await call(
            .post, "/identity/v3/users/\(id(ofUser: user))/application_credentials",
            #"{"application_credential": {"name": "\#(name)"\#(more)}}"#, with: token ?? "\(user)-token-0123456789")
        let body = answer.json?["application_credential"]
        return MadeCredential(
            status: answer.status.code, id: body?["id"]?.text ?? "", secret: body?["secret"]?.text ?? "", body: body,
            message: answer.message)
    }

    func credentials(of user: String = "ada") async throws -> [String] {
        let path = "/identity/v3/users/\(try await id(ofUser: user))/application_credentials"
        return (await call(.get, path, as: user).json?["application_credentials"]?.items ?? [])
            .compactMap { $0["name"]?.text }
    }

    /// What another process does to the registry.
    func alter(_ sql: String) async throws { try await plane.registry.keep { try $0.execute(sql: sql) } }

    /// Gives a user a role in a project.
    func grant(_ role: String, to user: String, in project: String) async throws {
        try await alter(
            """
            INSERT INTO role_assignment (userID, projectID, role)
              SELECT user.id, project.id, '\(role)' FROM user, project
              WHERE user.name = '\(user)' AND project.name = '\(project)'
            """)
    }
}
