import GRDB
import HTTPTypes
import Registry

/// `instances/INSTANCE/network_interfaces`.
struct InstanceInterfaces {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        switch (request.call.method, path.count) {
        case (.get, 2): return try await list(path[0])
        case (.post, 2): return try await create(path[0])
        case (.get, 3): return try await show(path[0], path[2])
        case (.patch, 3): return try await update(path[0], path[2])
        case (.delete, 3): return try await delete(path[0], path[2])
        default: throw VPCError.routeMissing
        }
    }

    private func list(_ id: String) async throws -> Answer {
        try await request.permit("get_port")
        return try await request.read { view in
            let instance = try view.find(id, as: StoredInstance.self)
            let all = try instance.interfaces(in: view.database)
            let rendered = try all.map { JSON.object(try view.render($0, of: instance, isPrimary: $0.id == all[0].id)) }
            return Answer(.ok, .object(["network_interfaces": .array(rendered)]))
        }
    }

    /// The interface of an instance, and whether it is the primary one.
    private func find(
        _ id: String, _ interface: String, _ view: ProjectView
    ) throws -> (StoredInstance, StoredInterface, isPrimary: Bool) {
        let instance = try view.find(id, as: StoredInstance.self)
        let all = try instance.interfaces(in: view.database)
        guard let place = all.firstIndex(where: { $0.id == interface }) else { throw VPCError.routeMissing }
        return (instance, all[place], place == 0)
    }

    private func show(_ id: String, _ interface: String) async throws -> Answer {
        try await request.permit("get_port")
        return try await request.read { view in
            let (instance, interface, isPrimary) = try find(id, interface, view)
            return Answer(.ok, .object(try view.render(interface, of: instance, isPrimary: isPrimary)))
        }
    }

    private func create(_ id: String) async throws -> Answer {
        try await request.permit("create_port")
        let body = try request.body()
        return try await request.change("port.create") { change, view in
            let instance = try view.find(id, as: StoredInstance.self)
            let others = try instance.interfaces(in: view.database)
            let prototype = InterfacePrototype(view: view, change: change, body: body)
            let interface = try change.createInterface(
                try prototype.interface(
                    name: try view.newName(body, among: others.map(view.name)), owner: instance,
                    host: others.first?.host ?? instance.name))
            return Answer(.created, .object(try view.render(interface, of: instance, isPrimary: false)))
        }
    }

    private func update(_ id: String, _ interface: String) async throws -> Answer {
        try await request.permit("update_port")
        let body = try request.patch()
        return try await request.change("port.update") { change, view in
            let (instance, former, isPrimary) = try find(id, interface, view)
            try InterfacePrototype.refuseSpoofing(body)
            var interface = former
            let others = { try instance.interfaces(in: view.database).map(view.name) }
            interface.name = try view.changedName(body, from: view.name(former), among: others) ?? former.name
            let updated = try change.updateInterface(interface, from: former)
            return Answer(.ok, .object(try view.render(updated, of: instance, isPrimary: isPrimary)))
        }
    }

    private func delete(_ id: String, _ interface: String) async throws -> Answer {
        try await request.permit("delete_port")
        return try await request.change("port.delete") { change, view in
            let (_, interface, isPrimary) = try find(id, interface, view)
            guard !isPrimary else {
                throw VPCError.parameter(.badField, "id", "The primary interface goes with its instance.")
            }
            try change.deleteInterface(interface)
            return Answer(.noContent)
        }
    }
}

extension ProjectView {
    func render(_ interface: StoredInterface, of instance: StoredInstance, isPrimary: Bool) throws -> JSONObject {
        var body = interfaceReference(interface, of: instance)
        body["created_at"] = .string(Work.time(interface.createdAt))
        body["type"] = isPrimary ? "primary" : "secondary"
        body["status"] = "available"
        body["subnet"] = try subnetReference(interface)
        body["primary_ip"] = primaryIP(interface)
        body["security_groups"] = try groups(of: interface)
        body["floating_ips"] = .array([])
        body["port_speed"] = .int(1000)
        body["allow_ip_spoofing"] = .bool(!interface.isPortSecurityEnabled)
        body["gatehouse"] = .object(["host": .string(interface.host), "device": .string(interface.device)])
        return body
    }

    func groups(of interface: StoredInterface) throws -> JSON {
        .array(try interface.groups.compactMap { try StoredGroup.stored($0, in: database).map(reference) })
    }
}
