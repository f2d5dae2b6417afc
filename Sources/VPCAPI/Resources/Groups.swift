import HTTPTypes
import Model
import Registry
import Service

/// `security_groups`.
struct Groups: VPCResource, VPCCollection {
    static let path = "security_groups"
    static let routes =
        usual(path) + usual("\(path)/{group}/rules")
        + APIRoute.routes(.get, ["\(path)/{group}/targets", "\(path)/{group}/targets/{id}"])
        + [APIRoute(.put, "\(path)/{group}/targets/{id}"), APIRoute(.delete, "\(path)/{group}/targets/{id}")]
    let request: VPCRequest
    let noun = "security_group"
    let collection = "security_groups"

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredGroup] {
        try view.own(StoredGroup.self).filter { group in
            try view.vpc(of: group).map { filter.admits($0, view) } ?? false
        }
    }

    /// A group is there where its VPC is.
    func find(_ id: String, _ view: ProjectView) throws -> StoredGroup { try view.group(id) }

    func render(_ group: StoredGroup, _ view: ProjectView) throws -> JSONObject { try view.render(group) }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredGroup {
        let vpc = try view.requiredVPC(body)
        let others = try StoredGroup.of(vpc: vpc.id, in: view.database)
        try request.quotas.check(\.groupsPerVPC, others.count + 1, "security groups of VPC \(vpc.id)")
        let group = try change.createGroup(in: vpc, name: try view.newName(body, among: others.map(\.name)))
        let template = try ReadyMadeGroup.named(in: body)
        let rules = try body.objects("rules") ?? []
        if template != nil || !rules.isEmpty { try request.permitPart("create_security_group_rule") }
        for draft in template?.drafts(for: group) ?? [] {
            try change.addRule(draft, to: group, admitsTwins: true)
        }
        try request.quotas.check(\.rulesPerGroup, rules.count, "rules of the security group")
        for rule in rules {
            let draft = try GroupRuleReader(view: view, group: group).draft(rule)
            try change.addRule(draft, to: group, admitsTwins: true)
        }
        return group
    }

    func update(
        _ former: StoredGroup, _ body: BodyObject, _ change: Change, _ view: ProjectView
    ) throws -> StoredGroup {
        let others = {
            try view.own(StoredGroup.self).filter { $0.vpcID == former.vpcID }.map(view.name)
        }
        let name = try view.changedName(body, from: view.name(former), among: others)
        return try change.updateGroup(former, name: name, description: nil)
    }

    func delete(_ group: StoredGroup, _ change: Change, _ view: ProjectView) throws {
        guard !group.isDefault else {
            throw VPCError(.vpcDefaultGroup, "Security group \(group.id) is the project's default group.")
        }
        let isNamed = try StoredRule.isNamed(group: group.id, in: view.database)
        guard try view.isVPCDefault(group) || !isNamed else {
            throw VPCError(.remotingRules, "Rules of other groups name security group \(group.id); delete these first.")
        }
        try change.deleteGroup(group)
    }

    func more(_ path: [String]) async throws -> Answer {
        guard path.count >= 2 else { throw VPCError.routeMissing }
        switch path[1] {
        case "rules": return try await GroupRules(request: request).answer()
        case "targets": return try await GroupTargets(request: request).answer()
        default: throw VPCError.routeMissing
        }
    }
}

extension ProjectView {
    /// The group of a path: it is there where its VPC is.
    func group(_ id: String) throws -> StoredGroup {
        let group = try find(id, as: StoredGroup.self)
        guard try vpc(of: group) != nil else { throw VPCError.routeMissing }
        return group
    }

    func isVPCDefault(_ group: StoredGroup) throws -> Bool {
        try StoredVPC.hasDefault(group: group.id, in: database)
    }

    func render(_ group: StoredGroup) throws -> JSONObject {
        guard let vpc = try vpc(of: group) else { throw VPCError.routeMissing }
        return try render(group, in: vpc)
    }

    func render(_ group: StoredGroup, in vpc: StoredVPC) throws -> JSONObject {
        let rules = try StoredRule.of(group: group.id, in: database)
        let carriers = try carriers(of: group)
        var body = JSONObject(
            head(group, name: name(group)) + [
                ("vpc", reference(vpc)), ("rules", .array(try rules.map { .object(try render($0)) })),
                ("targets", .array(try carriers.map { try target($0, inFull: true) })),
            ])
        // Neutron's groups may be attached in any VPC of the project, and may be stateless.
        if group.vpcID == nil {
            let kind: [(String, JSON)] = group.isStateless ? [("stateful", .bool(false))] : []
            body["gatehouse"] = .object(JSONObject([("scope", "project")] + kind))
        }
        return body
    }

    /// The interfaces that carry a group, oldest first.
    func carriers(of group: StoredGroup) throws -> [StoredInterface] {
        try StoredInterface.carrying(group: group.id, of: request.project.id, in: database)
    }
}
