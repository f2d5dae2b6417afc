import HTTPTypes
import Model
import Registry
import Service

/// `instances`: the owners of interfaces, whether made here or named by Neutron's ports.
struct Instances: VPCResource, VPCCollection {
    static let path = "instances"
    static let routes = usual(path) + usual("\(path)/{instance}/network_interfaces")
    let request: VPCRequest
    let noun = "instance"
    let collection = "instances"

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredInstance] {
        try view.own(StoredInstance.self).filter { instance in
            filter.admits(try view.vpc(instance.vpcID), view) && filter.admits(name: instance.name)
        }
    }

    func render(_ instance: StoredInstance, _ view: ProjectView) throws -> JSONObject { try view.render(instance) }

    private func names(_ view: ProjectView) throws -> [String] {
        try view.own(StoredInstance.self).map(\.name)
    }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredInstance {
        if body.has("primary_network_attachment") || body.has("network_attachments") {
            throw VPCError.field(
                .badField, "primary_network_attachment",
                "primary_network_attachment: attachments are not served; give primary_network_interface.")
        }
        let primary = try body.requiredObject("primary_network_interface")
        try request.permitPart("create_port")
        let subnet = try InterfacePrototype(view: view, change: change, body: primary).subnet
        let id = Change.newID()
        var instance = try change.createInstance(
            StoredInstance(
                id: id, projectID: request.project.id, vpcID: try vpc(body, of: subnet, view).id,
                name: try view.newName(body, among: try names(view)), zone: try view.requiredZone(body), deviceID: id,
                profile: try Self.profile(body)))
        let host = try host(body) ?? (binds ? instance.name : "")
        var names: [String] = []
        for part in [primary] + (try body.objects("network_interfaces") ?? []) {
            let name = try view.newName(part, among: names)
            names.append(name)
            let prototype = InterfacePrototype(view: view, change: change, body: part)
            let made = try change.createInterface(try prototype.interface(name: name, owner: instance, host: host))
            guard instance.primaryID == nil else { continue }
            var whole = instance
            whole.primaryID = made.id
            instance = try change.updateInstance(whole, from: instance)
        }
        return instance
    }

    /// Whether the caller may say where an instance runs; who may not gets one that is bound to no host yet.
    private var binds: Bool { request.allows("create_port:binding:host_id") }

    /// The host that the body says; an instance is the host of its own name otherwise.
    private func host(_ body: BodyObject) throws -> String? {
        guard let own = try body.object("gatehouse"), let host = try own.text("host") else { return nil }
        try request.permit("create_port:binding:host_id", own.name("host"), "the host")
        return host
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

    func update(
        _ former: StoredInstance, _ body: BodyObject, _ change: Change, _ view: ProjectView
    ) throws -> StoredInstance {
        var instance = former
        let name = try view.changedName(body, from: former.name, among: { try names(view) })
        instance.name = name ?? former.name
        return try change.updateInstance(instance, from: former)
    }

    func delete(_ instance: StoredInstance, _ change: Change, _ view: ProjectView) throws {
        if try !instance.interfaces(in: view.database).isEmpty { try request.permitPart("delete_port") }
        try change.deleteInstance(instance)
    }

    func more(_ path: [String]) async throws -> Answer {
        guard path.count >= 2, path[1] == "network_interfaces" else { throw VPCError.routeMissing }
        return try await InstanceInterfaces(request: request).answer()
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
                + [
                    (
                        "gatehouse",
                        .object(request.allows("get_port:binding:host_id") ? ["host": .string(host)] : [:])
                    )
                ])
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
