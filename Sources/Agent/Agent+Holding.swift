import Enforcement
import Host
import Model
import Netlink

/// What interfaces have at present of what several may use.
extension Agent {
    /// Who has what, as far as it is known.
    var holders: [IPAddress: AddressHolder] { state.claims }

    /// The policy in force with what each interface has.
    var heldPolicy: Policy { leasedPolicy.holding(holders) }

    /// Listens on the devices where an address can be claimed that several may use.
    func listenForClaims() {
        guard configuration.enforces else { return }
        let interfaces = revision.policy.vpcs.flatMap(\.instances).flatMap(\.interfaces)
        // What one interface may use alone it has, whoever claims it.
        let blocks = Set(heldPolicy.vpcs.flatMap(\.instances).flatMap(\.interfaces).flatMap(\.allPrefixes))
        let contested = Set(interfaces.flatMap(\.pairs).map(\.prefix)).subtracting(blocks)
        var speakers: [UInt32: AddressClaims.Speaker] = [:]
        var names: [UInt32: String] = [:]
        var bridges: Set<String> = []
        for interface in contested.isEmpty ? [] : interfaces {
            let isOwner = interface.addresses.contains { address in contested.contains { $0.contains(address) } }
            guard isOwner || !interface.pairs.isEmpty, let device = binding.devices[interface.id] else { continue }
            speakers[device.number] = .interface(interface.id, interface.sources)
            names[device.number] = device.name
            if let bridge = binding.bridged[interface.id] { bridges.insert(bridge) }
        }
        let judged = Set(binding.names.values)
        let settings = Dictionary((revision.policy.bridges ?? []).map { ($0.name, $0) }) { first, _ in first }
        for bridge in devices.bridges where bridges.contains(bridge.name) {
            let isRefusing = settings[bridge.name]?.unknown == .refuse
            for part in devices.parts(of: bridge) where !judged.contains(part) && binding.held[part] == nil {
                // Who is refused everything is not believed either.
                if isRefusing, settings[bridge.name]?.uplinks.contains(part) != true { continue }
                guard let device = devices.device(part) else { continue }
                speakers[device.number] = .outsider
                names[device.number] = part
            }
        }
        let learning = leasePlaces()
        claims.listen(
            to: speakers, contested: contested.sorted { $0.base < $1.base }, leases: learning.places,
            devices: names.merging(learning.names) { first, _ in first })
        problems.removeAll { $0.hasPrefix("listening: ") }
        problems += claims.watch.problems.map { "listening: NOT ENFORCED: \($0)" }
        let labels = learning.places.values.map { "dhcp: \($0.label): " }
        problems.removeAll { problem in
            problem.hasPrefix("dhcp: ") && !labels.contains { problem.hasPrefix($0) }
        }
    }

    /// Takes what was claimed, and puts in force what is due.
    func hear(_ ready: ArraySlice<Bool>) throws {
        var heard: [(device: UInt32, frame: LinkFrame)] = []
        try claims.watch.drain(ready) { heard.append(($0, $1)) }
        let holders = heard.isEmpty ? [:] : holders
        for (device, frame) in heard {
            switch frame {
            case .claim(let address, let mac): claims.note(address, mac: mac, on: device, holders: holders)
            case .dhcp(let message): try note(message, on: device)
            }
        }
        let due = claims.takeDue()
        guard !due.isEmpty else { return }
        do {
            try hold(due)
        } catch {
            claims.putBack(due)
            throw error
        }
    }

    /// Gives addresses to those who claimed them.
    ///
    /// What passes from one to another is nobody's for a moment: its sessions end, and what was counted is recorded for the one
    /// who had it.
    private func hold(_ claimed: [IPAddress: AddressHolder]) throws {
        let next = admissible(holders.merging(claimed) { _, latter in latter })
        let (before, after) = (owners(of: claimed.keys, holders), owners(of: claimed.keys, next))
        let moving = before.filter { after[$0.key] != $0.value }
        if !moving.isEmpty {
            var vacant = next
            for address in moving.keys { vacant[address] = .nobody }
            _ = try enforce(
                try binding.plan(leasedPolicy, claims: vacant, counted: leases.counted, indexes: &state.indexes))
            try UnjudgedSessions(requests: sockets.requests, dumps: sockets.dumps).cutAll { moving[$0] != nil }
            try attempt("window") { try closeWindow(early: true) }
            for (address, former) in moving {
                if let latter = after[address] { try records.moveCounts(of: address, from: former, to: latter) }
            }
        }
        let plan = try binding.plan(leasedPolicy, claims: next, counted: leases.counted, indexes: &state.indexes)
        _ = try enforce(plan)
        state.epoch = enforcer.epoch
        state.holdings = next.map { address, holder in
            AgentState.Holding(address: address, interface: holder.interface)
        }.sorted { $0.address < $1.address }
        try attempt("state", saveState)
        adoptInAttributor(at: SystemClock.realtime)
        // Of guests on bridges nothing is routed.
        if !Set(before.values).union(after.values).isDisjoint(with: binding.routed.keys) { connectDevices() }
        for (address, holder) in claimed where before[address] != after[address] {
            let label =
                holder.interface.flatMap { catalogue.placement($0)?.label } ?? "nobody of this host"
            configuration.tell("claims: \(address) is had by \(label)")
        }
    }

    /// Who has each of the addresses.
    private func owners(
        of addresses: some Sequence<IPAddress>, _ holders: [IPAddress: AddressHolder]
    ) -> [IPAddress: Identifier<Interface>] {
        let wanted = Set(addresses)
        var owners: [IPAddress: Identifier<Interface>] = [:]
        for vpc in leasedPolicy.holding(holders).vpcs {
            for interface in vpc.instances.flatMap(\.interfaces) {
                for address in interface.allAddresses where wanted.contains(address) { owners[address] = interface.id }
            }
        }
        return owners
    }

    /// Claims of what pairs still name, and of blocks no more than an interface may have.
    private func admissible(_ claims: [IPAddress: AddressHolder]) -> [IPAddress: AddressHolder] {
        let pairs = revision.policy.vpcs.flatMap(\.instances).flatMap(\.interfaces).flatMap(\.pairs)
        let single = Set(pairs.compactMap(\.address))
        let blocks = pairs.filter { $0.address == nil }.map(\.prefix)
        var counts: [AddressHolder: Int] = [:]
        return claims.sorted { $0.key < $1.key }.reduce(into: [:]) { kept, claim in
            if !single.contains(claim.key) {
                guard blocks.contains(where: { $0.contains(claim.key) }),
                    counts[claim.value, default: 0] < AddressClaims.maximumPerInterface
                else { return }
                counts[claim.value, default: 0] += 1
            }
            kept[claim.key] = claim.value
        }
    }
}

extension AddressHolder {
    fileprivate var interface: Identifier<Interface>? { if case .interface(let id) = self { id } else { nil } }
}
