import Enforcement
import Host
import Model
import Netlink

/// Addresses that interfaces get by DHCP: learned from what a permitted server tells a guest, forgotten when they are over.
extension Agent {
    var leases: Leases { state.leases ?? Leases() }

    /// The policy in force with what was learned.
    var leasedPolicy: Policy { revision.policy.leasing(leases.present) }

    /// The interfaces that learn, by the number of their device, and what to call the devices.
    func leasePlaces() -> (places: [UInt32: LeasePlace], names: [UInt32: String]) {
        var places: [UInt32: LeasePlace] = [:]
        var names: [UInt32: String] = [:]
        for vpc in revision.policy.vpcs where vpc.subnets.contains(where: { $0.dhcp != nil }) {
            for instance in vpc.instances {
                for interface in instance.interfaces where vpc.learns(interface) {
                    guard let device = binding.devices[interface.id],
                        let subnet = vpc.subnets.first(where: { $0.name == interface.subnet })
                    else { continue }
                    places[device.number] = LeasePlace(
                        interface: interface.id, label: "\(instance.name)/\(interface.name)", mac: interface.mac,
                        prefixes: subnet.prefixes, servers: subnet.dhcp?.servers ?? [])
                    names[device.number] = device.name
                }
            }
        }
        return (places, names)
    }

    /// Takes what a server told a guest, or a guest a server.
    func note(_ message: DHCPMessage, on device: UInt32) throws {
        guard let place = claims.leases[device] else { return }
        let present = leases.lease(of: place.interface)
        if message.kind == .release, !message.isOfServer, let present, present.mac == message.client,
            message.address == present.address || message.address == IPAddress(ipv4: 0)
        {
            var next = leases
            next.end(of: place.interface)
            try put(next, moving: [present.address])
            configuration.tell("dhcp: \(present.address) was given back by \(place.label)")
            return
        }
        guard
            let lease = place.lease(message, now: SystemClock.realtime, isOwn: devices.isOwn),
            !configuration.gateways(of: revision.policy).contains(lease.address)
        else { return }
        if let present, present.address == lease.address, present.mac == lease.mac {
            var next = leases
            next.renew(lease)
            state.leases = next
            try attempt("state", saveState)
            return
        }
        let isTaken = heldPolicy.vpcs.flatMap(\.instances).flatMap(\.interfaces).contains {
            $0.id != place.interface
                && ($0.allAddresses.contains(lease.address) || $0.allPrefixes.contains { $0.contains(lease.address) })
        }
        problems.removeAll { $0.hasPrefix("dhcp: \(place.label): ") }
        guard !isTaken else {
            problems.append(
                "dhcp: \(place.label): NOT ENFORCED: \(lease.server) gave it \(lease.address), which another interface has; "
                    + "it is refused everything")
            return
        }
        var next = leases
        next.take(lease)
        try put(next, moving: [present?.address, lease.address].compactMap(\.self))
        let seconds =
            lease.expiresAt == .max ? "ever" : "\((lease.expiresAt - SystemClock.realtime) / 1_000_000_000 + 1) s"
        configuration.tell(
            "dhcp: \(lease.address) is that of \(place.label) (\(lease.mac)) for \(seconds), by \(lease.server)")
    }

    /// Forgets leases whose time is over.
    func endLeases() throws {
        let now = SystemClock.realtime
        let over = leases.all.filter { !$0.isOver && $0.expiresAt <= now }
        guard !over.isEmpty else { return }
        var next = leases
        for lease in over { next.end(of: lease.interface) }
        try put(next, moving: over.map(\.address))
        for lease in over { configuration.tell("dhcp: the time of \(lease.address) at \(lease.mac) is over") }
    }

    /// Puts leases in force. An address that comes or goes has no sessions of before, and what was counted for another is
    /// recorded for him.
    private func put(_ next: Leases, moving: [IPAddress]) throws {
        let former = leases
        let hadAny = moving.contains { former.formerHolder(of: $0) != nil }
        // Nobody's first, so that nothing is counted while it passes.
        if hadAny {
            let vacant = former.present.filter { !moving.contains($0.value) }
            let policy = revision.policy.leasing(vacant)
            _ = try enforce(
                try binding.plan(policy, claims: holders, counted: former.counted, indexes: &state.indexes))
        }
        try UnjudgedSessions(requests: sockets.requests, dumps: sockets.dumps).cutAll { moving.contains($0) }
        if hadAny {
            try attempt("window") { try closeWindow(early: true) }
            for address in moving {
                guard let before = former.formerHolder(of: address), let after = next.formerHolder(of: address),
                    before != after
                else { continue }
                try records.moveCounts(of: address, from: before, to: after)
            }
        }
        let policy = revision.policy.leasing(next.present)
        _ = try enforce(try binding.plan(policy, claims: holders, counted: next.counted, indexes: &state.indexes))
        state.epoch = enforcer.epoch
        state.leases = next
        try attempt("state", saveState)
        adoptInAttributor(at: SystemClock.realtime)
        connectDevices()
    }
}
