import Model

/// What the port stage asks for: a port is elements of these sets.
extension PortStage {
    mutating func fill(_ set: PortSet, _ elements: [Ruleset.Element]) {
        ruleset.sets[.port(set)] = Dictionary(elements.map { ($0, .nothing) }) { first, _ in first }
    }

    mutating func addPorts(_ plan: HostPlan, _ numbers: [String: UInt32]) {
        typealias Element = Ruleset.Element
        let bound = plan.ports.filter { $0.bridge != nil }
        let devices = plan.ports.map { Element.device($0.device) }
        fill(.ports, devices)
        for kind in PortRefusal.allCases { fill(.refused(kind), devices) }
        fill(.bound, bound.map { .device($0.device) })
        fill(.macs, bound.compactMap { port in port.mac.map { .joined(.device(port.device), .mac($0)) } })
        fill(.anyMAC, bound.filter { $0.mac == nil }.map { .device($0.device) })
        for port in bound { addAddresses(of: port) }
        addClaims(bound)
        fill(
            .neighbours,
            bound.flatMap { port in
                port.ownAddresses.filter { $0.family == .ipv6 }.map { .joined(.device(port.device), .word16($0)) }
            })
        fill(.broadcasts, plan.broadcasts.map { .address($0) })
        fill(
            .homes,
            bound.compactMap { port in
                port.bridge.flatMap { numbers[$0] }.map { .joined(.device(port.device), .priority($0)) }
            })
    }

    /// What a port may send from, and what it may be sent.
    private mutating func addAddresses(of port: HostPlan.Port) {
        typealias Element = Ruleset.Element
        let device = Element.device(port.device)
        let single = port.ownAddresses.map { IPPrefix($0) }
        if port.isTold { put(device, into: .learners) }
        for server in port.servers { add(IPPrefix(server), to: .servers, behind: device) }
        for prefix in single + port.ownPrefixes { add(prefix, to: .targets(prefix.family), behind: device) }
        for (mac, prefixes) in port.isHere ? port.sourcesByMAC : [:] {
            for prefix in prefixes {
                if mac == port.mac {
                    add(prefix, to: .addresses(prefix.family), behind: device)
                } else if let mac {
                    add(prefix, to: .sourcesWithMAC(prefix.family), behind: device, .mac(mac))
                }
            }
        }
    }

    /// What ports may claim by ARP though they may not have it, and what nobody else may.
    private mutating func addClaims(_ bound: [HostPlan.Port]) {
        typealias Element = Ruleset.Element
        for port in bound where port.isHere {
            let device = Element.device(port.device)
            for (mac, pairs) in Dictionary(grouping: port.pairs, by: { $0.mac ?? port.mac }) {
                let prefixes = pairs.map(\.prefix).filter { $0.family == .ipv4 }
                let all = prefixes.filter(\.isSingleAddress) + prefixes.filter { !$0.isSingleAddress }.widest
                guard let mac, mac != port.mac else {
                    for prefix in all { add(prefix, to: .claimable, behind: device) }
                    continue
                }
                put(.joined(device, .mac(mac)), into: .pairMACs)
                for prefix in all { add(prefix, to: .claimableWithMAC, behind: device, .mac(mac)) }
            }
        }
        let contested = Set(bound.flatMap { $0.pairs.map(\.prefix) })
        fill(
            .claims,
            bound.flatMap(\.ownAddresses).filter { address in
                address.family == .ipv4 && !contested.contains { $0.contains(address) }
            }.map { .address($0) })
        for family in AddressFamily.allCases {
            fill(.exact(family), bound.flatMap(\.ownAddresses).filter { $0.family == family }.map { .address($0) })
        }
    }

    private mutating func put(_ element: Ruleset.Element, into set: PortSet) {
        ruleset.sets[.port(set), default: [:]][element] = .nothing
    }

    /// Adds a block, or one address, to a set or to the set of its blocks.
    private mutating func add(_ prefix: IPPrefix, to set: PortSet, behind parts: Ruleset.Element...) {
        guard !prefix.isSingleAddress else { return put(.joined(parts + [.address(prefix.base)]), into: set) }
        ruleset.sets[.ranges(of: .port(set), epoch: nil), default: [:]][.joined(parts + [.block(prefix)])] = .nothing
    }

    mutating func addBridges(_ bridges: [HostPlan.Bridge], _ plan: HostPlan, _ numbers: [String: UInt32]) {
        let claimed = Set(plan.ports.map(\.device))
        let refusing = bridges.filter(\.refusesUnknown)
        fill(.parts, bridges.flatMap(\.members).map { .device($0) })
        fill(.refusing, refusing.compactMap { numbers[$0.name] }.map { .priority($0) })
        fill(.uplinks, refusing.flatMap(\.uplinks).map { .device($0) })
        fill(
            .strangers,
            refusing.flatMap { bridge in bridge.members.filter { !claimed.contains($0) && !bridge.uplinks.contains($0) }
            }
            .map { .device($0) })
        ruleset.sets[.port(.unknownCounts)] = [:]
    }
}
