/// Where an interface sits: the names and ids that a record's interface id stands for.
package struct Placement: Hashable, Sendable, Codable {
    package let interface: Identifier<Interface>
    package let interfaceName: String
    package let device: String
    package let addresses: [IPAddress]
    /// Blocks of addresses that are its own as well; nil where it has none.
    package let prefixes: [IPPrefix]?
    package let instance: Identifier<Instance>
    package let instanceName: String
    package let subnet: Identifier<Subnet>
    package let subnetName: String
    package let vpc: Identifier<VPC>
    package let vpcName: String
    /// The project's id; a policy file's is its name.
    package let project: String
    /// nil where it is not known.
    package let projectName: String?
    package let groups: [String]
    /// nil is the host's own setting.
    package let region: String?
    /// The subnet's zone; nil is the region's first.
    package let subnetZone: String?
    /// The instance's zone; nil is the region's first.
    package let instanceZone: String?

    package init(policy: Policy, vpc: VPC, instance: Instance, interface: Interface, subnet: Subnet) {
        self.interface = interface.id
        self.interfaceName = interface.name
        self.device = interface.device ?? ""
        self.addresses = interface.allAddresses
        let prefixes = interface.allPrefixes
        self.prefixes = prefixes.isEmpty ? nil : prefixes
        self.instance = instance.id
        self.instanceName = instance.name
        self.subnet = subnet.id
        self.subnetName = subnet.name
        self.vpc = vpc.id
        self.vpcName = vpc.name
        self.project = interface.project ?? policy.project
        self.projectName = interface.projectName ?? (interface.project == nil ? policy.project : nil)
        self.groups = interface.groups
        self.region = policy.region
        self.subnetZone = subnet.zone
        self.instanceZone = instance.zone ?? subnet.zone
    }

    /// A device that is held: it has an interface's place in books and logs, `held/tap0`, and nothing else of one.
    package init(held device: String) {
        self.interface = .held(device)
        self.interfaceName = device
        self.device = device
        self.addresses = []
        self.prefixes = nil
        self.instance = Identifier(derivedFrom: "held-instance")
        self.instanceName = "held"
        self.subnet = Identifier(derivedFrom: "held-subnet")
        self.subnetName = "held"
        self.vpc = Identifier(derivedFrom: "held")
        self.vpcName = "held"
        self.project = ""
        self.projectName = nil
        self.groups = []
        self.region = nil
        self.subnetZone = nil
        self.instanceZone = nil
    }

    /// Whether the address is one of its own.
    package func has(_ address: IPAddress) -> Bool {
        addresses.contains(address) || prefixes?.contains { $0.contains(address) } ?? false
    }

    /// `web-1/eth0`: unique in the VPC.
    package var label: String { "\(instanceName)/\(interfaceName)" }
}

extension Identifier<Interface> {
    /// Stands for a device that is held.
    package static func held(_ device: String) -> Self { Self(derivedFrom: "held-interface", device) }
}

extension Policy {
    /// The placement of every interface, in the order of the policy, with what it has before anybody claims anything.
    package var placements: [Placement] {
        holding().vpcs.flatMap { vpc in
            vpc.instances.flatMap { instance in
                instance.interfaces.compactMap { interface in
                    vpc.subnets.first { $0.name == interface.subnet }.map {
                        Placement(policy: self, vpc: vpc, instance: instance, interface: interface, subnet: $0)
                    }
                }
            }
        }
    }
}
