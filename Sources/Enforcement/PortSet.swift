package import Attribution
package import Model

/// A set of the table of bridges' ports, by the devices that are such ports.
package enum PortSet: Hashable, Sendable {
    /// Devices that a policy names, wherever they hang.
    case ports
    /// Those of them whose interface is judged on the bridge.
    case bound
    /// The MAC that a port sends from; and ports that may send from any.
    case macs
    case anyMAC
    /// What a port sends from by the MAC of its own; and what by another, which its pairs name.
    case addresses(AddressFamily)
    case sourcesWithMAC(AddressFamily)
    case pairMACs
    /// What a port is sent.
    case targets(AddressFamily)
    /// What a port may claim by ARP though it may not have it yet: by its own MAC, and by another.
    case claimable
    case claimableWithMAC
    /// Ports whose guests are told their address, and the DHCP servers beyond the host that may.
    case learners
    case servers
    /// Addresses that ports have singly, which lie in nobody's block.
    case exact(AddressFamily)
    /// What a port may say by neighbour discovery that it has.
    case neighbours
    /// The number of the bridge that a port is judged on: see `BridgedSet.numbers`.
    case homes
    /// Addresses of ports that are in nobody's pairs: no other may claim them by ARP.
    case claims
    /// Addresses of everybody in a subnet.
    case broadcasts
    /// Ports of bridges that have interfaces.
    case parts
    /// Numbers of bridges that refuse whom nobody claims; their uplinks; their ports that nobody claims.
    case refusing
    case uplinks
    case strangers
    /// Devices with the frames that were dropped for a reason.
    case refused(PortRefusal)
    /// Port ► the list of its groups' rules for what it sends to many, and for what it is sent among many.
    case manySenders(epoch: Int)
    case manyTargets(epoch: Int)
    /// Present addresses of a group that such a rule names as a peer.
    case members(group: String, AddressFamily, epoch: Int)
    /// Ports with packets and bytes that they sent to many, and were sent among many.
    case manyEgressCounts
    case manyIngressCounts
    /// Devices that nobody claims, with the frames that were dropped for it.
    case unknownCounts
    /// Found in the kernel, and not one that this version makes.
    case unknown(String, isMap: Bool)

    package var text: String {
        switch self {
        case .ports: "ports"
        case .bound: "bound"
        case .macs: "macs"
        case .anyMAC: "any_mac"
        case .addresses(let family): "addresses_\(family.rawValue)"
        case .sourcesWithMAC(let family): "mac_sources_\(family.rawValue)"
        case .pairMACs: "pair_macs"
        case .targets(let family): "targets_\(family.rawValue)"
        case .learners: "dhcp_learners"
        case .servers: "dhcp_servers"
        case .claimable: "claimable"
        case .claimableWithMAC: "mac_claimable"
        case .exact(let family): "exact_\(family.rawValue)"
        case .neighbours: "neighbours"
        case .homes: "homes"
        case .claims: "claims"
        case .broadcasts: "broadcasts"
        case .parts: "parts"
        case .refusing: "refusing"
        case .uplinks: "uplinks"
        case .strangers: "strangers"
        case .refused(let kind): "refused_\(kind.rawValue.split(separator: "-").joined(separator: "_"))"
        case .manySenders(let epoch): "many_egress_\(epoch)"
        case .manyTargets(let epoch): "many_ingress_\(epoch)"
        case .members(let group, let family, let epoch): "members_\(family.rawValue)_\(group)_\(epoch)"
        case .manyEgressCounts: "many_egress_counts"
        case .manyIngressCounts: "many_ingress_counts"
        case .unknownCounts: "unknown_counts"
        case .unknown(let text, _): text
        }
    }

    static let lasting: [PortSet] =
        [
            .ports, .bound, .macs, .anyMAC, .neighbours, .homes, .claims, .broadcasts, .parts, .refusing, .uplinks,
            .strangers, .unknownCounts, .manyEgressCounts, .manyIngressCounts, .pairMACs, .claimable, .claimableWithMAC,
            .servers, .learners,
        ] + AddressFamily.allCases.flatMap { [.addresses($0), .sourcesWithMAC($0), .targets($0), .exact($0)] }
        + PortRefusal.allCases.map { .refused($0) }

    package var key: [KeyPart] {
        switch self {
        case .ports, .bound, .anyMAC, .parts, .uplinks, .strangers, .refused, .unknownCounts, .learners, .manySenders,
            .manyTargets, .manyEgressCounts, .manyIngressCounts:
            [.device]
        case .members(_, let family, _): [.address(family)]
        case .macs, .pairMACs: [.device, .mac]
        case .addresses(let family), .targets(let family): [.device, .address(family)]
        case .sourcesWithMAC(let family): [.device, .mac, .address(family)]
        case .claimable, .servers: [.device, .address(.ipv4)]
        case .claimableWithMAC: [.device, .mac, .address(.ipv4)]
        case .exact(let family): [.address(family)]
        case .neighbours: [.device, .word16]
        case .homes: [.device, .priority]
        case .claims, .broadcasts: [.address(.ipv4)]
        case .refusing: [.priority]
        case .unknown: []
        }
    }

    /// Whether it is a map that leads to chains.
    var leadsToChains: Bool {
        switch self {
        case .manySenders, .manyTargets, .unknown(_, true): true
        case .ports, .bound, .macs, .pairMACs, .anyMAC, .addresses, .sourcesWithMAC, .targets, .claimable,
            .claimableWithMAC, .servers, .learners, .exact, .neighbours, .homes, .claims, .broadcasts, .parts,
            .refusing,
            .uplinks, .strangers, .refused, .members, .manyEgressCounts, .manyIngressCounts, .unknownCounts,
            .unknown(_, false):
            false
        }
    }

    /// A device that nobody claims makes an element of itself.
    var size: Int? { if case .unknownCounts = self { 65_536 } else { nil } }

    var hasCounters: Bool {
        switch self {
        case .refused, .unknownCounts, .manyEgressCounts, .manyIngressCounts: true
        case .ports, .bound, .macs, .pairMACs, .anyMAC, .addresses, .sourcesWithMAC, .targets, .claimable,
            .claimableWithMAC, .servers, .learners, .exact, .neighbours, .homes, .claims, .broadcasts, .parts,
            .refusing,
            .uplinks, .strangers, .manySenders, .manyTargets, .members, .unknown:
            false
        }
    }

    /// See `SetName.decides`.
    var decides: Bool {
        switch self {
        case .manySenders, .manyTargets, .members: true
        case .ports, .bound, .macs, .pairMACs, .anyMAC, .addresses, .sourcesWithMAC, .targets, .claimable,
            .claimableWithMAC, .servers, .learners, .exact, .neighbours, .homes, .claims, .broadcasts, .parts,
            .refusing,
            .uplinks, .strangers, .refused, .manyEgressCounts, .manyIngressCounts, .unknownCounts, .unknown:
            false
        }
    }

    /// See `SetName.isKept`.
    var isKept: Bool {
        switch self {
        case .ports, .bound, .macs, .pairMACs, .anyMAC, .addresses, .sourcesWithMAC, .targets, .claimable,
            .claimableWithMAC, .servers, .learners, .exact, .neighbours, .homes, .claims, .broadcasts, .parts,
            .refusing,
            .uplinks, .strangers, .refused, .manyEgressCounts, .manyIngressCounts:
            true
        case .unknownCounts, .manySenders, .manyTargets, .members, .unknown: false
        }
    }
}
