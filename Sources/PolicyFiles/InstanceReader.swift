import Documents
import Model

/// Reads the instances of one VPC with their interfaces.
struct InstanceReader {
    let project: String
    let vpc: String
    private let subnets: [String: Subnet]
    private let subnetNames: [String]
    /// Knows afterwards which ready-made groups are attached.
    private(set) var groups: GroupReader
    private let claims: HostClaims

    init(
        project: String, vpc: String, subnets: [Subnet], subnetNames: [String], groups: GroupReader, claims: HostClaims
    ) {
        self.project = project
        self.vpc = vpc
        self.subnets = Dictionary(subnets.map { ($0.name, $0) }) { first, _ in first }
        self.subnetNames = subnetNames
        self.groups = groups
        self.claims = claims
    }

    mutating func read(_ list: FileValue?) -> [Instance] {
        var names = NameRegister(kind: "instance")
        var instances: [Instance] = []
        for value in list?.elements(of: "instances") ?? [] {
            guard let fields = value.fields(["name", "interfaces"]) else { continue }
            let name = names.read(fields)
            var interfaceNames = NameRegister(kind: "interface")
            var interfaces: [Interface] = []
            for value in fields["interfaces"]?.elements(of: "interfaces") ?? [] {
                let keys = ["name", "subnet", "address", "addresses", "pairs", "device", "groups", "mac", "observe"]
                guard let fields = value.fields(keys) else { continue }
                interfaces.append(readInterface(fields, named: interfaceNames.read(fields), of: name))
            }
            instances.append(
                Instance(
                    id: Identifier(derivedFrom: "instance", project, vpc, name), name: name, interfaces: interfaces))
        }
        return instances
    }

    private mutating func readInterface(_ fields: FileFields, named name: String, of instance: String) -> Interface {
        let owner = "\(instance)/\(name) of VPC \"\(vpc)\""
        let subnet = readSubnet(fields)
        let reader = AddressReader(claims: claims, subnet: subnet, owner: owner)
        // Of a subnet with DHCP the address may come with the lease.
        let learns = subnet?.dhcp != nil && fields["address"] == nil && fields["addresses"] == nil
        let own = learns ? .init() : fields.either("address", or: "addresses", "ADDRESS").map(reader.readOwn) ?? .init()
        return Interface(
            id: Identifier(derivedFrom: "interface", project, vpc, instance, name), name: name,
            subnet: subnet?.name ?? "", addresses: own.addresses, prefixes: own.prefixes,
            pairs: reader.readPairs(fields["pairs"]), mac: MACReader.read(fields["mac"]),
            device: readDevice(fields, owner: owner), groups: readGroups(fields["groups"]),
            mode: JudgingMode.read(fields["observe"]))
    }

    private func readSubnet(_ fields: FileFields) -> Subnet? {
        guard let value = fields.required("subnet", "NAME"), let name = value.text("a subnet's name") else {
            return nil
        }
        if let subnet = subnets[name] { return subnet }
        value.report(
            "there is no subnet \"\(name)\" in VPC \"\(vpc)\"",
            mend: Suggestion.mend(name, among: subnetNames, none: "define the subnet in VPC \"\(vpc)\""))
        return nil
    }

    /// Without one the interface waits until a device is attached to it.
    private mutating func readDevice(_ fields: FileFields, owner: String) -> String? {
        guard let value = fields["device"] else { return nil }
        guard let device = value.text("a device's name") else { return "" }
        if let fault = DeviceFault(device) { value.report(fault.message, mend: fault.mend) }
        if let earlier = claims.claim(device: device, by: owner) {
            value.report(
                "device \"\(device)\" is already that of \(earlier)", mend: "bind each interface to a device of its own"
            )
        }
        return device
    }

    private mutating func readGroups(_ list: FileValue?) -> [String] {
        var attached: [String] = []
        for value in list?.elements(of: "group names") ?? [] {
            guard let name = value.text("a group's name") else { continue }
            if attached.contains(name) {
                value.report("group \"\(name)\" is attached twice", mend: "remove one of them")
            } else if groups.resolve(name) {
                checkKind(value, name, attached)
                attached.append(name)
            } else {
                value.report("there is no group \"\(name)\" in VPC \"\(vpc)\"", mend: groups.mend(name))
            }
        }
        return attached
    }

    /// An interface's groups are of one kind: half of a session cannot go on by itself.
    private func checkKind(_ value: FileValue, _ name: String, _ attached: [String]) {
        let kinds = [true: "stateful", false: "stateless"]
        guard let first = attached.first, groups.isStateful(first) != groups.isStateful(name),
            let kind = kinds[groups.isStateful(name)], let firstKind = kinds[groups.isStateful(first)]
        else { return }
        value.report(
            "group \"\(name)\" is \(kind), group \"\(first)\" of the same interface is \(firstKind)",
            mend: "attach groups of one kind")
    }
}
