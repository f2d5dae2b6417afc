import GRDB
import HTTPTypes
import Model
import Registry

/// `subnets`, each with one network ACL.
struct SubnetRoutes {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        switch (request.call.method, path.count) {
        case (.get, 0): return try await list()
        case (.post, 0): return try await create()
        case (.get, 1): return try await show(path[0])
        case (.patch, 1): return try await update(path[0])
        case (.delete, 1): return try await delete(path[0])
        case (.get, 2) where path[1] == "network_acl": return try await showACL(path[0])
        case (.put, 2) where path[1] == "network_acl": return try await replaceACL(path[0])
        default: throw VPCError.routeMissing
        }
    }

    private func list() async throws -> Answer {
        try await request.permit("get_subnet")
        let pagination = try Pagination(request.call, "subnets")
        let filter = VPCFilter(request.call)
        return try await request.read { view in
            let subnets = try view.own(StoredSubnet.self).fetchAll(view.database).filter { subnet in
                filter.admits(try view.vpc(subnet.vpcID), view) && filter.admits(zone: view.zone(subnet))
                    && filter.admitsResourceGroup(view)
            }
            let page = pagination.page(subnets)
            return Answer(.ok, pagination.body(try page.items.map(view.render), page, request.call))
        }
    }

    private func create() async throws -> Answer {
        try await request.permit("create_subnet")
        let body = try request.body()
        return try await request.change("subnet.create") { change, view in
            try view.checkResourceGroup(body)
            let vpc = try view.requiredVPC(body)
            let zone = try view.requiredZone(body)
            let prefix = try Self.block(body)
            let taken = try StoredSubnet.filter(Column("vpcID") == vpc.id).fetchAll(view.database).map(view.name)
            let acl = try body.object("network_acl").map { try view.acl($0, in: vpc) }
            let base = UInt32(truncatingIfNeeded: prefix.base.low)
            let last = base &+ (1 << UInt32(32 - prefix.length)) &- 1
            // As IBM does, the first four addresses and the last one are kept; the gateway is the second.
            let subnet = try change.createSubnet(
                StoredSubnet(
                    id: Change.newID(), projectID: request.project.id, vpcID: vpc.id,
                    name: try view.newName(body, among: taken), description: "", cidr: prefix.description,
                    gateway: IPAddress(ipv4: base + 1).description, isDHCPEnabled: true,
                    pools: [
                        .init(
                            start: IPAddress(ipv4: base + 4).description, end: IPAddress(ipv4: last - 1).description)
                    ],
                    aclID: acl?.id ?? vpc.defaultACLID, zone: zone))
            return Answer(.created, .object(try view.render(subnet)))
        }
    }

    private static func block(_ body: BodyObject) throws(VPCError) -> IPPrefix {
        _ = try body.choice("ip_version", ["ipv4"])
        let text = try body.requiredText("ipv4_cidr_block")
        let wrong = VPCError.field(
            .invalidIPv4CIDR, "ipv4_cidr_block",
            "ipv4_cidr_block: an IPv4 block ADDRESS/LENGTH without host bits is wanted.",
            value: .string(String(text.prefix(100))))
        guard text.contains("/"), let prefix = try? IPPrefix(parsing: text), prefix.family == .ipv4 else { throw wrong }
        guard (9...29).contains(prefix.length) else {
            throw .field(
                .badField, "ipv4_cidr_block", "ipv4_cidr_block: a length of 9 to 29 is wanted.", value: .string(text))
        }
        return prefix
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_subnet")
        return try await request.read { view in
            Answer(.ok, .object(try view.render(try view.find(id, as: StoredSubnet.self))))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        try await request.permit("update_subnet")
        let body = try request.patch()
        return try await request.change("subnet.update") { change, view in
            let former = try view.find(id, as: StoredSubnet.self)
            var subnet = former
            let others = {
                try StoredSubnet.filter(Column("vpcID") == former.vpcID).fetchAll(view.database).map(view.name)
            }
            subnet.name = try view.changedName(body, from: view.name(former), among: others) ?? subnet.name
            if let named = try body.object("network_acl") {
                subnet.aclID = try view.acl(named, in: try view.vpc(subnet.vpcID)).id
            }
            return Answer(.ok, .object(try view.render(try change.updateSubnet(subnet, from: former))))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("delete_subnet")
        return try await request.change("subnet.delete") { change, view in
            try change.deleteSubnet(try view.find(id, as: StoredSubnet.self))
            return Answer(.noContent)
        }
    }

    private func showACL(_ id: String) async throws -> Answer {
        try await request.permit("get_network_acl")
        return try await request.read { view in
            Answer(.ok, .object(try view.render(try view.acl(of: try view.find(id, as: StoredSubnet.self)))))
        }
    }

    private func replaceACL(_ id: String) async throws -> Answer {
        try await request.permit("update_subnet")
        let body = try request.body()
        return try await request.change("subnet.update") { change, view in
            let former = try view.find(id, as: StoredSubnet.self)
            let acl = try view.acl(body, in: try view.vpc(former.vpcID))
            var subnet = former
            subnet.aclID = acl.id
            _ = try change.updateSubnet(subnet, from: former)
            return Answer(.created, .object(try view.render(acl)))
        }
    }
}

extension ProjectView {
    func acl(of subnet: StoredSubnet) throws -> StoredACL {
        guard let acl = try subnet.aclID.flatMap({ try StoredACL.stored($0, in: database) }) else {
            throw RegistryError.notFound(.acl, subnet.aclID ?? "")
        }
        return acl
    }

    /// The ACL that a body names; it is of the subnet's VPC.
    func acl(_ body: BodyObject, in vpc: StoredVPC) throws -> StoredACL {
        let named = try ObjectIdentity(body)
        let acl: StoredACL = try find(named)
        guard acl.vpcID == vpc.id else {
            throw VPCError.field(.badField, named.field, "Network ACL \(acl.id) is not of VPC \(vpc.id).")
        }
        return acl
    }

    func render(_ subnet: StoredSubnet) throws -> JSONObject {
        let prefix = try? IPPrefix(parsing: subnet.cidr)
        // An IPv6 subnet of Neutron's has no IPv4 address.
        let total = prefix.flatMap { $0.family == .ipv4 ? 1 << (32 - $0.length) : nil } ?? 0
        let used =
            try Int.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM interface_address WHERE subnetID = ?"),
                arguments: [subnet.id]) ?? 0
        return JSONObject(
            head(subnet, name: name(subnet)) + [
                ("status", "available"), ("resource_type", "subnet"),
                ("ip_version", total == 0 ? "ipv6" : "ipv4"), ("ipv4_cidr_block", .string(subnet.cidr)),
                ("total_ipv4_address_count", .int(total)),
                ("available_ipv4_address_count", .int(max(0, total - 5 - used))),
                ("network_acl", reference(try acl(of: subnet))), ("routing_table", routingTable(of: subnet.vpcID)),
                ("vpc", reference(try vpc(subnet.vpcID))), ("zone", zoneReference(zone(subnet))),
            ])
    }
}
