import Attribution
import Capture
import Delivery
import Enforcement
import Host
import Link
import Model
import Netlink
import Spools

/// The host's devices: which of them interfaces are bound to, as they come and go.
extension Agent {
    /// Takes what the kernel tells of devices and routes.
    func listen() throws {
        let isWhole = try plumbing.listen { if devices.note($0) { areDevicesChanged = true } }
        if !isWhole { areDevicesUnknown = true }
        if areDevicesUnknown {
            areDevicesChanged = true
            try devices.readAll()
            areDevicesUnknown = false
        }
        if areDevicesChanged, configuration.enforces { try rebindDevices() }
    }

    func bind(_ policy: Policy) throws -> DeviceBinding {
        managementPath = try ManagementPath(to: configuration.servers(), devices.tables)
        return try DeviceBinding(
            policy, &devices, former: binding, limits: configuration.limits(of: policy, managementPath),
            served: revision.policy.gateways)
    }

    /// Binds interfaces anew when the way to the control plane has become another.
    func lookAtManagementPath() throws {
        guard try ManagementPath(to: configuration.servers(), devices.tables) != managementPath else { return }
        areDevicesChanged = true
    }

    /// Throws where two interfaces of a policy claim the same of this host; the former revision stays in force, and status
    /// says why.
    func refuseDoubleClaims(_ policy: Policy) throws {
        let conflicts = ClaimCheck(policy, devices).conflicts
        guard conflicts.isEmpty else { throw AgentError.claimedTwice(conflicts) }
    }

    /// What a policy's devices are here, and what it would leave behind.
    func outlook(_ policy: Policy) throws -> DeviceOutlook {
        try listen()
        try refuseDoubleClaims(policy)
        let found = try bind(policy)
        return DeviceOutlook(
            missing: found.missing, notEnforced: found.lines(Dictionary(policy.labels) { first, _ in first }),
            held: found.held.keys.filter { binding.held[$0] == nil }.sorted())
    }

    /// Interfaces that cannot be judged where they hang.
    var notEnforced: [NotEnforced] { binding.lines(Dictionary(revision.policy.labels) { first, _ in first }) }

    /// Lets go of a device that is refused everything.
    func release(_ device: String) throws {
        try listen()
        var next = binding
        guard next.release(device) else {
            throw AgentError.notHeld(device, held: binding.held.keys.sorted())
        }
        try change(to: next)
    }

    /// Notices devices that came, went, were renamed or made anew under their name, or became part of another.
    func rebindDevices() throws {
        guard areDevicesChanged else { return }
        let found = try bind(revision.policy)
        guard found != binding else {
            areDevicesChanged = false
            return
        }
        let open = found.present.subtracting(binding.judged).sorted()
        let late = found.arrived(since: binding, in: revision.policy)
        // Of an interface whose device got another name, sessions went on unseen.
        let left = Set(binding.devices.keys).subtracting(found.devices.keys)
        // What fails is tried again a second later.
        try change(to: found)
        areDevicesChanged = false
        if !late.isEmpty {
            try noteUnguarded(
                "until the device was noticed, network ACLs and stateless groups were not asked about what arrived at "
                    + late.joined(separator: ", "), devices: late)
        }
        if !open.isEmpty {
            try noteUnguarded(
                "devices got names that no rule knew: \(open.joined(separator: ", "))", devices: open, of: left)
        }
        try noteNotEnforced(since: unguarded.lastWell)
    }

    private func change(to next: DeviceBinding) throws {
        let former = binding
        let plan = try next.plan(leasedPolicy, claims: holders, counted: leases.counted, indexes: &state.indexes)
        let bound = Set(next.devices.keys)
        let nextOwnership = Ownership(revision.policy, interfaces: bound)
        let isMoving = ownership.differs(from: nextOwnership, for: former.devices.keys)
        // Whoever is to be refused is refused first.
        if next.judged != former.judged || next.present != former.present || next.bridges != former.bridges {
            _ = try enforce(plan)
        }
        if isMoving { try attempt("window") { try closeWindow(early: true) } }
        (binding, ownership) = (next, nextOwnership)
        state.epoch = enforcer.epoch
        try attempt("state", saveState)
        try attempt("bindings") {
            try bindings.note(bound, at: try beginOwnership())
        }
        learnRevision(at: SystemClock.realtime, former: former)
        if isMoving { wakeDelivery() }
        try cutUnjudged(bound.subtracting(former.devices.keys))
    }

