import Enforcement
import Host
import Model
import Netlink

/// Which of a policy's interfaces have their device on this host, and what becomes of devices that lost theirs.
///
/// A name that the policy gives is judged by its rules also while no such device is there, so that a guest is never open
/// while its device has not been noticed. A device that had an interface stays refused everything until it is gone, or is
/// released by name: that it is no longer named may be a mistake.
struct DeviceBinding: Equatable {
    struct Device: Equatable {
        let name: String
        let number: UInt32
    }

    /// Where an interface hangs that rules cannot judge there.
    struct Unfit: Equatable {
        let device: Device
        let reason: DeviceAttachment.Reason
        /// Whether its rules stand all the same.
        let isJudged: Bool
    }

    private(set) var devices: [Identifier<Interface>: Device] = [:]
    /// The bridge of each interface among `devices` that hangs on one.
    private(set) var bridged: [Identifier<Interface>: String] = [:]
    /// What rules must know of the host's bridges; nil while it never had one.
    private(set) var bridges: HostPlan.HostBridges?
    /// Interfaces that nobody has attached a device to.
    private(set) var unattached: Set<Identifier<Interface>> = []
    /// Interfaces whose device is not there, with the name that the policy gives it.
    private(set) var awaited: [Identifier<Interface>: String] = [:]
    private(set) var notEnforced: [Identifier<Interface>: Unfit] = [:]
    /// Devices that may neither send nor get anything, with their numbers; 0 where the device has not been seen yet.
    private(set) var held: [String: UInt32] = [:]

    init() {}

    /// * `held`: devices that an agent before this one held.
    init(held: [String: UInt32]) { self.held = held }

    /// Looks every interface's device up by name, then by altname.
    ///
    /// * `former`: what was bound and held before.
    /// * `served`: gateway addresses of the policy before, which the host may still have.
    init(
        _ policy: Policy, _ table: inout DeviceTable, former: DeviceBinding, limits: BindingLimits,
        served: Set<IPAddress> = []
    ) throws(NetlinkError) {
        var taken: Set<UInt32> = []
        let judgedBefore = former.judgedNumbers
        // A DHCP server wants the gateway's address on the device that it serves.
        let served = served.union(policy.gateways)
        for vpc in policy.vpcs {
            let subnets = Dictionary(vpc.subnets.map { ($0.name, $0.prefixes) }) { first, _ in first }
            let onBridge = BridgeLimits(vpc)
            for interface in vpc.instances.flatMap(\.interfaces) {
                guard let name = interface.device else {
                    unattached.insert(interface.id)
                    continue
                }
                let found = table.device(name)
                guard !limits.neverBound.contains(found?.name ?? name), !limits.neverBound.contains(name) else {
                    let device = Device(name: found?.name ?? name, number: found?.number ?? 0)
                    notEnforced[interface.id] = Unfit(device: device, reason: .neverBound, isJudged: false)
                    continue
                }
                guard let found else {
                    awaited[interface.id] = name
                    continue
                }
                let device = Device(name: found.name, number: found.number)
                guard taken.insert(found.number).inserted else {
                    notEnforced[interface.id] = Unfit(device: device, reason: .taken, isJudged: false)
                    continue
                }
                let fault = limits.fault(interface, subnet: subnets[interface.subnet] ?? []) {
                    !served.contains($0) && table.isOwn($0)
                }
                let attachment = onBridge.limit(
                    try table.attachment(of: found, gateways: served, path: limits.path), interface)
                bind(interface, to: device, attachment, fault, wasJudged: judgedBefore.contains(found.number))
            }
        }
        let bound = former.judgedDevices.map { ($0.name, $0.number) }
        for (name, number) in bound + former.held.map({ ($0.key, $0.value) }) {
            if limits.neverBound.contains(name) { continue }
            if number == 0 {
                let found = table.device(name)
                if found.map({ !taken.contains($0.number) }) ?? true { held[found?.name ?? name] = found?.number ?? 0 }
            } else if !taken.contains(number), let found = table.devices[number] {
                held[found.name] = number
            }
        }
        bridges = HostBridges.find(policy, table, bridged, former: former.bridges)
    }

    private mutating func bind(
        _ interface: Interface, to device: Device, _ attachment: DeviceAttachment, _ fault: DeviceAttachment.Reason?,
        wasJudged: Bool
    ) {
        let isOwnOfHost =
            switch attachment {
            case .own, .bridged, .notEnforceable(.part), .notEnforceable(.kind): false
            case .notEnforceable: !wasJudged
            }
        switch (attachment, fault) {
        case (_, .some(let fault)) where !isOwnOfHost:
            notEnforced[interface.id] = Unfit(device: device, reason: fault, isJudged: false)
            held[device.name] = device.number
        case (.own, _): devices[interface.id] = device
        case (.bridged(let bridge), _):
            devices[interface.id] = device
            bridged[interface.id] = bridge
        case (.notEnforceable(let reason), _):
            notEnforced[interface.id] = Unfit(
                device: device, reason: reason, isJudged: reason.isJudged(wasJudged: wasJudged))
        }
    }

    /// Lets a held device go; false where it is not held.
    mutating func release(_ device: String) -> Bool { held.removeValue(forKey: device) != nil }

    /// Forgets names that were held before a device of theirs was seen.
    mutating func forgetUnseen() { held = held.filter { $0.value != 0 } }

    /// Devices that are not there, by the names that the policy gives, in their order.
    var missing: [String] { awaited.values.sorted() }

    /// The devices whose packets rules judge, and names that are judged as soon as a device has them.
    var names: [Identifier<Interface>: String] {
        var names = devices.mapValues(\.name)
        for (interface, name) in awaited where name.utf8.count <= Self.longestName { names[interface] = name }
        for (interface, found) in notEnforced where found.isJudged { names[interface] = found.device.name }
        return names
    }

    /// Devices that are there and judged by an interface's rules.
    var judgedDevices: [Device] { Array(devices.values) + notEnforced.values.filter(\.isJudged).map(\.device) }

    /// Devices that the host routes to, by interface.
    var routed: [Identifier<Interface>: Device] {
        var found = devices.filter { bridged[$0.key] == nil }
        for (interface, unfit) in notEnforced where unfit.isJudged && unfit.reason.isRouted {
            found[interface] = unfit.device
        }
        return found
    }

    /// Devices that rules judge or refuse.
    private var judgedNumbers: Set<UInt32> {
        Set(judgedDevices.map(\.number)).union(held.values.filter { $0 != 0 })
    }

    /// `IFNAMSIZ` is 16 with its closing zero; longer ones are altnames.
    private static let longestName = 15
}
