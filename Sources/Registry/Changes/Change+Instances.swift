import GRDB
import Model

/// Instances: registered by their owner, or made for the device that an interface names.
extension Change {
    package func createInstance(_ wanted: StoredInstance) throws -> StoredInstance {
        var instance = wanted
        try insert(&instance)
        try audit("instance.create", instance, after: try json(instance))
        return instance
    }

    /// The instance of the device that an interface names; made where there is none, under the device's name and in
    /// the zone of the interface's subnet; `zone` is that of subnets that name none.
    @discardableResult package func ensureInstance(of port: StoredInterface, zone: String) throws -> StoredInstance {
        if let instance = try StoredInstance.owner(of: port, in: database) { return instance }
        // The id that hosts have for the device already, unless it names an instance of another VPC.
        let known = Identifier<Instance>(ofDevice: port.deviceID).description
        let isTaken = try StoredInstance.stored(known, in: database) != nil
        let subnet = try port.addresses.first.flatMap { try StoredSubnet.stored($0.subnetID, in: database) }
        return try createInstance(
            StoredInstance(
                id: isTaken ? Change.newID() : known, projectID: port.projectID, vpcID: port.vpcID,
                name: port.deviceID, zone: subnet?.zone ?? zone, deviceID: port.deviceID, primaryID: port.id,
                profile: "adopted"))
    }

    package func updateInstance(_ wanted: StoredInstance, from former: StoredInstance) throws -> StoredInstance {
        var instance = wanted
        guard instance != former else { return former }
        try update(&instance, from: former)
        try audit("instance.update", instance, before: try json(former), after: try json(instance))
        return instance
    }

    /// Removes an instance with its interfaces and their collectors; virtual interfaces that stay are let go.
    package func deleteInstance(_ instance: StoredInstance) throws {
        for port in try instance.interfaces(in: database) {
            guard let virtual = port.virtual, !virtual.autoDelete else {
                try deleteInterface(port)
                continue
            }
            var free = port
            free.deviceID = ""
            _ = try updateInterface(free, from: port)
        }
        // The last interface has taken the instance along.
        if try StoredInstance.stored(instance.id, in: database) != nil { try remove(instance) }
    }

    /// An instance goes with its last interface.
    func releaseInstance(of former: StoredInterface) throws {
        guard let instance = try StoredInstance.owner(of: former, in: database),
            try instance.interfaces(in: database).isEmpty
        else { return }
        try remove(instance)
    }

    private func remove(_ instance: StoredInstance) throws {
        try deleteCollectors(of: instance.id)
        try delete(instance)
        try audit("instance.delete", instance, before: try json(instance))
    }
}

extension Identifier where Subject == Instance {
    /// The id of the instance behind a device: the UUID that its owner gave, or one that follows from what it is called.
    init(ofDevice device: String) {
        self = Identifier(device) ?? Identifier(derivedFrom: "instance", device)
    }
}
