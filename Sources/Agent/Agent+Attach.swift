import Host
import Link
import Model
import Netlink

/// Devices that come and go beside the policy file: attached to interfaces, and taken from them.
extension Agent {
    /// Makes a device an interface's: in the kernel when this returns, or nothing is changed.
    func attach(_ request: DeviceAttachRequest, actor: String) throws -> ControlResponse {
        guard revision.notes == nil, configuration.binder == nil else { return try attachGoverned(request) }
        try listen()
        guard let device = devices.device(request.device) else { return .noDevice(request.device) }
        let wanted = try AttachChoice(request, revision.policy, attached).attached(number: device.number)
        let former = attached.first { $0.isOf(wanted.vpc, wanted.instance, wanted.interface) }
        if former == wanted, let receipt = state.receipt { return .receipt(receipt) }
        let base = former.map(revision.policy.detaching) ?? revision.policy
        let policy = try base.attaching(wanted)
        let outlook = try outlook(policy)
        let label = "\(wanted.vpc): \(wanted.instance)/\(wanted.interface)"
        if let fault = outlook.notEnforced.first(where: { $0.label == label }) {
            throw AttachFault.notEnforced(fault.line)
        }
        let kept = attached.filter { $0 != former } + [wanted]
        return .receipt(try adopt(policy, attached: kept, actor: actor, origin: "attach"))
    }

    /// Takes an interface's device away; the device is refused everything until it is gone.
    func detach(instance: String, interface: String, vpc: String?, actor: String) throws -> ControlResponse {
        guard revision.notes == nil, configuration.binder == nil else {
            return try detachGoverned(instance: instance, interface: interface, vpc: vpc)
        }
        let label = "\(instance)/\(interface)"
        let found = attached.filter {
            $0.instance == instance && $0.interface == interface && (vpc == nil || $0.vpc == vpc)
        }
        guard let former = found.first else { throw AttachFault.notAttached(label) }
        guard found.count == 1 else { throw AttachFault.whichVPC(found.map(\.vpc)) }
        return .receipt(
            try adopt(
                revision.policy.detaching(former), attached: attached.filter { $0 != former }, actor: actor,
                origin: "detach"))
    }

    /// Devices that are attached at present.
    var attached: [AttachedDevice] { state.attached ?? [] }

    /// A policy file's policy with what is attached beside it.
    func withAttached(_ policy: Policy) throws -> (policy: Policy, attached: [AttachedDevice]) {
        var result = policy
        var kept: [AttachedDevice] = []
        for device in attached {
            // The file may name now what was made before.
            let named = policy.vpcs.first { $0.name == device.vpc }.flatMap { vpc in
                vpc.place(device.instance, device.interface).map { vpc.instances[$0.instance].interfaces[$0.interface] }
            }
            let isNamed = named != nil
            let present = AttachedDevice(
                vpc: device.vpc, instance: device.instance, interface: device.interface, device: device.device,
                number: device.number, mac: device.mac, ofPolicy: named?.mac, made: isNamed ? nil : device.made)
            guard isNamed || device.made != nil else { continue }
            result = try result.attaching(present)
            kept.append(present)
        }
        return (result, kept)
    }

    /// Ends what was attached to devices that are gone.
    func endAttachments() throws {
        let ended = attached.filter { devices.device($0.device)?.number != $0.number }
        guard !ended.isEmpty, revision.notes == nil else { return }
        let policy = ended.reduce(revision.policy) { $0.detaching($1) }
        _ = try adopt(
            policy, attached: attached.filter { !ended.contains($0) }, actor: "gatehouse-agent",
            origin: "device gone: \(ended.map(\.device).sorted().joined(separator: ", "))")
    }
}

/// Which interface a request means.
struct AttachChoice {
    private let request: DeviceAttachRequest
    private let policy: Policy
    private let attached: [AttachedDevice]

    init(_ request: DeviceAttachRequest, _ policy: Policy, _ attached: [AttachedDevice]) {
        self.request = request
        self.policy = policy
        self.attached = attached
    }

