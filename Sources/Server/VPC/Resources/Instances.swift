import GRDB
import HTTPTypes
import Model
import Registry

/// `instances`: the owners of interfaces, whether made here or named by Neutron's ports.
struct Instances {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        if path.count >= 2 {
            guard path[1] == "network_interfaces" else { throw VPCError.routeMissing }
            return try await InstanceInterfaces(request: request).answer()
        }
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
        try await request.permit("get_instance")
        let pagination = try Pagination(request.call, "instances")
        let filter = VPCFilter(request.call)
        return try await request.read { view in
            let instances = try view.own(StoredInstance.self).fetchAll(view.database).filter { instance in
                filter.admits(try view.vpc(instance.vpcID), view) && filter.admits(name: instance.name)
                    && filter.admitsResourceGroup(view)
            }
            let page = pagination.page(instances)
            return Answer(.ok, pagination.body(try page.items.map(view.render), page, request.call))
        }
    }

    private func create() async throws -> Answer {
        try await request.permit("create_instance")
        let body = try request.body()
        return try await request.change("instance.create") { change, view in
            try view.checkResourceGroup(body)
            if body.has("primary_network_attachment") || body.has("network_attachments") {
                throw VPCError.field(
                    .badField, "primary_network_attachment",
                    "primary_network_attachment: attachments are not served; give primary_network_interface.")
            }
            let primary = InterfacePrototype(
                view: view, change: change, body: try body.requiredObject("primary_network_interface"))
            let vpc = try vpc(body, of: try primary.subnet, view)
            let taken = try view.own(StoredInstance.self).fetchAll(view.database).map(\.name)
            let id = Change.newID()
            var instance = StoredInstance(
                id: id, projectID: request.project.id, vpcID: vpc.id, name: try view.newName(body, among: taken),
                zone: try view.requiredZone(body), deviceID: id, profile: try Self.profile(body))
            instance = try change.createInstance(instance)
            // The instance is the host of this name, unless the body says where it runs.
            let host = try body.object("gatehouse")?.text("host") ?? instance.name
            var names: [String] = []
            for part in [primary.body] + (try body.objects("network_interfaces") ?? []) {
                let name = try view.newName(part, among: names)
                names.append(name)
                let prototype = InterfacePrototype(view: view, change: change, body: part)
                let made = try change.createInterface(
                    try prototype.interface(name: name, owner: instance, host: host))
                if instance.primaryID == nil {
                    var whole = instance
                    whole.primaryID = made.id
                    instance = try change.updateInstance(whole, from: instance)
                }
            }
            return Answer(.created, .object(try view.render(instance)))
        }
    }

    private func vpc(_ body: BodyObject, of subnet: StoredSubnet, _ view: ProjectView) throws -> StoredVPC {
        let vpc = try view.vpc(subnet.vpcID)
        guard body.has("vpc") else { return vpc }
        guard try view.requiredVPC(body).id == vpc.id else {
            throw VPCError.field(.badField, "vpc", "vpc: the primary interface's subnet is of another VPC.")
        }
        return vpc
    }

    private static func profile(_ body: BodyObject) throws(VPCError) -> String {
        guard let profile = try body.object("profile") else { return "gatehouse" }
        if let name = try profile.text("name") { return name }
        return try profile.text("href")?.split(separator: "/").last.map { String($0) } ?? "gatehouse"
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_instance")
        return try await request.read { view in
            Answer(.ok, .object(try view.render(try view.find(id, as: StoredInstance.self))))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        try await request.permit("update_instance")
        let body = try request.patch()
        return try await request.change("instance.update") { change, view in
            let former = try view.find(id, as: StoredInstance.self)
            var instance = former
            let others = { try view.own(StoredInstance.self).fetchAll(view.database).map(\.name) }
            instance.name = try view.changedName(body, from: former.name, among: others) ?? instance.name
            return Answer(.ok, .object(try view.render(try change.updateInstance(instance, from: former))))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("delete_instance")
        return try await request.change("instance.delete") { change, view in
            try change.deleteInstance(try view.find(id, as: StoredInstance.self))
            return Answer(.noContent)
        }
    }
}

extension ProjectView {
    /// `pending` before the host's enrolment, `running` with a live agent, `stopped` when it is gone.
    private func status(_ host: String) throws -> String {
        guard let record = try Hosts.named(host, in: database) else { return "pending" }
        return switch record.state(at: Timestamp.now.nanoseconds, patience: HostRecord.patience) {
        case .pending: "pending"
        case .live, .failed: "running"
        case .stale, .revoked: "stopped"
        }
    }

    /// The interface as its instance shows it.
    private func context(_ interface: StoredInterface, of instance: StoredInstance) throws -> JSON {
        var body = interfaceReference(interface, of: instance)
        body["primary_ip"] = primaryIP(interface)
        body["subnet"] = try subnetReference(interface)
        return .object(body)
    }

    /// What no machine of ours has is filled in with constants that clients can read.
    func render(_ instance: StoredInstance) throws -> JSONObject {
        let interfaces = try instance.interfaces(in: database)
        let contexts = try interfaces.map { try context($0, of: instance) }
        let host = interfaces.first?.host ?? ""
        return JSONObject(
            head(instance, name: instance.name) + [
                ("resource_type", "instance"), ("status", .string(try status(host))), ("status_reasons", .array([])),
                ("lifecycle_state", "stable"), ("lifecycle_reasons", .array([])), ("health_state", "inapplicable"),
                ("health_reasons", .array([])), ("primary_network_interface", contexts.first ?? .object([:])),
                ("network_interfaces", .array(contexts)), ("network_attachments", .array([])),
                ("vpc", reference(try vpc(instance.vpcID))), ("zone", zoneReference(instance.zone)),
                (
                    "profile",
                    .object([
                        "name": .string(instance.profile),
                        "href": .string(href("instance", "profiles", instance.profile)),
                        "resource_type": "instance_profile",
                    ])
                ),
            ] + Self.machine(bootVolume: href("instances", instance.id, "volume_attachments", instance.id), instance.id)
                + [("gatehouse", .object(["host": .string(host)]))])
    }

    private static func machine(bootVolume: String, _ id: String) -> [(String, JSON)] {
        [
            ("memory", .int(1)),
            (
                "vcpu",
                .object([
                    "architecture": "amd64", "count": .int(1), "manufacturer": "unknown", "percentage": .int(100),
                ])
            ),
            ("availability", .object(["class": "standard"])),
            ("availability_policy", .object(["host_failure": "stop", "preemption": "stop"])),
            ("bandwidth", .int(1000)), ("total_network_bandwidth", .int(750)), ("total_volume_bandwidth", .int(250)),
            ("volume_bandwidth_qos_mode", "pooled"),
            (
                "boot_volume_attachment",
                .object(["id": .string(id), "href": .string(bootVolume), "name": "boot"])
            ),
            ("volume_attachments", .array([])), ("disks", .array([])), ("cluster_network_attachments", .array([])),
            ("software_attachments", .array([])), ("confidential_compute_mode", "disabled"),
            ("enable_secure_boot", .bool(false)), ("startable", .bool(true)), ("threads_per_core", .int(1)),
            (
                "metadata_service",
                .object(["enabled": .bool(false), "protocol": "http", "response_hop_limit": .int(1)])
            ),
            ("reservation_affinity", .object(["policy": "disabled", "pool": .array([])])),
        ]
    }
}
