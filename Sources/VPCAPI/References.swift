import Model
import Registry
import Service

/// How objects are named in answers: CRNs, links, and the short forms that other objects show of them.
extension ProjectView {
    func href(_ parts: String...) -> String { "\(request.call.base)/v1/\(parts.joined(separator: "/"))" }

    /// `crn:v1:gatehouse:private:is:LOCATION:a/PROJECT::TYPE:ID`; the location is the region, or the zone of what is in one.
    func crn(_ type: String, _ id: String, zone: String? = nil) -> String {
        "crn:v1:gatehouse:private:is:\(zone ?? request.served.name):a/\(request.project.id)::\(type):\(id)"
    }

    func zone(_ subnet: StoredSubnet) -> String { subnet.zone ?? request.firstZone }

    func crn(_ object: some StoredObject) -> String {
        switch object {
        case let subnet as StoredSubnet: crn("subnet", subnet.id, zone: zone(subnet))
        case let instance as StoredInstance: crn("instance", instance.id, zone: instance.zone)
        case is StoredVPC: crn("vpc", object.id)
        case is StoredGroup: crn("security-group", object.id)
        case is StoredACL: crn("network-acl", object.id)
        case is StoredCollector: crn("flow-log-collector", object.id)
        default: crn("virtual-network-interface", object.id, zone: request.firstZone)
        }
    }

    /// The object's own address; rules and interfaces need their parents' and are written where they are shown.
    func href(_ object: some StoredObject) -> String {
        switch object {
        case is StoredSubnet: href("subnets", object.id)
        case is StoredInstance: href("instances", object.id)
        case is StoredVPC: href("vpcs", object.id)
        case is StoredGroup: href("security_groups", object.id)
        case is StoredACL: href("network_acls", object.id)
        case is StoredCollector: href("flow_log_collectors", object.id)
        default: href("virtual_network_interfaces", object.id)
        }
    }

    /// The members that every top-level object has, in their order.
    func head(_ object: some StoredObject, name: String) -> [(String, JSON)] {
        [
            ("id", .string(object.id)), ("crn", .string(crn(object))), ("href", .string(href(object))),
            ("name", .string(name)), ("created_at", .string(APITime.text(object.createdAt))),
            ("resource_group", resourceGroup),
        ]
    }

    private func short(_ object: some StoredObject, _ name: String) -> JSONObject {
        JSONObject([
            ("id", .string(object.id)), ("crn", .string(crn(object))), ("href", .string(href(object))),
            ("name", .string(name)),
        ])
    }

    private func short(_ object: some StoredObject, _ name: String, _ type: String) -> JSON {
        var reference = short(object, name)
        reference["resource_type"] = .string(type)
        return .object(reference)
    }

    func reference(_ vpc: StoredVPC) -> JSON { short(vpc, name(vpc), "vpc") }
    func reference(_ subnet: StoredSubnet) -> JSON { short(subnet, name(subnet), "subnet") }
    func reference(_ group: StoredGroup) -> JSON { .object(short(group, name(group))) }
    func reference(_ acl: StoredACL) -> JSON { .object(short(acl, acl.name)) }
    func reference(_ instance: StoredInstance) -> JSON { .object(short(instance, instance.name)) }

    func reference(_ rule: StoredACLRule) -> JSON {
        .object([
            "id": .string(rule.id), "href": .string(href("network_acls", rule.aclID, "rules", rule.id)),
            "name": .string(rule.name),
        ])
    }

    /// The project's one resource group.
    var resourceGroup: JSON {
        .object([
            "id": .string(request.project.id),
            "href": .string("\(request.call.base)/v2/resource_groups/\(request.project.id)"), "name": "Default",
        ])
    }

    /// A constant: routes are not modelled.
    func routingTable(of vpcID: String) -> JSON {
        .object([
            "id": .string(vpcID), "crn": .string(crn("routing-table", vpcID)),
            "href": .string(href("vpcs", vpcID, "routing_tables", vpcID)), "name": "default",
            "resource_type": "routing_table",
        ])
    }

    func zoneReference(_ name: String) -> JSON {
        .object(["name": .string(name), "href": .string(href("regions", request.served.name, "zones", name))])
    }

    /// An interface as the target of a group or collector: of an instance, or a virtual one.
    func target(_ interface: StoredInterface, inFull: Bool) throws -> JSON {
        guard interface.virtual == nil, let instance = try StoredInstance.owner(of: interface, in: database) else {
            var reference = short(interface, name(interface))
            reference["resource_type"] = "virtual_network_interface"
            if inFull {
                reference["primary_ip"] = primaryIP(interface)
                reference["subnet"] = try subnetReference(interface)
            }
            return .object(reference)
        }
        return .object(interfaceReference(interface, of: instance))
    }

    func interfaceReference(_ interface: StoredInterface, of instance: StoredInstance) -> JSONObject {
        JSONObject([
            ("id", .string(interface.id)),
            ("href", .string(href("instances", instance.id, "network_interfaces", interface.id))),
            ("name", .string(name(interface))), ("resource_type", "network_interface"),
        ])
    }

    // MARK: Addresses

    /// The subnet of an interface's first address; for one without an address, one that says it is gone.
    func subnetReference(_ interface: StoredInterface) throws -> JSON {
        if let id = interface.addresses.first?.subnetID, let subnet = try StoredSubnet.stored(id, in: database) {
            return reference(subnet)
        }
        return .object([
            "id": "none", "crn": .string(crn("subnet", "none", zone: request.firstZone)),
            "href": .string(href("subnets", "none")), "name": "none", "resource_type": "subnet",
            "deleted": .object(["more_info": "the interface has no address in a subnet"]),
        ])
    }

    func primaryIP(_ interface: StoredInterface) -> JSON { reservedIP(interface, interface.addresses.first) }

    func reservedIPs(_ interface: StoredInterface) -> JSON {
        .array(interface.addresses.map { reservedIP(interface, $0) })
    }

    /// An address of an interface; `0.0.0.0` stands for none.
    private func reservedIP(_ interface: StoredInterface, _ fixed: StoredInterface.FixedAddress?) -> JSON {
        let address = fixed?.address ?? "0.0.0.0"
        let id = Identifier<Never>(derivedFrom: "reserved-ip", interface.id, address).description
        return .object([
            "id": .string(id), "address": .string(address),
            "href": .string(href("subnets", fixed?.subnetID ?? "none", "reserved_ips", id)),
            "name": .string("address-\(id.prefix(8))"), "resource_type": "subnet_reserved_ip",
        ])
    }
}
