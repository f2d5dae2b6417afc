import HTTPTypes
import Model
import Registry
import Service

/// `subnets`: parts of a VPC's address space.
struct Subnets: Resource {
    let collection = "subnets"
    let singular = "subnet"
    let plural = "subnets"

    let attributes = [
        Attribute(name: "network_id", type: .uuid, creation: .required, column: "vpcID"),
        Attribute(name: "ip_version", type: .integer(4...6), creation: .required),
        Attribute(name: "cidr", type: .text(), creation: .required, column: "cidr"),
        Attribute(
            name: "gateway_ip", type: .optionalText(), creation: .defaults("auto"), isUpdatable: true, column: "gateway"
        ),
        Attribute(
            name: "enable_dhcp", type: .flag, creation: .defaults(.bool(true)), isUpdatable: true,
            column: "isDHCPEnabled"),
        Attribute(
            name: "allocation_pools", type: .free, creation: .defaults(.null), isUpdatable: true, isFilterable: false,
            isSortable: false),
        Attribute(
            name: "dns_nameservers", type: .free, creation: .defaults(.array([])), isUpdatable: true,
            isFilterable: false, isSortable: false),
        Attribute(
            name: "host_routes", type: .free, creation: .defaults(.array([])), isUpdatable: true, isFilterable: false,
            isSortable: false),
        Attribute(
            name: "service_types", type: .free, creation: .defaults(.array([])), isFilterable: false, isSortable: false),
        Attribute(name: "ipv6_ra_mode", type: .optionalText(), creation: .defaults(.null)),
        Attribute(name: "ipv6_address_mode", type: .optionalText(), creation: .defaults(.null)),
    ]

    var sharing: Selection.Sharing { .inMarkedVPC }
    var isForServices: Bool { true }

    func render(_ objects: [StoredSubnet], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject] {
        let tags = try Tags.of(.subnet, objects.map(\.id), in: database)
        return objects.map { subnet in
            JSONObject(
                [
                    ("id", .string(subnet.id)), ("name", .string(subnet.name)),
                    ("description", .string(subnet.description)), ("network_id", .string(subnet.vpcID)),
                    ("ip_version", .int(subnet.cidr.contains(":") ? 6 : 4)), ("cidr", .string(subnet.cidr)),
                    ("gateway_ip", .optional(subnet.gateway)), ("enable_dhcp", .bool(subnet.isDHCPEnabled)),
                    (
                        "allocation_pools",
                        .array(subnet.pools.map { .object(["start": .string($0.start), "end": .string($0.end)]) })
                    ),
                    ("dns_nameservers", .strings(subnet.nameServers)),
                    (
                        "host_routes",
                        .array(
                            subnet.hostRoutes.map {
                                .object(["destination": .string($0.destination), "nexthop": .string($0.nexthop)])
                            })
                    ),
                    ("service_types", .array([])), ("ipv6_ra_mode", .null), ("ipv6_address_mode", .null),
                    ("subnetpool_id", .null), ("segment_id", .null), ("tags", .strings(tags[subnet.id] ?? [])),
                ] + standardTail(subnet))
        }
    }

    func create(_ requests: [Fields], _ work: Work) throws -> [StoredSubnet] {
        try requests.map { fields in
            let vpcID = fields.text("network_id") ?? ""
            guard let vpc = try StoredVPC.stored(vpcID, in: work.database), work.owns(vpc.projectID) else {
                throw NeutronError(.notFound, "NetworkNotFound", "Network \(vpcID) could not be found.")
            }
            let prefix = try Self.prefix(fields)
            let gateway = try gateway(fields["gateway_ip"] ?? .null, in: prefix)
            let pools =
                try Self.pools(fields["allocation_pools"] ?? .null, in: prefix) ?? Self.standardPools(prefix, gateway)
            return try work.change.createSubnet(
                StoredSubnet(
                    id: Change.newID(), projectID: try work.project(fields), vpcID: vpc.id,
                    name: fields.text("name") ?? "", description: fields.text("description") ?? "",
                    cidr: prefix.description, gateway: gateway, isDHCPEnabled: fields.flag("enable_dhcp") ?? true,
                    pools: pools, nameServers: try Self.addresses(fields["dns_nameservers"], "dns_nameservers"),
                    hostRoutes: try Self.routes(fields["host_routes"])))
        }
    }

    func update(_ object: StoredSubnet, _ fields: Fields, _ work: Work) throws -> StoredSubnet {
        var subnet = object
        guard let prefix = try? IPPrefix(parsing: object.cidr) else { return object }
        if let name = fields.text("name") { subnet.name = name }
        if let description = fields.text("description") { subnet.description = description }
        if let flag = fields.flag("enable_dhcp") { subnet.isDHCPEnabled = flag }
        if let value = fields["gateway_ip"] { subnet.gateway = try gateway(value, in: prefix) }
        if let pools = try Self.pools(fields["allocation_pools"] ?? .null, in: prefix) { subnet.pools = pools }
        if fields["dns_nameservers"] != nil {
            subnet.nameServers = try Self.addresses(fields["dns_nameservers"], "dns_nameservers")
        }
        if fields["host_routes"] != nil { subnet.hostRoutes = try Self.routes(fields["host_routes"]) }
        return try work.change.updateSubnet(subnet, from: object)
    }

