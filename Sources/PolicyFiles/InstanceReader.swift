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
                let keys = ["name", "subnet", "address", "addresses", "device", "groups", "mac"]
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
        let addresses = fields.either("address", or: "addresses", "ADDRESS").map {
            readAddresses($0, in: subnet, owner: owner)
        }
        return Interface(
            id: Identifier(derivedFrom: "interface", project, vpc, instance, name), name: name,
            subnet: subnet?.name ?? "", addresses: addresses ?? [], mac: readMAC(fields["mac"]),
            device: readDevice(fields, owner: owner), groups: readGroups(fields["groups"]))
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

    private mutating func readAddresses(_ value: FileValue, in subnet: Subnet?, owner: String) -> [IPAddress] {
        guard value.isList else {
            return readAddress(value, in: subnet, owner: owner).map { [$0] } ?? []
        }
        let elements = value.elements(of: "addresses")
        if elements.isEmpty { value.report("the list has no address", mend: "write at least one") }
        var addresses: [IPAddress] = []
        for element in elements {
            if let address = readAddress(element, in: subnet, owner: owner) { addresses.append(address) }
        }
        return addresses
    }

    private mutating func readAddress(_ value: FileValue, in subnet: Subnet?, owner: String) -> IPAddress? {
        guard let text = value.text("an address, as 10.1.1.10") else { return nil }
        guard let address = IPAddress(text) else {
            value.report("\"\(text)\" is not an address", mend: "write one as 10.1.1.10 or fd00:1::10")
            return nil
        }
        if let fault = AddressFault(address, in: subnet) {
            value.report(fault.message, mend: fault.mend)
        }
        if let earlier = claims.claim(address: address, by: owner) {
            value.report(
                "address \(address) is already that of \(earlier)",
                mend: "choose another; overlapping addresses of VPCs on one host are not supported yet")
        }
        return address
    }

    private func readMAC(_ value: FileValue?) -> MACAddress? {
        guard let value, let text = value.text("a MAC address") else { return nil }
        guard let mac = MACAddress(text) else {
            value.report("\"\(text)\" is not a MAC address", mend: "write six pairs of digits, as 02:00:0a:01:01:0a")
            return nil
        }
        // The lowest bit of the first byte marks a group of stations, which never sends.
        if mac.bits >> 40 & 1 == 1 || mac.bits == 0 {
            value.report("MAC address \(mac) is not one that a station sends from", mend: "write a unicast address")
        }
        return mac
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
