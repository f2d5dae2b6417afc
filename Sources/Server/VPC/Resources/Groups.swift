import GRDB
import HTTPTypes
import Registry

/// `security_groups`.
struct Groups {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        if path.count >= 2 {
            switch path[1] {
            case "rules": return try await GroupRules(request: request).answer()
            case "targets": return try await GroupTargets(request: request).answer()
            default: throw VPCError.routeMissing
            }
        }
        switch (request.call.method, path.count) {
        case (.get, 0): return try await list()
        case (.post, 0): return try await create()
        case (.get, 1): return try await show(path[0])
        case (.patch, 1): return try await update(path[0])
        case (.delete, 1): return try await delete(path[0])
        default: throw VPCError.routeMissing
        }
    }

    private func list() async throws -> Answer {
        try await request.permit("get_security_group")
        let pagination = try Pagination(request.call, "security_groups")
        let filter = VPCFilter(request.call)
        return try await request.read { view in
            var homes: [String: StoredVPC] = [:]
            let groups = try view.own(StoredGroup.self).fetchAll(view.database).filter { group in
                guard let vpc = try view.vpc(of: group) else { return false }
                homes[group.id] = vpc
                return filter.admits(vpc, view) && filter.admitsResourceGroup(view)
            }
            let page = pagination.page(groups)
            let rendered = try page.items.compactMap { group in
                try homes[group.id].map { try view.render(group, in: $0) }
            }
            return Answer(.ok, pagination.body(rendered, page, request.call))
        }
    }

    private func create() async throws -> Answer {
        try await request.permit("create_security_group")
        let body = try request.body()
        return try await request.change("security_group.create") { change, view in
            try view.checkResourceGroup(body)
            let vpc = try view.requiredVPC(body)
            let others = try StoredGroup.filter(Column("vpcID") == vpc.id).fetchAll(view.database)
            try request.quotas.check(\.groupsPerVPC, others.count + 1, "security groups of VPC \(vpc.id)")
            let group = try change.createGroup(in: vpc, name: try view.newName(body, among: others.map(\.name)))
            let rules = try body.objects("rules") ?? []
            try request.quotas.check(\.rulesPerGroup, rules.count, "rules of the security group")
            for rule in rules {
                let draft = try GroupRuleReader(view: view, group: group).draft(rule)
                try change.addRule(draft, to: group, admitsTwins: true)
            }
            return Answer(.created, .object(try view.render(group, in: vpc)))
        }
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_security_group")
        return try await request.read { view in
            Answer(.ok, .object(try view.render(try view.group(id))))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        try await request.permit("update_security_group")
        let body = try request.patch()
        return try await request.change("security_group.update") { change, view in
            let group = try view.group(id)
            let others = {
                try view.own(StoredGroup.self).filter(Column("vpcID") == group.vpcID).fetchAll(view.database).map(
                    view.name)
            }
            let name = try view.changedName(body, from: view.name(group), among: others)
            return Answer(.ok, .object(try view.render(try change.updateGroup(group, name: name, description: nil))))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("delete_security_group")
        return try await request.change("security_group.delete") { change, view in
            let group = try view.group(id)
            guard !group.isDefault else {
                throw VPCError(.vpcDefaultGroup, "Security group \(id) is the project's default group.")
            }
            let naming = Column("remoteGroupID") == group.id && Column("groupID") != group.id
            let isNamed = try !StoredRule.filter(naming).isEmpty(view.database)
            let isDefault = try !StoredVPC.filter(Column("defaultGroupID") == group.id).isEmpty(view.database)
            guard isDefault || !isNamed else {
                throw VPCError(.remotingRules, "Rules of other groups name security group \(id); delete these first.")
            }
            try change.deleteGroup(group)
            return Answer(.noContent)
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

    func render(_ group: StoredGroup) throws -> JSONObject {
        guard let vpc = try vpc(of: group) else { throw VPCError.routeMissing }
        return try render(group, in: vpc)
    }

    func render(_ group: StoredGroup, in vpc: StoredVPC) throws -> JSONObject {
        let rules = try StoredRule.filter(Column("groupID") == group.id).order(Column("createdAt"), Column.rowID)
            .fetchAll(database)
        let carriers = try carriers(of: group)
        var body = JSONObject(
            head(group, name: name(group)) + [
                ("vpc", reference(vpc)), ("rules", .array(try rules.map { .object(try render($0)) })),
                ("targets", .array(try carriers.map { try target($0, inFull: true) })),
            ])
        // Neutron's groups may be attached in any VPC of the project.
        if group.vpcID == nil { body["gatehouse"] = .object(["scope": "project"]) }
        return body
    }

    /// The interfaces that carry a group, oldest first.
    func carriers(of group: StoredGroup) throws -> [StoredInterface] {
        try own(StoredInterface.self)
            .filter(sql: "id IN (SELECT interfaceID FROM interface_group WHERE groupID = ?)", arguments: [group.id])
            .order(Column("createdAt"), Column("id")).fetchAll(database)
    }
}
