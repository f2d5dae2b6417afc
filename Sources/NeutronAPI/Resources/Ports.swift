import HTTPTypes
import Model
import Registry
import Service

/// `ports`: interfaces.
///
/// The Linux device that an interface is bound to is `binding:profile`'s key `device`, or `tap` and the first eleven
/// characters of the id, as Neutron's agents name it.
struct Ports: Resource {
    let collection = "ports"
    let singular = "port"
    let plural = "ports"

    let attributes = [
        Attribute(name: "network_id", type: .uuid, creation: .required, column: "vpcID"),
        Attribute(
            name: "admin_state_up", type: .flag, creation: .defaults(.bool(true)), isUpdatable: true,
            column: "isAdminUp"),
        Attribute(name: "mac_address", type: .optionalText(), creation: .defaults(.null), isUpdatable: true),
        Attribute(name: "fixed_ips", type: .free, creation: .defaults(.null), isUpdatable: true, isSortable: false),
        Attribute(name: "device_id", type: .text(), creation: .defaults(""), isUpdatable: true, column: "deviceID"),
        Attribute(
            name: "device_owner", type: .text(), creation: .defaults(""), isUpdatable: true, column: "deviceOwner"),
        Attribute(
            name: "security_groups", type: .free, creation: .defaults(.null), isUpdatable: true, isSortable: false),
        Attribute(name: "port_security_enabled", type: .flag, creation: .defaults(.bool(true)), isUpdatable: true),
        Attribute(
            name: "binding:host_id", type: .optionalText(), creation: .defaults(""), isUpdatable: true, column: "host"),
        Attribute(
            name: "binding:vnic_type", type: .choice(["normal", "virtio-forwarder"]), creation: .defaults("normal"),
            isUpdatable: true),
        Attribute(
            name: "binding:profile", type: .free, creation: .defaults(.object([:])), isUpdatable: true,
            isFilterable: false, isSortable: false),
        Attribute(
            name: "allowed_address_pairs", type: .free, creation: .defaults(.array([])), isUpdatable: true,
            isFilterable: false, isSortable: false),
        Attribute(
            name: "extra_dhcp_opts", type: .free, creation: .defaults(.array([])), isUpdatable: true,
            isFilterable: false, isSortable: false),
        Attribute(name: "status", type: .text()),
    ]

    func render(_ objects: [StoredInterface], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject] {
        let tags = try Tags.of(.interface, objects.map(\.id), in: database)
        let live = try Hosts.enrolled(in: database)
        return try objects.map { port in
            JSONObject(
                [
                    ("id", .string(port.id)), ("name", .string(port.name)), ("description", .string(port.description)),
                    ("network_id", .string(port.vpcID)), ("mac_address", .string(port.mac)),
                    (
                        "fixed_ips",
                        .array(
                            port.addresses.map {
                                .object(["subnet_id": .string($0.subnetID), "ip_address": .string($0.address)])
                            })
                    ),
                    ("device_id", .string(port.deviceID)), ("device_owner", .string(port.deviceOwner)),
                    ("status", .string(try Self.status(port, isLive: live.contains(port.host), in: database))),
                    ("admin_state_up", .bool(port.isAdminUp)), ("security_groups", .strings(port.groups)),
                    ("port_security_enabled", .bool(port.isPortSecurityEnabled)),
                    ("allowed_address_pairs", AddressPairs.render(port)), ("extra_dhcp_opts", .array([])),
                    ("binding:host_id", .string(port.host)), ("binding:vnic_type", .string(port.vnicType)),
                    ("binding:vif_type", port.host.isEmpty ? "unbound" : "tap"),
                    ("binding:profile", JSON(parsing: Array(port.profile.utf8)) ?? .object([:])),
                    ("binding:vif_details", .object([:])), ("tags", .strings(tags[port.id] ?? [])),
                ] + standardTail(port))
        }
    }

    /// As Neutron has it: down until its device is there, an error where its groups are not enforced.
    private static func status(
        _ port: StoredInterface, isLive: Bool, in database: RegistryState
    ) throws -> String {
        guard isLive, port.isAdminUp, port.isPortSecurityEnabled else { return "DOWN" }
        switch try Hosts.judging(of: port.id, at: port.host, in: database) {
        case .judged: return "ACTIVE"
        case .awaited: return "DOWN"
        case .notEnforced: return "ERROR"
        }
    }

