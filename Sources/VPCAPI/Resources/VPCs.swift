import HTTPTypes
import Registry
import Service

/// `vpcs`: Neutron's networks, with a default group and a default ACL.
struct VPCs: VPCResource, VPCCollection {
    static let path = "vpcs"
    static let routes =
        usual(path)
        + APIRoute.routes(.get, ["\(path)/{id}/default_security_group", "\(path)/{id}/default_network_acl"])
    let request: VPCRequest
    let noun = "network"
    let collection = "vpcs"
    let isTagged = true

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredVPC] {
        // No VPC has classic access.
        guard request.call.values("classic_access").first != "true" else { return [] }
        return try view.own()
    }

    func render(_ vpc: StoredVPC, _ view: ProjectView) throws -> JSONObject { try view.render(vpc) }

    private func names(_ view: ProjectView) throws -> [String] {
        try view.own(StoredVPC.self).map(view.name)
    }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredVPC {
        let made = try change.createVPC(
            StoredVPC(
                id: Change.newID(), projectID: request.project.id,
                name: try view.newName(body, among: try names(view)), description: ""))
        return try change.ensureDefaults(of: made, protocolText: RuleDraft.icmpTCPUDP, name: Naming.random)
    }

    func update(_ former: StoredVPC, _ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredVPC {
        var vpc = former
        let name = try view.changedName(body, from: view.name(former), among: { try names(view) })
        vpc.name = name ?? former.name
        return try change.updateVPC(vpc, from: former)
    }

    func delete(_ vpc: StoredVPC, _ change: Change, _ view: ProjectView) throws {
        guard try StoredSubnet.of(vpc: vpc.id, in: view.database).isEmpty else {
            throw VPCError(.vpcInUse, "VPC \(vpc.id) has subnets; delete these first.")
        }
        try change.deleteVPC(vpc)
    }

    /// The default group and the default ACL.
    func more(_ path: [String]) async throws -> Answer {
        let parts = ["default_security_group": "security_group", "default_network_acl": "network_acl"]
        guard request.call.method == .get, path.count == 2, let noun = parts[path[1]] else {
            throw VPCError.routeMissing
        }
        try await request.permit("get_\(noun)")
        return try await request.read { view in
            let vpc = try view.find(path[0], as: StoredVPC.self)
            guard noun == "security_group" else {
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
