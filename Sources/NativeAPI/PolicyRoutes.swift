import HTTPTypes
import Link
import Registry
import Service

/// `api/policy`: what a policy file says, made so.
enum PolicyRoutes {
    static let routes = [
        NativeRoute(
            method: .post, path: "/policy", right: "declare_policy",
            summary:
                "Makes the caller's project what a policy says, in one change; or tells what that would be. Each part of the "
                + "change needs the right that it needs by itself.",
            body: "{\"policy\": {}, \"host\": \"node-1\", \"prunes\": false, \"isPlan\": true}", answer: declare)
    ]

    @Sendable private static func declare(_ request: NativeRequest) async throws -> Answer {
        let wanted: DeclareRequest
        do {
            wanted = try await request.call.message()
        } catch let refusal as Refusal {
            throw Refusal.badRequest("the request is no policy with host, prunes and isPlan. \(refusal.message)")
        }
        guard let project = request.session.project else {
            throw Refusal.badRequest("a policy belongs to a project: use a token of one")
        }
        let declaration = PolicyDeclaration(
            wanted.policy, projectID: project.id, host: wanted.host, prunes: wanted.prunes,
            region: request.ground.region,
            rights: .init { [policy = request.ground.policy(), session = request.session] operation, attributes in
                // All that a declaration changes is the project's own, in networks of its own.
                policy.denial(of: operation, attributes: attributes, session)
            })
        let actor = Actor(request.session, request.call, "policy.apply")
        let lines =
            wanted.isPlan
            ? try await request.registry.rehearse(by: actor) { try declaration.make(in: $0) }
            : try await request.registry.change(by: actor) { try declaration.make(in: $0) }
        return Answer(
            .ok,
            .object([
                "changes": .strings(lines), "plan": .bool(wanted.isPlan), "request": .string(request.call.requestID),
            ]))
    }
}
