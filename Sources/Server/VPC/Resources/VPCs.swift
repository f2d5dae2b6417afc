import GRDB
import HTTPTypes
import Registry

/// `vpcs`: Neutron's networks, with a default group and a default ACL.
struct VPCs {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        switch (request.call.method, path.count) {
        case (.get, 0): return try await list()
        case (.post, 0): return try await create()
        case (.get, 1): return try await show(path[0])
        case (.patch, 1): return try await update(path[0])
        case (.delete, 1): return try await delete(path[0])
        case (.get, 2): return try await showDefault(path[0], path[1])
        default: throw VPCError.routeMissing
        }
    }

    private func list() async throws -> Answer {
        try await request.permit("get_network")
        let pagination = try Pagination(request.call, "vpcs")
        let filter = VPCFilter(request.call)
        return try await request.read { view in
            // No VPC has classic access.
            let wanted = request.call.values("classic_access").first != "true" && filter.admitsResourceGroup(view)
            let page = pagination.page(wanted ? try view.own(StoredVPC.self).fetchAll(view.database) : [])
            return Answer(.ok, pagination.body(try page.items.map(view.render), page, request.call))
        }
    }

    private func create() async throws -> Answer {
        try await request.permit("create_network")
        let body = try request.body()
        return try await request.change("network.create") { change, view in
            try view.checkResourceGroup(body)
            let taken = try view.own(StoredVPC.self).fetchAll(view.database).map(view.name)
            let made = try change.createVPC(
                StoredVPC(
                    id: Change.newID(), projectID: request.project.id,
                    name: try view.newName(body, among: taken), description: ""))
            let vpc = try change.ensureDefaults(of: made, protocolText: RuleDraft.icmpTCPUDP, name: Naming.random)
            return Answer(.created, .object(try view.render(vpc)))
        }
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_network")
        return try await request.read { view in
            let vpc = try view.find(id, as: StoredVPC.self)
            return Answer(.ok, .object(try view.render(vpc)), headers: EntityTag.header(vpc))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        try await request.permit("update_network")
        let body = try request.patch()
        return try await request.change("network.update") { change, view in
            let former = try view.find(id, as: StoredVPC.self)
            try EntityTag.check(request.call, former)
            var vpc = former
            let others = { try view.own(StoredVPC.self).fetchAll(view.database).map(view.name) }
            vpc.name = try view.changedName(body, from: view.name(former), among: others) ?? vpc.name
            return Answer(.ok, .object(try view.render(try change.updateVPC(vpc, from: former))))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("delete_network")
        return try await request.change("network.delete") { change, view in
            let vpc = try view.find(id, as: StoredVPC.self)
            try EntityTag.check(request.call, vpc)
            guard try StoredSubnet.filter(Column("vpcID") == vpc.id).isEmpty(view.database) else {
                throw VPCError(.vpcInUse, "VPC \(id) has subnets; delete these first.")
            }
            try change.deleteVPC(vpc)
            return Answer(.noContent)
        }
    }

    private func showDefault(_ id: String, _ part: String) async throws -> Answer {
        guard ["default_security_group", "default_network_acl"].contains(part) else { throw VPCError.routeMissing }
        try await request.permit(part == "default_security_group" ? "get_security_group" : "get_network_acl")
        return try await request.read { view in
            let vpc = try view.find(id, as: StoredVPC.self)
            guard part == "default_security_group" else {
                return Answer(.ok, .object(try view.render(try view.find(vpc.defaultACLID ?? "", as: StoredACL.self))))
            }
            let group = try view.find(vpc.defaultGroupID ?? "", as: StoredGroup.self)
            return Answer(.ok, .object(try view.render(group, in: vpc)))
        }
    }
}

extension ProjectView {
    func render(_ vpc: StoredVPC) throws -> JSONObject {
        guard let group = try vpc.defaultGroupID.flatMap({ try StoredGroup.stored($0, in: database) }),
            let acl = try vpc.defaultACLID.flatMap({ try StoredACL.stored($0, in: database) })
        else { throw RegistryError.notFound(.acl, vpc.defaultACLID ?? "") }
        return JSONObject(
            head(vpc, name: name(vpc)) + [
                ("status", "available"), ("resource_type", "vpc"), ("classic_access", .bool(false)),
                ("cse_source_ips", .array([])), ("default_security_group", reference(group)),
                ("default_network_acl", reference(acl)), ("default_routing_table", routingTable(of: vpc.id)),
                (
                    "dns",
                    .object([
                        "enable_hub": .bool(false), "resolution_binding_count": .int(0),
                        "resolver": .object([
                            "type": "system", "configuration": "default", "servers": .array([]),
                        ]),
                    ])
                ),
                ("health_state", "ok"), ("health_reasons", .array([])), ("public_address_ranges", .array([])),
            ])
    }
}

/// `ETag` and `If-Match`: whether an object is still as the caller has seen it.
enum EntityTag {
    static func header(_ object: some StoredObject) -> HTTPFields { [.eTag: tag(object)] }

    private static func tag(_ object: some StoredObject) -> String { "W/\"\(object.revisionNumber)\"" }

    static func check(_ call: Call, _ object: some StoredObject) throws(VPCError) {
        guard let wanted = call.headers[.ifMatch], wanted != "*", wanted != tag(object) else { return }
        throw VPCError(
            .preconditionFailed, "The object has changed since it was read; read it again.",
            .init(name: "If-Match", place: .header))
    }
}
