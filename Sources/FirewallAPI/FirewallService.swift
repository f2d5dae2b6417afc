import Foundation
import HTTPTypes
import Model
package import Registry
package import Service

/// The Cloud Firewall API at the root, for clients of Tencent Cloud: the enterprise policy of a project, the lists that its rules
/// name, what VPCs have collected, and the logs of hits and flows.
///
/// What is asked for stands in the header `X-TC-Action`. Every answer is a 200 whose type is `application/json` and nothing more:
/// of another one clients do not see that it is a refusal.
package struct FirewallService: MountedAPI {
    private let ground: FirewallGround
    private let authenticator: Authenticator
    private let secrets: CloudKeySecrets

    /// One version is served.
    private static let version = "2019-09-04"
    /// All actions, a list for each subject.
    static let standardActions =
        RuleActions.all + RuleListing.all + TemplateActions.all + AssetActions.all + SwitchActions.all + LogActions.all

    package let mounts: [[String]] = [[]]
    package let routes = [APIRoute(.post, "")]

    package init(
        registry: Registry, authenticator: Authenticator, policy: @escaping @Sendable () -> AccessPolicy,
        hosts: HostService, flows: HostArchive, events: HostEvents, region: ServedRegion, secrets: CloudKeySecrets
    ) {
        ground = FirewallGround(
            registry: registry, policy: policy, hosts: hosts, flows: flows, events: events, region: region)
        self.authenticator = authenticator
        self.secrets = secrets
    }

    /// A GET of the root is a call of this API only where it names an action.
    package func takesRoot(_ call: Call) -> Bool { call.headers[.action] != nil }
    package func serves(_ call: Call) -> Bool { call.path.isEmpty && [.get, .post].contains(call.method) }

    /// With a request id that is a UUID, as clients show it.
    package func adopted(_ call: Call) -> Call {
        var call = call
        if call.requestID.hasPrefix("req-") { call.requestID = String(call.requestID.dropFirst(4)) }
        return call
    }

    package func answer(unserved call: Call) throws -> Answer {
        Self.answer(FirewallError(.invalid, "Requests are POST or GET."), call)
    }

    package func answer(refusing refusal: Refusal, _ call: Call) -> Answer { Self.answer(FirewallError(refusal), call) }

    package func answer(_ call: Call) async throws -> Answer {
        do {
            return Self.answer(try await response(call), call)
        } catch let error as FirewallError {
            return Self.answer(error, call)
        } catch let error as RegistryError {
            return Self.answer(FirewallError(error), call)
        }
    }

    private static func answer(_ error: FirewallError, _ call: Call) -> Answer {
        let told = JSONObject([
            ("Code", .string(error.code.rawValue)), ("Message", .string(error.message)),
        ])
        return answer(JSONObject([("Error", .object(told))]), call)
    }

    private static func answer(_ members: JSONObject, _ call: Call) -> Answer {
        var members = members
        members["RequestId"] = .string(call.requestID)
        var answer = Answer(.ok, .object(JSONObject([("Response", .object(members))])))
        answer.headers[.plainRequestID] = call.requestID
        return answer
    }

    private func response(_ call: Call) async throws -> JSONObject {
        let session = try await session(call)
        let name = call.headers[.action] ?? ""
        guard call.headers[.version] == Self.version else {
            throw FirewallError(.versionUnknown, "X-TC-Version: only \(Self.version) is served.")
        }
        guard let action = Self.standardActions.first(where: { $0.name == name }) else {
            let mend = Suggestion.nearest(to: name, among: Self.standardActions.map(\.name))
            throw FirewallError(
                .actionUnknown,
                "There is no action \(Limit.textOfEntry.cut(name))" + (mend.map { "; did you mean \($0)?" } ?? "."))
        }
        guard let project = session.project else {
            throw FirewallError(.unauthorized, "The key is of no project.")
        }
        guard ground.policy().allows(action.right, session) else {
            throw FirewallError(.unauthorized, "The key's roles do not have the right \(action.right).")
        }
        let parameters = try Parameters(call)
        try parameters.check(required: action.required, optional: action.optional)
        return try await action.answer(
            FirewallRequest(
                ground: ground, session: session, project: project, call: call, action: name, parameters: parameters))
    }

    /// Who has signed the request.
    private func session(_ call: Call) async throws -> Session {
        let signature = try RequestSignature(call)
        guard call.headers[.sessionToken]?.isEmpty ?? true else {
            throw FirewallError(.tokenRefused, "X-TC-Token: keys are permanent here, and go with no token.")
        }
        let secretID = signature.secretID
        let found = try await authenticator.gate.attempt(.signature, secretID, call) {
            () -> Result<Session?, FirewallError>? in
            guard let key = try await ground.registry.read({ try CloudKey.named(secretID, in: $0) }) else { return nil }
            let secret = try secrets.open(Array(key.sealed), of: secretID)
            do throws(FirewallError) {
                guard try signature.isRight(for: call, secret: secret, now: .now) else { return nil }
            } catch {
                return .failure(error)
            }
            return .success(
                try await ground.registry.read { try Identity.session(of: key.userID, project: key.projectID, in: $0) })
        }
        guard let found else {
            let isKnown = try await ground.registry.read { try CloudKey.named(secretID, in: $0) } != nil
            throw isKnown
                ? FirewallError(.signatureWrong, "The signature is not that of the request by this key.")
                : FirewallError(.secretUnknown, "There is no key of this id.")
        }
        guard let session = try found.get() else {
            throw FirewallError(.unauthorized, "The key's user or project is disabled, or has no role there.")
        }
        call.onKnown()
        return session
    }
}

extension HTTPField.Name {
    static let action = Self("X-TC-Action") ?? .server
    static let version = Self("X-TC-Version") ?? .server
    static let timestamp = Self("X-TC-Timestamp") ?? .server
    static let sessionToken = Self("X-TC-Token") ?? .server
    static let contentDigest = Self("X-TC-Content-SHA256") ?? .server
    static let plainRequestID = Self("X-Request-Id") ?? .server
}