    /// Interfaces that rules judge, whether their device is there or not.
    var judgedInterfaces: Set<Identifier<Interface>> { Set(binding.names.keys) }

    func learnRevision(at instant: Int64, former: DeviceBinding) {
        catalogue.learn(revision)
        for device in binding.held.keys { catalogue.learn(held: device) }
        events.log.learn(catalogue, revision)
        adoptInAttributor(at: instant)
        tellUntrackedPorts()
        let gone = Set(former.routed.values.map(\.name)).subtracting(binding.routed.values.map(\.name))
        connectDevices(obsolete: Array(gone))
        handOverBridges()
        listenForClaims()
    }

    func adoptInAttributor(at instant: Int64) {
        var ports: [(port: Attributor.Port, addresses: [IPAddress], deviceNumber: UInt32)] = []
        let names = binding.names
        var blocks: [Identifier<Interface>: [IPPrefix]] = [:]
        var collections: [Identifier<Interface>: TrafficCollection] = [:]
        for vpc in heldPolicy.vpcs {
            for interface in vpc.instances.flatMap(\.interfaces) {
                guard let name = names[interface.id] else { continue }
                let number =
                    binding.devices[interface.id]?.number ?? binding.notEnforced[interface.id]?.device.number
                if number != nil, !interface.allPrefixes.isEmpty { blocks[interface.id] = interface.allPrefixes }
                collections[interface.id] = TrafficCollection(vpc, subnet: interface.subnet)
                // Until its device is there the addresses may be another host's.
                ports.append(
                    (
                        .init(interface, device: name, groups: vpc.groups), number == nil ? [] : interface.allAddresses,
                        number ?? 0
                    ))
            }
        }
        for (device, number) in binding.held { ports.append((.init(held: device), [], number)) }
        let indexes = state.indexes
        records.recorder.attributor = records.recorder.attributor.adopting(
            revision: revision.number, at: state.history.first { $0.value == revision.number }?.key ?? instant,
            ports: ports, blocks: blocks, enterprise: revision.policy.enterprise ?? [], collections: collections,
            ruleCount: 65_536 - (Direction.allCases.map(indexes.remaining).min() ?? 0),
            ruleAt: indexes.rule)
    }

    func connectDevices(obsolete: [String] = []) {
        guard configuration.connectsDevices, configuration.enforces else { return }
        var ports: [Plumbing.Port] = []
        let routed = binding.routed
        for vpc in heldPolicy.vpcs {
            let subnets = Dictionary(vpc.subnets.map { ($0.name, $0.prefixes) }) { first, _ in first }
            for interface in vpc.instances.flatMap(\.interfaces) {
                guard let device = routed[interface.id] else { continue }
                ports.append(
                    .init(
                        device: device.name, addresses: interface.allAddresses, prefixes: interface.allPrefixes.widest,
                        mac: interface.mac, otherMACs: interface.otherMACs, subnet: subnets[interface.subnet] ?? []))
            }
        }
        let numbers = Dictionary(
            routed.values.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
        plumbing.connect(ports, numbers: numbers, obsolete: obsolete)
        tellPlumbing()
    }

    /// Says loudly which interfaces are not judged, and since when.
    func noteNotEnforced(since instant: Int64) throws {
        problems.removeAll { $0.hasPrefix("NOT ENFORCED: ") }
        problems += notEnforced.map { "NOT ENFORCED: \($0.line)" }
        for span in unguarded.noteOpen(binding.unjudged, since: instant) { try state(span) }
    }

    /// Notes a span that is over, in status and among the records.
    ///
    /// * `devices`: those that were unguarded; none for all.
    /// * `others`: interfaces that are concerned beside those of the devices.
    /// * `since`: the last moment at which all was known to be well, where that is not when rules were looked at last.
    func noteUnguarded(
        _ cause: String, devices: [String] = [], of others: Set<Identifier<Interface>> = [], since: Int64? = nil
    ) throws {
        try state(unguarded.note(cause, devices: devices, since: since), others)
    }

    private func state(_ span: UnguardedSpan, _ others: Set<Identifier<Interface>> = []) throws {
        configuration.tell("unguarded from \(span.since) to \(span.until ?? span.since): \(span.cause)")
        guard configuration.enforces else { return }
        let concerned = records.recorder.attributor.ports.filter {
            span.devices.isEmpty || span.devices.contains($0.device) || others.contains($0.interface)
        }.map(\.interface)
        try records.stateUnguarded(concerned, from: span.since, to: span.until ?? span.since)
        // Sessions that rules know went on, and conntrack alone counted them.
        records.expectLoss(concerned, .unguarded)
    }
}

extension AgentConfiguration {
    /// Addresses that the host answers for as gateways of a policy's subnets.
    func gateways(of policy: Policy) -> Set<IPAddress> {
        connectsDevices ? policy.gateways : []
    }

