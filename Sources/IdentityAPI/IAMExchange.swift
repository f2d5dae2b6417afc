import Foundation
import HTTPTypes
import Model
package import Registry
package import Service

/// `POST /identity/token`: gives a short-lived token for an API token, as IBM's IAM does for an API key.
///
/// Clients read `iat` and `exp` out of the token without checking it; the server knows it by its digest, as every other.
package struct IAMExchange: MountedAPI {
    let registry: Registry
    let authenticator: Authenticator
    let lifetime: Duration

    package let mounts = [["identity", "token"]]
    package let routes = [APIRoute(.post, "")]

    package init(registry: Registry, authenticator: Authenticator, lifetime: Duration) {
        self.registry = registry
        self.authenticator = authenticator
        self.lifetime = lifetime
    }

    private static let grant = "urn:ibm:params:oauth:grant-type:apikey"

    package func answer(unserved call: Call) throws -> Answer {
        guard call.path.isEmpty else { throw Refusal.nothingHere }
        return Self.refusal(.methodNotAllowed, "BXNIM0103E", "Only POST is served here.", call)
    }

    package func answer(_ call: Call) async throws -> Answer {
        let form: [String: String]
        do {
            form = try call.form()
        } catch {
            return Self.refusal(.badRequest, "BXNIM0109E", error.message, call)
        }
        guard form["grant_type"] == Self.grant else {
            return Self.refusal(.badRequest, "BXNIM0134E", "The grant_type is not \(Self.grant).", call)
        }
        guard let key = form["apikey"], !key.isEmpty else {
            return Self.refusal(.badRequest, "BXNIM0109E", "The property apikey is missing or empty.", call)
        }
        guard Limit.tokenText.admits(key) else {
            let words = "The property apikey has more than \(Limit.tokenText.bound) bytes."
            return Self.refusal(.badRequest, "BXNIM0109E", words, call)
        }
        let now = Timestamp.now.nanoseconds
        let issuedAt = now / 1_000_000_000
        guard let key = try await authenticator.session(ofKey: key, call),
            let issued = try await issue(for: key, at: now)
        else { return Self.refusal(.badRequest, "BXNIM0415E", "Provided API key could not be found.", call) }
        let end = (issued.session.token?.expiresAt ?? now) / 1_000_000_000
        return Answer(
            .ok,
            .object([
                "access_token": .string(issued.text), "refresh_token": "not_supported", "token_type": "Bearer",
                "expires_in": .int(Int(end - issuedAt)), "expiration": .int(Int(end)), "scope": "ibm openid",
            ]))
    }

    /// A token of an API token: in its project, not beyond its end, and gone with it.
    private func issue(for key: Session, at now: Int64) async throws -> IssuedToken? {
        guard let token = key.token else { return nil }
        let (user, project, lifetime) = (key.user, key.project, lifetime)
        return try await registry.keep { database in
            try Identity.issue(
                for: .token(token), scope: .unscoped, at: now, lifetime: lifetime,
                text: { Self.token(user, project, from: now / 1_000_000_000, to: $0 / 1_000_000_000) }, in: database)
        }
    }

    /// Three parts in Base64 for URLs; the third is random, and with it the whole text cannot be guessed.
    private static func token(_ user: User, _ project: Project?, from issuedAt: Int64, to end: Int64) -> String {
        let header = JSON.object(["alg": "HS256", "typ": "JWT"])
        let payload = JSON.object([
            "iat": .int(Int(issuedAt)), "exp": .int(Int(end)), "sub": .string(user.name), "iam_id": .string(user.id),
            "account": .object(["bss": .optional(project?.id)]), "grant_type": .string(grant),
        ])
        let parts = [header, payload].map { json in
            Data(json.bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        return (parts + [Identity.randomText(bytes: 48)]).joined(separator: ".")
    }

    private static func refusal(_ status: HTTPResponse.Status, _ code: String, _ message: String, _ call: Call)
        -> Answer
    {
        Answer(
            status,
            .object([
                "errorCode": .string(code), "errorMessage": .string(message),
                "context": .object(["requestId": .string(call.requestID)]),
            ]))
    }
}
