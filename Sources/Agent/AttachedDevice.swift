import Model

/// A device that was made an interface's, until it is detached or gone.
struct AttachedDevice: Hashable, Codable {
    let vpc: String
    let instance: String
    let interface: String
    let device: String
    /// The device's number: another that comes under its name is another's.
    let number: UInt32
    let mac: MACAddress?
    /// The MAC that the policy itself gives the interface: what a device had for a while is not the next one's.
    let ofPolicy: MACAddress?
    /// What the interface has where the policy did not name it; nil where it did.
    let made: Made?

    struct Made: Hashable, Codable {
        let subnet: String
        let addresses: [IPAddress]
        let groups: [String]
    }

    func isOf(_ vpc: String, _ instance: String, _ interface: String) -> Bool {
        (self.vpc, self.instance, self.interface) == (vpc, instance, interface)
    }
}

extension Policy {
    /// The policy with a device for an interface, which is made where it is not there.
    ///
    /// - Throws: `AttachFault` where something that the device names is not in the policy.
    func attaching(_ attached: AttachedDevice) throws(AttachFault) -> Policy {
        var policy = self
        guard let place = policy.vpcs.firstIndex(where: { $0.name == attached.vpc }) else {
            throw .noVPC(attached.vpc, known: vpcs.map(\.name))
        }
        if let found = policy.vpcs[place].place(attached.instance, attached.interface) {
            let former = policy.vpcs[place].instances[found.instance].interfaces[found.interface]
            policy.vpcs[place].instances[found.instance].interfaces[found.interface] = former.with(
                device: attached.device, mac: attached.mac ?? former.mac)
            return policy
        }
        guard let made = attached.made else { throw .noInterface("\(attached.instance)/\(attached.interface)") }
        try policy.vpcs[place].resolve(made.groups, project: project)
        let interface = Interface(
            id: Identifier(
                derivedFrom: "interface", project, attached.vpc, attached.instance, attached.interface),
            name: attached.interface, subnet: made.subnet, addresses: made.addresses, mac: attached.mac,
            device: attached.device, groups: made.groups)
        if let owner = policy.vpcs[place].instances.firstIndex(where: { $0.name == attached.instance }) {
            policy.vpcs[place].instances[owner].interfaces.append(interface)
        } else {
            policy.vpcs[place].instances.append(
                Instance(
                    id: Identifier(derivedFrom: "instance", project, attached.vpc, attached.instance),
                    name: attached.instance, interfaces: [interface]))
        }
        return policy
    }

    /// The policy without the device, and without an interface that was made for it.
    func detaching(_ attached: AttachedDevice) -> Policy {
        var policy = self
        guard let place = policy.vpcs.firstIndex(where: { $0.name == attached.vpc }),
            let found = policy.vpcs[place].place(attached.instance, attached.interface)
        else { return policy }
        guard attached.made != nil else {
            let former = policy.vpcs[place].instances[found.instance].interfaces[found.interface]
            policy.vpcs[place].instances[found.instance].interfaces[found.interface] = former.with(
                device: nil, mac: attached.ofPolicy)
            return policy
        }
        policy.vpcs[place].instances[found.instance].interfaces.remove(at: found.interface)
        if policy.vpcs[place].instances[found.instance].interfaces.isEmpty {
            policy.vpcs[place].instances.remove(at: found.instance)
        }
        return policy
    }
}

extension VPC {
    /// Where an interface stands.
    func place(_ instance: String, _ interface: String) -> (instance: Int, interface: Int)? {
        guard let owner = instances.firstIndex(where: { $0.name == instance }),
            let place = instances[owner].interfaces.firstIndex(where: { $0.name == interface })
        else { return nil }
        return (owner, place)
    }

    /// Sees to it that the groups are there; a ready-made one comes when it is named first.
    mutating func resolve(_ names: [String], project: String) throws(AttachFault) {
        for name in names where !groups.contains(where: { $0.name == name }) {
            guard let ready = ReadyMadeGroup(rawValue: name) else {
                throw .noGroup(name, vpc: self.name, known: groups.map(\.name))
            }
            groups.append(ready.group(project: project, vpc: self.name))
        }
        let kinds = Set(names.compactMap { name in groups.first { $0.name == name }?.isStateful })
        guard kinds.count < 2 else { throw .mixedGroups(names) }
    }
}

extension Interface {
    fileprivate func with(device: String?, mac: MACAddress?) -> Interface {
        Interface(
            id: id, name: name, subnet: subnet, addresses: addresses, prefixes: prefixes, pairs: pairs, mac: mac,
            device: device, project: project, projectName: projectName, groups: groups, mode: mode)
    }
}
