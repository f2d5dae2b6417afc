import HTTPTypes
import Registry
import Service

/// `instances/INSTANCE/network_interfaces`.
struct InstanceInterfaces: VPCResource {
    let request: VPCRequest
    let noun = "port"
    let collection = "network_interfaces"
    let depth = 2

    private func instance(_ view: ProjectView) throws -> StoredInstance { try view.find(request.path[0]) }

    /// The primary one first.
    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredInterface] {
        try instance(view).interfaces(in: view.database)
    }

    /// The whole list: these are not cut into pages.
    func list(_ call: Call) async throws -> Answer {
        try await request.read { view in
            let all = try objects(VPCFilter(call), view)
            return Answer(.ok, .object([collection: .array(try all.map { .object(try render($0, view)) })]))
        }
    }

    func find(_ id: String, _ view: ProjectView) throws -> StoredInterface {
        guard let interface = try objects(VPCFilter(request.call), view).first(where: { $0.id == id }) else {
            throw VPCError.routeMissing
        }
        return interface
    }

    private func isPrimary(_ interface: StoredInterface, _ view: ProjectView) throws -> Bool {
        try objects(VPCFilter(request.call), view).first?.id == interface.id
    }

    func render(_ interface: StoredInterface, _ view: ProjectView) throws -> JSONObject {
        try view.render(interface, of: try instance(view), isPrimary: try isPrimary(interface, view))
    }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredInterface {
        let instance = try instance(view)
        let others = try instance.interfaces(in: view.database)
        let prototype = InterfacePrototype(view: view, change: change, body: body)
        return try change.createInterface(
            try prototype.interface(
                name: try view.newName(body, among: others.map(view.name)), owner: instance,
                host: others.first?.host ?? (request.allows("create_port:binding:host_id") ? instance.name : "")))
    }

    func update(
        _ former: StoredInterface, _ body: BodyObject, _ change: Change, _ view: ProjectView
    ) throws -> StoredInterface {
        try InterfacePrototype.refuseSpoofing(body)
        var interface = former
        let others = { try instance(view).interfaces(in: view.database).map(view.name) }
        interface.name = try view.changedName(body, from: view.name(former), among: others) ?? former.name
        return try change.updateInterface(interface, from: former)
    }

    func delete(_ interface: StoredInterface, _ change: Change, _ view: ProjectView) throws {
        guard try !isPrimary(interface, view) else {
            throw VPCError.parameter(.badField, "id", "The primary interface goes with its instance.")
        }
        try change.deleteInterface(interface)
    }
}

extension ProjectView {
    func render(_ interface: StoredInterface, of instance: StoredInstance, isPrimary: Bool) throws -> JSONObject {
        var body = interfaceReference(interface, of: instance)
        body["created_at"] = .string(APITime.text(interface.createdAt))
        body["type"] = isPrimary ? "primary" : "secondary"
        var place: [String: JSON] = [:]
        if request.allows("get_port:binding:host_id") { place["host"] = .string(interface.host) }
        let seesDevice = request.allows("get_port:binding:profile")
        if seesDevice { place["device"] = .string(interface.device) }
        switch try Hosts.judging(of: interface.id, at: interface.host, in: database) {
        case .judged: body["status"] = "available"
        case .awaited: body["status"] = "pending"
        case .notEnforced(let reason):
            body["status"] = "failed"
            // The reason names devices of the host.
            place["not_enforced"] = .string(
                seesDevice ? reason : "its host cannot judge it; an administrator is told why")
        }
        body["subnet"] = try subnetReference(interface)
        body["primary_ip"] = primaryIP(interface)
        body["security_groups"] = try groups(of: interface)
        body["floating_ips"] = .array([])
        body["port_speed"] = .int(1000)
        body["allow_ip_spoofing"] = .bool(!interface.isPortSecurityEnabled)
        body["gatehouse"] = .object(JSONObject(place.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        return body
    }

    func groups(of interface: StoredInterface) throws -> JSON {
        .array(try interface.groups.compactMap { try StoredGroup.stored($0, in: database).map(reference) })
    }
}
