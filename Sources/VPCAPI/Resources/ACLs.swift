import HTTPTypes
import Registry
import Service

/// `network_acls`.
struct ACLs: VPCResource, VPCCollection {
    static let path = "network_acls"
    static let routes = usual(path) + usual("\(path)/{acl}/rules")
    let request: VPCRequest
    let noun = "network_acl"
    let collection = "network_acls"

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredACL] {
        try view.own()
    }

    func render(_ acl: StoredACL, _ view: ProjectView) throws -> JSONObject { try view.render(acl) }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredACL {
        let vpc = try view.requiredVPC(body)
        let others = try StoredACL.of(vpc: vpc.id, in: view.database)
        try request.quotas.check(\.aclsPerVPC, others.count + 1, "network ACLs of VPC \(vpc.id)")
        let acl = StoredACL(
            id: Change.newID(), projectID: request.project.id, vpcID: vpc.id,
            name: try view.newName(body, among: others.map(\.name)))
        let rules = try rules(body, of: acl, view)
        if !rules.isEmpty { try request.permitPart("create_network_acl_rule") }
        try request.quotas.check(\.rulesPerACL, rules.count, "rules of the network ACL")
        return try change.createACL(acl, rules)
    }

    /// The rules of a new ACL: those of the body, or copies of another ACL's.
    private func rules(_ body: BodyObject, of acl: StoredACL, _ view: ProjectView) throws -> [StoredACLRule] {
        if let source = try body.object("source_network_acl") {
            guard !body.has("rules") else {
                throw VPCError.field(.onlyOne, "rules", "Exactly one of rules, source_network_acl is wanted.")
            }
            try request.permitPart("get_network_acl")
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

    func update(_ former: StoredACL, _ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredACL {
        let others = { try StoredACL.of(vpc: former.vpcID, in: view.database).map(\.name) }
        let name = try view.changedName(body, from: former.name, among: others)
        return try change.renameACL(former, to: name ?? former.name)
    }

    func delete(_ acl: StoredACL, _ change: Change, _ view: ProjectView) throws { try change.deleteACL(acl) }

    func more(_ path: [String]) async throws -> Answer {
        guard path.count >= 2, path[1] == "rules" else { throw VPCError.routeMissing }
        return try await ACLRules(request: request).answer()
    }
}

extension ProjectView {
    /// An ACL's rules in their order.
    func rules(of acl: StoredACL) throws -> [StoredACLRule] {
        let stored = try StoredACLRule.of(acl: acl.id, in: database)
        let byID = Dictionary(uniqueKeysWithValues: stored.map { ($0.id, $0) })
        return acl.rules.compactMap { byID[$0] }
    }

    func render(_ acl: StoredACL) throws -> JSONObject {
        let rules = try rules(of: acl)
        let subnets = try StoredSubnet.guarded(by: acl.id, in: database)
        return JSONObject(
            head(acl, name: acl.name) + [
                ("vpc", reference(try vpc(acl.vpcID))),
                ("rules", .array(rules.map { .object(render($0, in: rules)) })),
                ("subnets", .array(subnets.map(reference))),
            ])
    }
}
