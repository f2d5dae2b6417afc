import HTTPTypes
import Registry
import Service

/// `virtual_network_interfaces`: interfaces that were made without an instance, and those of Neutron that have none.
struct VirtualInterfaces: VPCResource, VPCCollection {
    static let path = "virtual_network_interfaces"
    let request: VPCRequest
    let noun = "port"
    let collection = "virtual_network_interfaces"
    let isTagged = true
    let isNewestFirst = true

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredInterface] {
        try view.own(StoredInterface.self).filter { try !view.isInstanceInterface($0) }
    }

    func find(_ id: String, _ view: ProjectView) throws -> StoredInterface {
        let interface = try view.find(id, as: StoredInterface.self)
        guard try !view.isInstanceInterface(interface) else { throw VPCError.routeMissing }
        return interface
    }

    func render(_ interface: StoredInterface, _ view: ProjectView) throws -> JSONObject { try view.render(interface) }

    private func names(in vpcID: String, _ view: ProjectView) throws -> [String] {
        try objects(VPCFilter(request.call), view).filter { $0.vpcID == vpcID }.map(view.name)
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

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredInterface {
        let prototype = InterfacePrototype(view: view, change: change, body: body)
        let taken = try names(in: try prototype.subnet.vpcID, view)
        var interface = try prototype.interface(name: try view.newName(body, among: taken), owner: nil, host: "")
        interface.virtual = try Self.settings(body, from: .init())
        return try change.createInterface(interface)
    }

    func update(
        _ former: StoredInterface, _ body: BodyObject, _ change: Change, _ view: ProjectView
    ) throws -> StoredInterface {
        try InterfacePrototype.refuseSpoofing(body)
        var interface = former
        let taken = { try names(in: former.vpcID, view) }
        interface.name = try view.changedName(body, from: view.name(former), among: taken) ?? former.name
        interface.virtual = try Self.settings(body, from: former.virtual)
        return try change.updateInterface(interface, from: former)
    }

    func delete(_ interface: StoredInterface, _ change: Change, _ view: ProjectView) throws {
        guard interface.deviceID.isEmpty else {
            throw VPCError.parameter(.badField, "id", "The virtual network interface is attached; detach it first.")
        }
        try change.deleteInterface(interface)
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
