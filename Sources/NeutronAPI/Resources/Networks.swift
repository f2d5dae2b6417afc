import Registry
import Service

/// `networks`: VPCs.
struct Networks: Resource {
    let collection = "networks"
    let singular = "network"
    let plural = "networks"

    let attributes = [
        Attribute(
            name: "admin_state_up", type: .flag, creation: .defaults(.bool(true)), isUpdatable: true,
            column: "isAdminUp"),
        Attribute(name: "status", type: .text()),
        Attribute(
            name: "shared", type: .flag, creation: .defaults(.bool(false)), isUpdatable: true, column: "isShared"),
        Attribute(
            name: "router:external", type: .flag, creation: .defaults(.bool(false)), isUpdatable: true,
            column: "isExternal"),
        Attribute(
            name: "mtu", type: .integer(68...65_535), creation: .defaults(.int(1500)), isUpdatable: true, column: "mtu"),
        Attribute(
            name: "port_security_enabled", type: .flag, creation: .defaults(.bool(true)), isUpdatable: true,
            column: "isPortSecurityEnabled"),
        Attribute(
            name: "availability_zone_hints", type: .free, creation: .defaults(.array([])), isFilterable: false,
            isSortable: false),
        Attribute(name: "subnets", type: .free, isFilterable: false, isSortable: false),
    ]

    var sharing: Selection.Sharing { .marked }
    var isForServices: Bool { true }

    func render(_ objects: [StoredVPC], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject] {
        let tags = try Tags.of(.vpc, objects.map(\.id), in: database)
        var subnets: [String: [String]] = [:]
        let ids = objects.map(\.id)
        for subnet in try StoredSubnet.of(vpcs: ids, in: database) {
            subnets[subnet.vpcID, default: []].append(subnet.id)
        }
        return objects.map { vpc in
            JSONObject(
                [
                    ("id", .string(vpc.id)), ("name", .string(vpc.name)), ("description", .string(vpc.description)),
                    ("admin_state_up", .bool(vpc.isAdminUp)), ("status", "ACTIVE"), ("shared", .bool(vpc.isShared)),
                    ("router:external", .bool(vpc.isExternal)), ("mtu", .int(vpc.mtu)),
                    ("port_security_enabled", .bool(vpc.isPortSecurityEnabled)),
                    ("subnets", .strings(subnets[vpc.id] ?? [])), ("availability_zone_hints", .array([])),
                    ("availability_zones", .array([])), ("tags", .strings(tags[vpc.id] ?? [])),
                ] + standardTail(vpc))
        }
    }

    func create(_ requests: [Fields], _ work: Work) throws -> [StoredVPC] {
        try requests.map { fields in
            try work.change.createVPC(
                StoredVPC(
                    id: Change.newID(), projectID: try work.project(fields), name: fields.text("name") ?? "",
                    description: fields.text("description") ?? "", isAdminUp: fields.flag("admin_state_up") ?? true,
                    isShared: fields.flag("shared") ?? false, isExternal: fields.flag("router:external") ?? false,
                    mtu: fields.number("mtu") ?? 1500,
                    isPortSecurityEnabled: fields.flag("port_security_enabled") ?? true))
        }
    }

    func update(_ object: StoredVPC, _ fields: Fields, _ work: Work) throws -> StoredVPC {
        var vpc = object
        if let name = fields.text("name") { vpc.name = name }
        if let description = fields.text("description") { vpc.description = description }
        if let flag = fields.flag("admin_state_up") { vpc.isAdminUp = flag }
        if let flag = fields.flag("shared") { vpc.isShared = flag }
        if let flag = fields.flag("router:external") { vpc.isExternal = flag }
        if let flag = fields.flag("port_security_enabled") { vpc.isPortSecurityEnabled = flag }
        if let mtu = fields.number("mtu") { vpc.mtu = mtu }
        return try work.change.updateVPC(vpc, from: object)
    }

    func delete(_ object: StoredVPC, _ work: Work) throws { try work.change.deleteVPC(object) }
}