    func attached(number: UInt32) throws(AttachFault) -> AttachedDevice {
        if let (vpc, instance, interface) = try named() {
            let former = attached.first { $0.isOf(vpc.name, instance.name, interface.name) }
            let ofPolicy = former.map(\.ofPolicy) ?? interface.mac
            try check(interface, "\(instance.name)/\(interface.name)", ofPolicy: ofPolicy, isMade: former?.made != nil)
            return AttachedDevice(
                vpc: vpc.name, instance: instance.name, interface: interface.name, device: request.device,
                number: number, mac: request.mac ?? former?.mac, ofPolicy: ofPolicy,
                made: former?.made.map { made in
                    .init(
                        subnet: made.subnet, addresses: made.addresses, groups: request.groups ?? made.groups)
                })
        }
        guard let instance = request.instance else { throw .noInstance }
        guard let groups = request.groups, !request.addresses.isEmpty || !learningSubnets.isEmpty else {
            throw .noInterface("\(instance)/\(request.interface)")
        }
        // A pod is named by its namespace and its own name.
        for (name, what, longest) in [(instance, "an instance", 317), (request.interface, "an interface", 63)] {
            guard Self.isName(name, longest) else { throw .badName(name, what: what, longest: longest) }
        }
        let (vpc, subnet) = try home()
        return AttachedDevice(
            vpc: vpc.name, instance: instance, interface: request.interface, device: request.device, number: number,
            mac: request.mac, ofPolicy: nil,
            made: .init(subnet: subnet.name, addresses: request.addresses, groups: groups))
    }

    /// The interface of the policy: by instance and name, else by MAC.
    private func named() throws(AttachFault) -> (VPC, Instance, Interface)? {
        let all = policy.vpcs.filter { request.vpc == nil || $0.name == request.vpc }.flatMap { vpc in
            vpc.instances.flatMap { instance in instance.interfaces.map { (vpc, instance, $0) } }
        }
        if let name = request.vpc, !policy.vpcs.contains(where: { $0.name == name }) {
            throw .noVPC(name, known: policy.vpcs.map(\.name))
        }
        let byName = all.filter { $0.1.name == request.instance && $0.2.name == request.interface }
        guard byName.count < 2 else { throw .whichVPC(byName.map(\.0.name)) }
        if let found = byName.first { return found }
        let byMAC = all.filter { request.mac != nil && $0.2.mac == request.mac }
        guard byMAC.count < 2 else { throw .whichVPC(byMAC.map(\.0.name)) }
        return byMAC.first
    }

    /// What a request says of an interface of the policy must be what the policy says.
    private func check(
        _ interface: Interface, _ label: String, ofPolicy: MACAddress?, isMade: Bool
    ) throws(AttachFault) {
        if let mac = request.mac, let said = ofPolicy, said != mac {
            throw .differs(label, what: "mac", said: said.description, asked: mac.description)
        }
        if !request.addresses.isEmpty, Set(request.addresses) != Set(interface.addresses) {
            throw .differs(
                label, what: "addresses", said: Self.list(interface.addresses), asked: Self.list(request.addresses))
        }
        if let groups = request.groups, groups != interface.groups, !isMade {
            throw .differs(
                label, what: "groups", said: interface.groups.joined(separator: ", "),
                asked: groups.joined(separator: ", "))
        }
    }

    private static func list(_ addresses: [IPAddress]) -> String {
        addresses.map(\.description).joined(separator: ", ")
    }

    /// Subnets in which an interface learns its address.
    private var learningSubnets: [(VPC, Subnet)] {
        policy.vpcs.filter { request.vpc == nil || $0.name == request.vpc }.flatMap { vpc in
            vpc.subnets.filter { $0.dhcp != nil }.map { (vpc, $0) }
        }
    }

    /// The VPC and subnet that the addresses are in; without an address, the one where it comes by DHCP.
    private func home() throws(AttachFault) -> (VPC, Subnet) {
        if request.addresses.isEmpty {
            guard learningSubnets.count == 1 else {
                throw .whichSubnet(learningSubnets.map { "\($0.0.name)/\($0.1.name)" })
            }
            return learningSubnets[0]
        }
        let vpcs = policy.vpcs.filter { request.vpc == nil || $0.name == request.vpc }
        let homes = vpcs.compactMap { vpc in
            vpc.subnets.first { subnet in
                request.addresses.allSatisfy { address in subnet.prefixes.contains { $0.contains(address) } }
            }.map { (vpc, $0) }
        }
        if homes.isEmpty, vpcs.count == 1, let address = request.addresses.first {
            throw .notOfSubnet(address, vpc: vpcs[0].name)
        }
        guard homes.count == 1 else { throw .whichVPC(vpcs.map(\.name)) }
        return homes[0]
    }

    private static func isName(_ name: String, _ longest: Int) -> Bool {
        guard (1...longest).contains(name.utf8.count), let first = name.first, first.isASCII,
            first.isLetter || first.isNumber || first == "_"
        else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
    }
}
