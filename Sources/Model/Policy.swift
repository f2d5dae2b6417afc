/// What a project wants of its networks: the desired state that one policy file describes.
package struct Policy: Hashable, Sendable, Codable {
    package let project: String
    /// Where it all is, as the names of things in flow logs say; nil is the host's own setting.
    package let region: String?
    package var vpcs: [VPC]
    package var collectors: [Collector]
    /// Which events are written into Neutron's log; nil writes all, as a host without a controller does.
    package var logs: [LogResource]?
    /// What is said of hosts' bridges; nil where nothing is.
    package var bridges: [BridgeSettings]?
    /// What must hold of it; nil where nothing is asserted.
    package var assertions: [PolicyAssertion]?
    /// The enterprise policy, in the order in which it is asked; nil where the policy says nothing of one.
    package var enterprise: [EnterpriseRule]?
    /// Where hosts ship what they record; nil where the policy says nothing of it.
    package var sinks: [Sink]?

    package init(
        project: String, region: String? = nil, vpcs: [VPC], collectors: [Collector] = [], logs: [LogResource]? = nil,
        bridges: [BridgeSettings]? = nil, assertions: [PolicyAssertion]? = nil, enterprise: [EnterpriseRule]? = nil,
        sinks: [Sink]? = nil
    ) {
        self.project = project
        self.region = region
        self.vpcs = vpcs
        self.collectors = collectors
        self.logs = logs
        self.bridges = bridges
        self.assertions = assertions
        self.enterprise = enterprise
        self.sinks = sinks
    }

    package static let empty = Policy(project: "default", vpcs: [])
}

extension Policy {
    /// The rules that the kernel knows by an index: those of groups, and those of network ACLs, both with the refusals by
    /// default that are asked before connection tracking; the enterprise policy's; and the refusals of observed interfaces.
    package var indexedRules: Set<Identifier<Rule>> {
        var ids = Set((enterprise ?? []).map(\.id))
        for vpc in observing().vpcs {
            for group in vpc.groups {
                ids.formUnion(group.rules.map(\.id))
                if !group.isStateful { ids.formUnion(Direction.allCases.map(group.defaultRefusal)) }
            }
            for acl in vpc.acls {
                ids.formUnion(acl.rules.map(\.id) + Direction.allCases.map(acl.defaultRefusal))
            }
        }
        return ids
    }
}

/// An isolated address space.
package struct VPC: Hashable, Sendable, Codable {
    package let id: Identifier<VPC>
    package let name: String
    package let prefixes: [IPPrefix]
    package var subnets: [Subnet]
    /// The network ACLs that subnets name.
    package var acls: [NetworkACL]
    /// The project's own groups, then the ready-made ones that are attached somewhere or named by a rule.
    package var groups: [SecurityGroup]
    package var instances: [Instance]
    /// Whether refusals at its interfaces are notes; nil enforces them.
    package var mode: JudgingMode?
    /// The paths of which sessions that are let through are recorded, in the order of `TrafficPath`; nil records all.
    package var collected: [TrafficPath]?

    package init(
        id: Identifier<VPC>, name: String, prefixes: [IPPrefix], subnets: [Subnet],
        acls: [NetworkACL] = [], groups: [SecurityGroup], instances: [Instance], mode: JudgingMode? = nil,
        collected: [TrafficPath]? = nil
    ) {
        self.id = id
        self.name = name
        self.prefixes = prefixes
        self.subnets = subnets
        self.acls = acls
        self.groups = groups
        self.instances = instances
        self.mode = mode
        self.collected = collected
    }
}

extension VPC {
    /// The network ACL of a subnet, by the subnet's name; nil where it has none, which lets everything through.
    package func acl(ofSubnet name: String) -> NetworkACL? {
        guard let acl = subnets.first(where: { $0.name == name })?.acl else { return nil }
        return acls.first { $0.name == acl }
    }

    /// Reads also what was written before there were network ACLs.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(Identifier<VPC>.self, forKey: .id),
            name: try container.decode(String.self, forKey: .name),
            prefixes: try container.decode([IPPrefix].self, forKey: .prefixes),
            subnets: try container.decode([Subnet].self, forKey: .subnets),
            acls: try container.decodeIfPresent([NetworkACL].self, forKey: .acls) ?? [],
            groups: try container.decode([SecurityGroup].self, forKey: .groups),
            instances: try container.decode([Instance].self, forKey: .instances),
            mode: try container.decodeIfPresent(JudgingMode.self, forKey: .mode),
            collected: try container.decodeIfPresent([TrafficPath].self, forKey: .collected))
    }
}

/// A part of a VPC's address space, of one family or both.
package struct Subnet: Hashable, Sendable, Codable {
    package let id: Identifier<Subnet>
    package let name: String
    package let prefixes: [IPPrefix]
    /// Name of its network ACL; nil lets everything through.
    package let acl: String?
    /// nil is the region's first zone.
    package let zone: String?
    /// nil where the policy gives every address.
    package let dhcp: SubnetDHCP?

    package init(
        id: Identifier<Subnet>, name: String, prefixes: [IPPrefix], acl: String? = nil, zone: String? = nil,
        dhcp: SubnetDHCP? = nil
    ) {
        self.id = id
        self.name = name
        self.prefixes = prefixes
        self.acl = acl
        self.zone = zone
        self.dhcp = dhcp
    }
}

/// A virtual server, container or machine.
package struct Instance: Hashable, Sendable, Codable {
    package let id: Identifier<Instance>
    package let name: String
    /// nil is that of its interface's subnet.
    package let zone: String?
    package var interfaces: [Interface]

    package init(id: Identifier<Instance>, name: String, zone: String? = nil, interfaces: [Interface]) {
        self.id = id
        self.name = name
        self.zone = zone
        self.interfaces = interfaces
    }
}

/// One virtual NIC of an instance, bound to one Linux device of its host.
package struct Interface: Hashable, Sendable, Codable {
    package let id: Identifier<Interface>
    package let name: String
    /// Name of the subnet, in the interface's VPC.
    package let subnet: String
    package let addresses: [IPAddress]
    /// Blocks that are its own as well, as those of pods behind a node: within or without the subnet.
    package let prefixes: [IPPrefix]
    /// What it may use besides.
    package let pairs: [AddressPair]
    /// The only source MAC let through; nil lets any through.
    package let mac: MACAddress?
    /// Name or altname of the Linux device on the host's side; nil while nobody has attached one.
    package let device: String?
    /// The project that owns it, where that is not the policy's.
    package let project: String?
    /// That project's name, where its id is not the name.
    package let projectName: String?
    /// Names of the groups attached, in the VPC of the interface, in the order of the file.
    package var groups: [String]
    /// Whether its refusals are notes; nil enforces them.
    package var mode: JudgingMode?

    package init(
        id: Identifier<Interface>, name: String, subnet: String, addresses: [IPAddress], prefixes: [IPPrefix] = [],
        pairs: [AddressPair] = [], mac: MACAddress?, device: String?, project: String? = nil,
        projectName: String? = nil, groups: [String], mode: JudgingMode? = nil
    ) {
        self.id = id
        self.name = name
        self.subnet = subnet
        self.addresses = addresses
        self.prefixes = prefixes
        self.pairs = pairs
        self.mac = mac
        self.device = device
        self.project = project
        self.projectName = projectName
        self.groups = groups
        self.mode = mode
    }

    /// The id of the rule that refuses everything in this direction while no group is attached.
    package func bareRefusal(_ direction: Direction) -> Identifier<Rule> {
        Identifier(derivedFrom: "bare-refusal", id.description, direction.rawValue)
    }
}