    func limits(of policy: Policy, _ path: ManagementPath) -> BindingLimits {
        BindingLimits(gateways: gateways(of: policy), neverBound: neverBound, path: path)
    }
}

extension DeviceBinding {
    func plan(
        _ policy: Policy, claims: [IPAddress: AddressHolder], counted: [Identifier<Interface>: [IPAddress]],
        indexes: inout RuleIndexes
    ) throws(EnforcementError) -> HostPlan {
        // Also of rules that wait for their hour: names come before marks.
        for rule in policy.enterprise ?? [] where rule.action != .allow {
            _ = try indexes.index(of: rule.id, rule.direction)
        }
        return try HostPlan(
            policy.inForce(at: Timestamp(nanoseconds: SystemClock.realtime)), devices: names,
            awaited: Set(awaited.keys), held: held.keys.sorted(), bridges: bridges,
            claims: claims, counted: counted, indexes: &indexes)
    }

    /// Names of devices that rules judge or refuse.
    var judged: Set<String> { Set(names.values).union(held.keys) }

    /// Those of them that are there.
    var present: Set<String> { judged.subtracting(awaited.values).subtracting(held.filter { $0.value == 0 }.keys) }

    /// Devices that came, of interfaces for which each packet that arrives is asked for by its address.
    func arrived(since former: DeviceBinding, in policy: Policy) -> [String] {
        policy.vpcs.flatMap { vpc in
            vpc.instances.flatMap(\.interfaces).compactMap { interface in
                guard let device = devices[interface.id], former.awaited[interface.id] != nil else { return nil }
                let hasACL = vpc.acl(ofSubnet: interface.subnet).map { !$0.allowsAll } ?? false
                let isStateless = interface.groups.contains { name in
                    vpc.groups.contains { $0.name == name && !$0.isStateful }
                }
                return hasACL || isStateless ? device.name : nil
            }
        }.sorted()
    }

    /// What passes unjudged, by device, in words.
    var unjudged: [String: String] {
        var found: [String: String] = [:]
        for entry in notEnforced.values where entry.reason.leavesOpen {
            found[entry.device.name] = entry.reason.words(entry.device.name)
        }
        return found
    }

    func lines(_ labels: [Identifier<Interface>: String]) -> [NotEnforced] {
        notEnforced.map { interface, entry in
            NotEnforced(
                interface: interface, label: labels[interface] ?? interface.description, device: entry.device.name,
                reason: entry.reason.words(entry.device.name))
        }.sorted { ($0.label, $0.device) < ($1.label, $1.device) }
    }
}

extension Policy {
    /// Each interface as a person knows it: `shop: web-1/eth0`.
    fileprivate var labels: [(Identifier<Interface>, String)] {
        vpcs.flatMap { vpc in
            vpc.instances.flatMap { instance in
                instance.interfaces.map { ($0.id, "\(vpc.name): \(instance.name)/\($0.name)") }
            }
        }
    }
}