    /// `fixed_ips=ip_address=10.0.0.3`, `fixed_ips=subnet_id=ID`, and both.
    func matches(_ rendered: JSONObject, filter: String, values: [String]) -> Bool? {
        guard filter == "fixed_ips" else { return nil }
        let addresses = rendered["fixed_ips"]?.items ?? []
        var wanted: [String: Set<String>] = [:]
        for value in values {
            let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return false }
            wanted[parts[0], default: []].insert(parts[1])
        }
        return wanted.allSatisfy { key, values in
            addresses.contains { address in
                let text = address[key == "ip_address_substr" ? "ip_address" : key]?.text ?? ""
                return key == "ip_address_substr" ? values.contains { text.contains($0) } : values.contains(text)
            }
        }
    }

    var isForServices: Bool { true }

    func target(_ object: StoredInterface?, _ fields: Fields, _ work: Work) throws -> AccessTarget {
        let id = object?.vpcID ?? fields.text("network_id") ?? ""
        let owner = fields.text("device_owner") ?? object?.deviceOwner ?? ""
        // A network that the caller does not see is told as missing.
        guard let vpc = try StoredVPC.stored(id, in: work.database) else { return AccessTarget() }
        let own = work.session.project?.id
        return AccessTarget(
            isOwn: object.map { $0.projectID == own } ?? true, ownsNetwork: vpc.projectID == own,
            isNetworkShared: vpc.isShared, isNetworkDevice: owner.hasPrefix("network:"))
    }

    func create(_ requests: [Fields], _ work: Work) throws -> [StoredInterface] {
        try requests.map { fields in
            let vpcID = fields.text("network_id") ?? ""
            guard let vpc = try StoredVPC.stored(vpcID, in: work.database),
                work.owns(vpc.projectID) || vpc.isShared || work.session.roles.contains(.service)
            else { throw NeutronError(.notFound, "NetworkNotFound", "Network \(vpcID) could not be found.") }
            try refuseUnserved(fields)
            let id = Change.newID()
            let projectID = try work.project(fields)
            let profile = try Self.profile(fields["binding:profile"])
            var port = StoredInterface(
                id: id, projectID: projectID, vpcID: vpc.id, name: fields.text("name") ?? "",
                description: fields.text("description") ?? "", mac: try Self.mac(fields["mac_address"], id),
                isAdminUp: fields.flag("admin_state_up") ?? true, deviceID: fields.text("device_id") ?? "",
                deviceOwner: fields.text("device_owner") ?? "", host: fields.text("binding:host_id") ?? "",
                device: Self.device(profile, id), vnicType: fields.text("binding:vnic_type") ?? "normal",
                profile: String(decoding: profile.bytes, as: UTF8.self),
                isPortSecurityEnabled: fields.flag("port_security_enabled") ?? vpc.isPortSecurityEnabled,
                addresses: [], groups: [])
            try refuseUnfiltered(port)
            port.addresses = try addresses(fields["fixed_ips"] ?? .null, of: port, work)
            port.pairs = try AddressPairs.read(fields["allowed_address_pairs"], of: port)
            port.groups = try groups(fields["security_groups"] ?? .null, of: port, work)
            // The default group comes by itself.
            if fields.sent.contains("security_groups"), !port.groups.isEmpty {
                try work.permit("attach_security_group")
            }
            return try work.change.createInterface(port)
        }
    }

    func update(_ object: StoredInterface, _ fields: Fields, _ work: Work) throws -> StoredInterface {
        var port = object
        try refuseUnserved(fields)
        if let name = fields.text("name") { port.name = name }
        if let description = fields.text("description") { port.description = description }
        if let flag = fields.flag("admin_state_up") { port.isAdminUp = flag }
        if fields["mac_address"]?.isNull == false { port.mac = try Self.mac(fields["mac_address"], port.id) }
        if let id = fields.text("device_id") { port.deviceID = id }
        if let owner = fields.text("device_owner") { port.deviceOwner = owner }
        if let host = fields["binding:host_id"] { port.host = host.text ?? "" }
        if let type = fields.text("binding:vnic_type") { port.vnicType = type }
        if let flag = fields.flag("port_security_enabled") {
            port.isPortSecurityEnabled = flag
            try refuseUnfiltered(port)
        }
        if let value = fields["binding:profile"] {
            let profile = try Self.profile(value)
            port.profile = String(decoding: profile.bytes, as: UTF8.self)
            port.device = Self.device(profile, port.id)
        }
        if let value = fields["fixed_ips"], !value.isNull { port.addresses = try addresses(value, of: port, work) }
        if let value = fields["allowed_address_pairs"] { port.pairs = try AddressPairs.read(value, of: port) }
        if let value = fields["security_groups"] {
            port.groups = try groups(value, of: port, work)
            let (before, after) = (Set(object.groups), Set(port.groups))
            if !after.isSubset(of: before) { try work.permit("attach_security_group") }
            if !before.isSubset(of: after) { try work.permit("detach_security_group") }
        }
        return try work.change.updateInterface(port, from: object)
    }

    func delete(_ object: StoredInterface, _ work: Work) throws { try work.change.deleteInterface(object) }

    // MARK: Checks

    private func refuseUnserved(_ fields: Fields) throws {
        let name = "extra_dhcp_opts"
        guard let value = fields[name], value.items?.isEmpty == false else { return }
        throw NeutronError.invalid(name, "'\(AttributeType.show(value))' is not served here; leave it empty")
    }

    /// Without port security a port would be connected and not filtered. Hosts judge what they connect; what is the
    /// network's own (routers, DHCP) no host connects.
    private func refuseUnfiltered(_ port: StoredInterface) throws {
        guard !port.isPortSecurityEnabled, !port.deviceOwner.hasPrefix("network:") else { return }
        throw NeutronError.invalid(
            "port_security_enabled",
            "'False' is not served here: every port is filtered; leave it True, with a security group that admits what is to pass"
        )
    }

    private static func profile(_ value: JSON?) throws -> JSON {
        guard let value, !value.isNull else { return .object([:]) }
        guard let members = value.members else {
            throw NeutronError.invalid("binding:profile", "'\(AttributeType.show(value))' is not a dictionary")
        }
        if let device = members["device"] {
            guard let name = device.text, InterfaceDefaults.isDeviceName(name) else {
                throw NeutronError.invalid(
                    "binding:profile", "device '\(AttributeType.show(device))' is no name of a Linux device")
            }
        }
        return value
    }

    static func device(_ profile: JSON, _ id: String) -> String {
        profile["device"]?.text ?? InterfaceDefaults.device(id)
    }

    /// The address that a client gave, or one made of the id.
    static func mac(_ value: JSON?, _ id: String) throws -> String {
        if let value, let text = value.text {
            guard let mac = MACAddress(text), mac.bits & 0x0100_0000_0000 == 0 else {
                throw NeutronError.invalid("mac_address", "'\(text)' is not a valid MAC address")
            }
            return mac.description
        }
        return InterfaceDefaults.mac(id)
    }

    /// The addresses asked for; one of each family that the VPC has when none is.
    private func addresses(_ value: JSON, of port: StoredInterface, _ work: Work) throws -> [StoredInterface
        .FixedAddress]
    {
        let subnets = try StoredSubnet.of(vpc: port.vpcID, in: work.database)
        if value.isNull {
            let first = ["4", "6"].compactMap { family in
                subnets.first { $0.cidr.contains(":") == (family == "6") }
            }
            return try first.map { .init(subnetID: $0.id, address: try work.change.freeAddress(in: $0)) }
        }
        guard let items = value.items else {
            throw NeutronError.invalid("fixed_ips", "'\(AttributeType.show(value))' is not a list")
        }
        return try items.map { try address($0, subnets, port, work) }
    }

    private func address(
        _ item: JSON, _ subnets: [StoredSubnet], _ port: StoredInterface, _ work: Work
    ) throws -> StoredInterface.FixedAddress {
        let subnetID = item["subnet_id"]?.text
        let named = subnets.first { $0.id == subnetID }
        if let subnetID, named == nil {
            throw NeutronError.invalid("fixed_ips", "subnet \(subnetID) is not one of network \(port.vpcID)")
        }
        guard let text = item["ip_address"]?.text else {
            guard let named else {
                throw NeutronError.invalid("fixed_ips", "IP allocation requires subnet_id or ip_address")
            }
            return .init(subnetID: named.id, address: try work.change.freeAddress(in: named))
        }
        guard let address = IPAddress(text) else {
            throw NeutronError.invalid("fixed_ips", "'\(text)' is not a valid IP address")
        }
        let holders = (named.map { [$0] } ?? subnets).filter {
            (try? IPPrefix(parsing: $0.cidr))?.contains(address) == true
        }
        guard let subnet = holders.first else {
            throw NeutronError(
                .badRequest, "InvalidIpForSubnet",
                named == nil
                    ? "IP address \(text) is not a valid IP for any of the subnets on the specified network."
                    : "IP address \(text) is not a valid IP for the specified subnet.")
        }
        return .init(subnetID: subnet.id, address: address.description)
    }

    /// The groups asked for; null is the project's default group, an empty list is none.
    private func groups(_ value: JSON, of port: StoredInterface, _ work: Work) throws -> [String] {
        if value.isNull { return [try work.change.ensureDefaultGroup(port.projectID).id] }
        let checked = try AttributeType.uuids.check(value, of: "security_groups")
        return try (checked.items ?? []).compactMap(\.text).map { text in
            let id = text.lowercased()
            guard let group = try StoredGroup.stored(id, in: work.database),
                work.owns(group.projectID) || group.projectID == port.projectID
            else { throw NeutronError(.notFound, "SecurityGroupNotFound", "Security group \(text) does not exist") }
            return id
        }
    }
}
