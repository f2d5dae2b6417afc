import GRDB
import HTTPTypes
import Registry

/// `network_acls`.
struct ACLs {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        if path.count >= 2 {
            guard path[1] == "rules" else { throw VPCError.routeMissing }
            return try await ACLRules(request: request).answer()
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
        try await request.permit("get_network_acl")
        let pagination = try Pagination(request.call, "network_acls")
        let filter = VPCFilter(request.call)
        return try await request.read { view in
            let all = filter.admitsResourceGroup(view) ? try view.own(StoredACL.self).fetchAll(view.database) : []
            let page = pagination.page(all)
            return Answer(.ok, pagination.body(try page.items.map(view.render), page, request.call))
        }
    }

    private func create() async throws -> Answer {
        try await request.permit("create_network_acl")
        let body = try request.body()
        return try await request.change("network_acl.create") { change, view in
            try view.checkResourceGroup(body)
            let vpc = try view.requiredVPC(body)
            let others = try StoredACL.filter(Column("vpcID") == vpc.id).fetchAll(view.database)
            try request.quotas.check(\.aclsPerVPC, others.count + 1, "network ACLs of VPC \(vpc.id)")
            let acl = StoredACL(
                id: Change.newID(), projectID: request.project.id, vpcID: vpc.id,
                name: try view.newName(body, among: others.map(\.name)))
            let rules = try rules(body, of: acl, view)
            try request.quotas.check(\.rulesPerACL, rules.count, "rules of the network ACL")
            return Answer(.created, .object(try view.render(try change.createACL(acl, rules))))
        }
    }

    /// The rules of a new ACL: those of the body, or copies of another ACL's.
    private func rules(_ body: BodyObject, of acl: StoredACL, _ view: ProjectView) throws -> [StoredACLRule] {
        if let source = try body.object("source_network_acl") {
            guard !body.has("rules") else {
                throw VPCError.field(.onlyOne, "rules", "Exactly one of rules, source_network_acl is wanted.")
            }
            let model: StoredACL = try view.find(try ObjectIdentity(source))
            return try view.rules(of: model).map { $0.copied(to: acl) }
        }
        var rules: [StoredACLRule] = []
        for item in try body.objects("rules") ?? [] {
            if item.has("before") {
                throw VPCError.field(
                    .discriminatorForbidden, item.name("before"),
                    "The rules of a new ACL come in the order of the list.")
            }
            rules.append(try ACLRuleReader(view: view, acl: acl).rule(item, among: rules.map(\.name)))
        }
        return rules
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_network_acl")
        return try await request.read { view in
            Answer(.ok, .object(try view.render(try view.find(id, as: StoredACL.self))))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        try await request.permit("update_network_acl")
        let body = try request.patch()
        return try await request.change("network_acl.update") { change, view in
            let acl = try view.find(id, as: StoredACL.self)
            let others = { try StoredACL.filter(Column("vpcID") == acl.vpcID).fetchAll(view.database).map(\.name) }
            let name = try view.changedName(body, from: acl.name, among: others) ?? acl.name
            return Answer(.ok, .object(try view.render(try change.renameACL(acl, to: name))))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("delete_network_acl")
        return try await request.change("network_acl.delete") { change, view in
            try change.deleteACL(try view.find(id, as: StoredACL.self))
            return Answer(.noContent)
        }
    }
}

extension ProjectView {
    /// An ACL's rules in their order.
    func rules(of acl: StoredACL) throws -> [StoredACLRule] {
        let stored = try StoredACLRule.filter(Column("aclID") == acl.id).fetchAll(database)
        let byID = Dictionary(uniqueKeysWithValues: stored.map { ($0.id, $0) })
        return acl.rules.compactMap { byID[$0] }
    }

    func render(_ acl: StoredACL) throws -> JSONObject {
        let rules = try rules(of: acl)
        let subnets = try StoredSubnet.filter(Column("aclID") == acl.id).order(Column("createdAt"), Column("id"))
            .fetchAll(database)
        return JSONObject(
            head(acl, name: acl.name) + [
                ("vpc", reference(try vpc(acl.vpcID))),
                ("rules", .array(rules.map { .object(render($0, in: rules)) })),
                ("subnets", .array(subnets.map(reference))),
            ])
    }
}
