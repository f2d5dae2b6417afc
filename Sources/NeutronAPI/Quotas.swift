import HTTPTypes
import Registry
import Service

/// `quotas/PROJECT`, with `/default` and `/details`.
struct Quotas {
    let service: NeutronService

    static let routes =
        APIRoute.routes(
            .get,
            [
                "v2.0/quotas", "v2.0/quotas/{project}", "v2.0/quotas/{project}/default",
                "v2.0/quotas/{project}/details",
            ]) + [APIRoute(.put, "v2.0/quotas/{project}"), APIRoute(.delete, "v2.0/quotas/{project}")]

    func answer(_ call: Call, _ session: Session) async throws -> Answer {
        if call.path.isEmpty, call.method == .get {
            return Answer(.ok, .object(["quotas": .array([])]))
        }
        guard let named = call.path.first, call.path.count <= 2 else { throw NeutronError.resourceMissing }
        if call.method == .get, ["tenant", "project"].contains(named) {
            return Answer(.ok, .object(["tenant": .object(["tenant_id": .optional(session.project?.id)])]))
        }
        let part = call.path.count == 2 ? call.path[1] : ""
        let isOwn = named == session.project?.id
        guard isOwn || session.roles.contains(.admin), service.policy().allows("get_quota", session) else {
            throw NeutronError.resourceMissing
        }
        switch (call.method, part) {
        case (.get, ""):
            return Answer(.ok, .object(["quota": try await ceilings(named)]))
        case (.get, "default"):
            let standard = Quota.allCases.map { ($0.rawValue, JSON.int($0.standard)) }
            return Answer(.ok, .object(["quota": .object(JSONObject(standard))]))
        case (.get, "details"):
            return Answer(.ok, .object(["quota": try await details(named)]))
        case (.put, ""):
            guard service.policy().allows("update_quota", session) else { throw NeutronError.forbidden("update_quota") }
            try await set(named, call, session)
            return Answer(.ok, .object(["quota": try await ceilings(named)]))
        case (.delete, ""):
            guard service.policy().allows("delete_quota", session) else { throw NeutronError.forbidden("delete_quota") }
            try await service.registry.change(by: Actor(session, call, "quota.reset")) { change in
                try change.setQuotas(
                    named, Dictionary(uniqueKeysWithValues: Quota.allCases.map { ($0, nil) }), notBelowUse: false)
            }
            return Answer(.noContent)
        default: throw NeutronError.resourceMissing
        }
    }

    private func ceilings(_ project: String) async throws -> JSON {
        let values = try await service.registry.read { database in
            try Quota.allCases.map { ($0.rawValue, JSON.int(try $0.ceiling(project, in: database))) }
        }
        return .object(JSONObject(values))
    }

    private func details(_ project: String) async throws -> JSON {
        let values = try await service.registry.read { database in
            try Quota.allCases.map { quota -> (String, JSON) in
                (
                    quota.rawValue,
                    .object([
                        "limit": .int(try quota.ceiling(project, in: database)),
                        "used": .int(try quota.used(project, in: database)), "reserved": .int(0),
                    ])
                )
            }
        }
        return .object(JSONObject(values))
    }

    private func set(_ project: String, _ call: Call, _ session: Session) async throws {
        guard let body = try call.document()["quota"]?.members else {
            throw NeutronError.badRequest("Unable to find 'quota' in request body")
        }
        var ceilings: [Quota: Int?] = [:]
        var isChecked = false
        for (name, value) in body.pairs {
            if name == "check_limit" {
                isChecked = value.flag ?? false
                continue
            }
            if ["force", "tenant_id", "project_id"].contains(name) { continue }
            guard let quota = Quota(rawValue: name) else {
                throw NeutronError.badRequest("Unrecognized attribute(s) '\(name)'")
            }
            let number = try AttributeType.integer(-1...2_147_483_647).check(value, of: name)
            ceilings[quota] = .some(number.number)
        }
        let (wanted, notBelowUse) = (ceilings, isChecked)
        try await service.registry.change(by: Actor(session, call, "quota.update")) { change in
            try change.setQuotas(project, wanted, notBelowUse: notBelowUse)
        }
    }
}
