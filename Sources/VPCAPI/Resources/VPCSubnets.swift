import HTTPTypes
import Model
import Registry
import Service

/// `subnets`, each with one network ACL.
struct VPCSubnets: VPCResource, VPCCollection {
    static let path = "subnets"
    static let routes =
        usual(path) + [APIRoute(.get, "\(path)/{id}/network_acl"), APIRoute(.put, "\(path)/{id}/network_acl")]
    let request: VPCRequest
    let noun = "subnet"
    let collection = "subnets"

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredSubnet] {
        try view.own(StoredSubnet.self).filter { subnet in
            filter.admits(try view.vpc(subnet.vpcID), view) && filter.admits(zone: view.zone(subnet))
        }
    }

    func render(_ subnet: StoredSubnet, _ view: ProjectView) throws -> JSONObject { try view.render(subnet) }

    private func names(in vpcID: String, _ view: ProjectView) throws -> [String] {
        try StoredSubnet.of(vpc: vpcID, in: view.database).map(view.name)
    }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredSubnet {
        let vpc = try view.requiredVPC(body)
        let zone = try view.requiredZone(body)
        let prefix = try Self.block(body)
        let acl = try body.object("network_acl").map { try view.acl($0, in: vpc) }
        let base = UInt32(truncatingIfNeeded: prefix.base.low)
        let last = base &+ (1 << UInt32(32 - prefix.length)) &- 1
        // As IBM does, the first four addresses and the last one are kept; the gateway is the second.
        return try change.createSubnet(
            StoredSubnet(
                id: Change.newID(), projectID: request.project.id, vpcID: vpc.id,
                name: try view.newName(body, among: try names(in: vpc.id, view)), description: "",
                cidr: prefix.description, gateway: IPAddress(ipv4: base + 1).description, isDHCPEnabled: true,
                pools: [
                    .init(start: IPAddress(ipv4: base + 4).description, end: IPAddress(ipv4: last - 1).description)
                ],
                aclID: acl?.id ?? vpc.defaultACLID, zone: zone))
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

    func update(
        _ former: StoredSubnet, _ body: BodyObject, _ change: Change, _ view: ProjectView
    ) throws -> StoredSubnet {
        var subnet = former
        let others = { try names(in: former.vpcID, view) }
        subnet.name = try view.changedName(body, from: view.name(former), among: others) ?? former.name
        if let named = try body.object("network_acl") {
            subnet.aclID = try view.acl(named, in: try view.vpc(subnet.vpcID)).id
        }
        return try change.updateSubnet(subnet, from: former)
    }

    func delete(_ subnet: StoredSubnet, _ change: Change, _ view: ProjectView) throws {
        try change.deleteSubnet(subnet)
    }

    func more(_ path: [String]) async throws -> Answer {
        guard path.count == 2, path[1] == "network_acl" else { throw VPCError.routeMissing }
        switch request.call.method {
        case .get: return try await showACL(path[0])
        case .put: return try await replaceACL(path[0])
        default: throw VPCError.routeMissing
        }
    }

    private func showACL(_ id: String) async throws -> Answer {
        try await request.permit("get_network_acl")
        return try await request.read { view in
            Answer(.ok, .object(try view.render(try view.acl(of: try view.find(id, as: StoredSubnet.self)))))
        }
    }

    private func replaceACL(_ id: String) async throws -> Answer {
        try await request.permit("get_subnet")
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
        let used = try subnet.addressesInUse(in: database)
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
