import Model
import Registry
import Service

/// Reads what a body asks of a new interface: subnet, addresses, groups.
struct InterfacePrototype {
    let view: ProjectView
    let change: Change
    let body: BodyObject

    var subnet: StoredSubnet {
        get throws { try view.find(try ObjectIdentity(try body.requiredObject("subnet"))) }
    }

    /// The interface, not yet made. `owner` is the instance that has it, where one does.
    func interface(name: String, owner: StoredInstance?, host: String) throws -> StoredInterface {
        let subnet = try subnet
        let vpc = try view.vpc(subnet.vpcID)
        if let owner, owner.vpcID != vpc.id {
            throw VPCError.field(.badField, body.name("subnet"), "Subnet \(subnet.id) is not of VPC \(owner.vpcID).")
        }
        try Self.refuseSpoofing(body)
        let id = Change.newID()
        let device = try device() ?? InterfaceDefaults.device(id)
        return StoredInterface(
            id: id, projectID: view.request.project.id, vpcID: vpc.id, name: name, description: "",
            mac: InterfaceDefaults.mac(id), isAdminUp: true, deviceID: owner?.deviceID ?? "", deviceOwner: "",
            host: host,
            device: device, vnicType: "normal",
            profile: String(decoding: JSON.object(["device": .string(device)]).bytes, as: UTF8.self),
            isPortSecurityEnabled: true, addresses: try addresses(in: subnet), groups: try groups(in: vpc))
    }

    /// The Linux device that the interface is, where the body says: `gatehouse.device`.
    private func device() throws -> String? {
        guard let own = try body.object("gatehouse"), let device = try own.text("device") else { return nil }
        try view.request.permit("create_port:binding:profile", own.name("device"), "the device")
        guard InterfaceDefaults.isDeviceName(device) else {
            throw VPCError.field(
                .badField, own.name("device"), "\(own.name("device")): this is no name of a Linux device.")
        }
        return device
    }

    static func refuseSpoofing(_ body: BodyObject) throws(VPCError) {
        guard try body.flag("allow_ip_spoofing") == true else { return }
        throw .field(
            .badField, body.name("allow_ip_spoofing"), "\(body.name("allow_ip_spoofing")): only false is served here.")
    }

    private func addresses(in subnet: StoredSubnet) throws -> [StoredInterface.FixedAddress] {
        var addresses: [StoredInterface.FixedAddress] = []
        let wanted = [try body.object("primary_ip")].compactMap { $0 } + (try body.objects("ips") ?? [])
        for ip in wanted {
            guard let text = try ip.text("address") else {
                // Reserved IPs are not kept apart from interfaces: naming one names nothing.
                if ip.has("id") || ip.has("href") { throw try ObjectIdentity(ip, keys: [.id, .href]).missing }
                continue
            }
            try view.request.permit(
                "create_port:fixed_ips:ip_address", in: try view.vpc(subnet.vpcID), ip.name("address"), "the address")
            addresses.append(.init(subnetID: subnet.id, address: try address(text, ip.name("address"), in: subnet)))
        }
        guard addresses.isEmpty else { return addresses }
        return [.init(subnetID: subnet.id, address: try change.freeAddress(in: subnet))]
    }

    private func address(_ text: String, _ field: String, in subnet: StoredSubnet) throws -> String {
        guard let address = IPAddress(text) else {
            throw VPCError.field(
                .invalidAddress, field, "\(field): this is no IP address.", value: .string(String(text.prefix(100))))
        }
        guard let prefix = try? IPPrefix(parsing: subnet.cidr), prefix.contains(address) else {
            throw VPCError.field(.badField, field, "\(field): the address is not in \(subnet.cidr).")
        }
        return address.description
    }

    /// The groups asked for; the VPC's default group when none is.
    private func groups(in vpc: StoredVPC) throws -> [String] {
        guard let named = try body.objects("security_groups"), !named.isEmpty else {
            return [vpc.defaultGroupID].compactMap { $0 }
        }
        try view.request.permitPart("attach_security_group")
        var ids: [String] = []
        for item in named {
            let identity = try ObjectIdentity(item)
            let group: StoredGroup = try view.find(identity)
            guard group.vpcID == nil || group.vpcID == vpc.id else {
                throw VPCError.field(
                    .groupNotInVPC, identity.field, "Security group \(group.id) is not of VPC \(vpc.id).")
            }
            if !ids.contains(group.id) { ids.append(group.id) }
        }
        try view.request.quotas.check(\.groupsPerTarget, ids.count, "security groups of an interface")
        return ids
    }
}