    func delete(_ object: StoredSubnet, _ work: Work) throws { try work.change.deleteSubnet(object) }

    // MARK: Checks

    private static func prefix(_ fields: Fields) throws -> IPPrefix {
        let text = fields.text("cidr") ?? ""
        guard let prefix = RuleDraft.network(text) else {
            throw NeutronError.invalid("cidr", "'\(text)' is not a valid IP subnet")
        }
        guard fields.number("ip_version") == (prefix.family == .ipv4 ? 4 : 6) else {
            throw NeutronError(
                .badRequest, "InvalidInput",
                "Invalid input for operation: cidr '\(text)' does not match the ip_version "
                    + "'\(fields.number("ip_version") ?? 0)'.")
        }
        return prefix
    }

    /// The gateway asked for: an address, none (null), or the first one of the block.
    private func gateway(_ value: JSON, in prefix: IPPrefix) throws -> String? {
        guard let text = value.text else { return nil }
        if text == "auto" { return prefix.length < prefix.family.addressBits - 1 ? Self.address(prefix, 1) : nil }
        guard let address = IPAddress(text) else {
            throw NeutronError.invalid("gateway_ip", "'\(text)' is not a valid IP address")
        }
        guard address.family == prefix.family else {
            throw NeutronError.invalid("gateway_ip", "'\(text)' is not of the family of \(prefix)")
        }
        return address.description
    }

    /// The address so many after the block's first.
    private static func address(_ prefix: IPPrefix, _ offset: UInt64) -> String {
        switch prefix.family {
        case .ipv4: IPAddress(ipv4: UInt32(truncatingIfNeeded: prefix.base.low &+ offset)).description
        case .ipv6: IPAddress(ipv6High: prefix.base.high, low: prefix.base.low &+ offset).description
        }
    }

    /// Everything but the block's first address, the gateway, and IPv4's broadcast address.
    private static func standardPools(_ prefix: IPPrefix, _ gateway: String?) -> [StoredSubnet.Pool] {
        let bits = prefix.family.addressBits - prefix.length
        guard bits > 1 else {
            return [.init(start: address(prefix, 0), end: address(prefix, bits == 0 ? 0 : 1))]
        }
        let last = bits >= 64 ? UInt64.max : (UInt64(1) << bits) - (prefix.family == .ipv4 ? 2 : 1)
        guard let gateway = gateway.flatMap({ IPAddress($0) }), prefix.contains(gateway) else {
            return [.init(start: address(prefix, 1), end: address(prefix, last))]
        }
        let place = gateway.low &- prefix.base.low
        var pools: [StoredSubnet.Pool] = []
        if place > 1 { pools.append(.init(start: address(prefix, 1), end: address(prefix, place - 1))) }
        if place < last { pools.append(.init(start: address(prefix, max(place + 1, 1)), end: address(prefix, last))) }
        return pools
    }

    private static func pools(_ value: JSON, in prefix: IPPrefix) throws -> [StoredSubnet.Pool]? {
        guard !value.isNull else { return nil }
        guard let items = value.items else {
            throw NeutronError.invalid("allocation_pools", "'\(AttributeType.show(value))' is not a list")
        }
        return try items.map { item in
            guard let start = item["start"]?.text.flatMap({ IPAddress($0) }),
                let end = item["end"]?.text.flatMap({ IPAddress($0) }), prefix.contains(start), prefix.contains(end),
                !(end < start)
            else {
                throw NeutronError(
                    .badRequest, "InvalidAllocationPool",
                    "The allocation pool \(AttributeType.show(item)) is not valid.")
            }
            return .init(start: start.description, end: end.description)
        }
    }

    private static func addresses(_ value: JSON?, _ name: String) throws -> [String] {
        guard let value, !value.isNull else { return [] }
        guard let items = value.items else {
            throw NeutronError.invalid(name, "'\(AttributeType.show(value))' is not a list")
        }
        return try items.map { item in
            guard let address = item.text.flatMap({ IPAddress($0) }) else {
                throw NeutronError.invalid(name, "'\(AttributeType.show(item))' is not a valid IP address")
            }
            return address.description
        }
    }

    private static func routes(_ value: JSON?) throws -> [StoredSubnet.HostRoute] {
        guard let value, !value.isNull else { return [] }
        guard let items = value.items else {
            throw NeutronError.invalid("host_routes", "'\(AttributeType.show(value))' is not a list")
        }
        return try items.map { item in
            guard let destination = item["destination"]?.text, RuleDraft.network(destination) != nil,
                let nexthop = item["nexthop"]?.text, IPAddress(nexthop) != nil
            else {
                throw NeutronError.invalid(
                    "host_routes", "'\(AttributeType.show(item))' has no destination and nexthop")
            }
            return .init(destination: destination, nexthop: nexthop)
        }
    }
}
