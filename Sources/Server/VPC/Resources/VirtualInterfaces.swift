import GRDB
import HTTPTypes
import Registry

/// `virtual_network_interfaces`: interfaces that were made without an instance, and those of Neutron that have none.
struct VirtualInterfaces {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
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
        try await request.permit("get_port")
        let pagination = try Pagination(request.call, "virtual_network_interfaces")
        let filter = VPCFilter(request.call)
        return try await request.read { view in
            let all = try view.own(StoredInterface.self).fetchAll(view.database).filter { interface in
                try !view.isInstanceInterface(interface) && filter.admitsResourceGroup(view)
            }
            let page = pagination.page(all, newestFirst: true)
            return Answer(.ok, pagination.body(try page.items.map(view.render), page, request.call))
        }
    }

    private static func settings(
        _ body: BodyObject, from former: StoredInterface.Virtual?
    ) throws(VPCError) -> StoredInterface.Virtual? {
        var settings = former ?? .init()
        settings.autoDelete = try body.flag("auto_delete") ?? settings.autoDelete
        settings.infrastructureNAT = try body.flag("enable_infrastructure_nat") ?? settings.infrastructureNAT
        settings.stateFiltering =
            try body.choice("protocol_state_filtering_mode", ["auto", "enabled", "disabled"]) ?? settings.stateFiltering
        return former == nil && settings == .init() ? nil : settings
    }

    private func create() async throws -> Answer {
        try await request.permit("create_port")
        let body = try request.body()
        return try await request.change("port.create") { change, view in
            try view.checkResourceGroup(body)
            let prototype = InterfacePrototype(view: view, change: change, body: body)
            let taken = try others(in: try prototype.subnet.vpcID, view)
            var interface = try prototype.interface(
                name: try view.newName(body, among: taken), owner: nil, host: "")
            interface.virtual = try Self.settings(body, from: .init())
            return Answer(.created, .object(try view.render(try change.createInterface(interface))))
        }
    }

    private func others(in vpcID: String, _ view: ProjectView) throws -> [String] {
        try view.own(StoredInterface.self).filter(Column("vpcID") == vpcID).fetchAll(view.database)
            .filter { try !view.isInstanceInterface($0) }.map(view.name)
    }

    private func find(_ id: String, _ view: ProjectView) throws -> StoredInterface {
        let interface = try view.find(id, as: StoredInterface.self)
        guard try !view.isInstanceInterface(interface) else { throw VPCError.routeMissing }
        return interface
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_port")
        return try await request.read { view in
            let interface = try find(id, view)
            return Answer(.ok, .object(try view.render(interface)), headers: EntityTag.header(interface))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        try await request.permit("update_port")
        let body = try request.patch()
        return try await request.change("port.update") { change, view in
            let former = try find(id, view)
            try EntityTag.check(request.call, former)
            try InterfacePrototype.refuseSpoofing(body)
            var interface = former
            let taken = { try others(in: former.vpcID, view) }
            interface.name = try view.changedName(body, from: view.name(former), among: taken) ?? former.name
            interface.virtual = try Self.settings(body, from: former.virtual)
            return Answer(.ok, .object(try view.render(try change.updateInterface(interface, from: former))))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("delete_port")
        return try await request.change("port.delete") { change, view in
            let interface = try find(id, view)
            try EntityTag.check(request.call, interface)
            guard interface.deviceID.isEmpty else {
                throw VPCError.parameter(.badField, "id", "The virtual network interface is attached; detach it first.")
            }
            try change.deleteInterface(interface)
            return Answer(.noContent)
        }
    }
}

extension ProjectView {
    /// An interface that stands for itself.
    func render(_ interface: StoredInterface) throws -> JSONObject {
        let settings = interface.virtual ?? .init()
        let subnet = try interface.addresses.first.flatMap { try StoredSubnet.stored($0.subnetID, in: database) }
        var body = JSONObject(
            head(interface, name: name(interface)) + [
                ("lifecycle_state", "stable"), ("resource_type", "virtual_network_interface"),
                ("subnet", try subnetReference(interface)), ("vpc", reference(try vpc(interface.vpcID))),
                ("zone", zoneReference(subnet.map(zone) ?? request.firstZone)), ("primary_ip", primaryIP(interface)),
                ("ips", reservedIPs(interface)), ("security_groups", try groups(of: interface)),
                ("allow_ip_spoofing", .bool(!interface.isPortSecurityEnabled)),
                ("auto_delete", .bool(settings.autoDelete)),
                ("enable_infrastructure_nat", .bool(settings.infrastructureNAT)),
                ("protocol_state_filtering_mode", .string(settings.stateFiltering)),
            ])
        if let instance = try StoredInstance.owner(of: interface, in: database) {
            body["target"] = .object([
                "id": .string(interface.id),
                "href": .string(href("instances", instance.id, "network_attachments", interface.id)),
                "name": .string(name(interface)), "resource_type": "instance_network_attachment",
            ])
        }
        return body
    }
}
