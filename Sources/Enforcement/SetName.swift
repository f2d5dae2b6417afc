package import Attribution
package import Model
package import Netlink

/// A set or map of the table: its name says what its keys hold, where its elements lead, and who writes them.
package indirect enum SetName: Hashable, Sendable {
    /// Devices of the host's interfaces.
    case ports
    /// What a device may send from: where the interface has no MAC of its own, and where it has.
    case sources(AddressFamily)
    case sourcesWithMAC(AddressFamily)
    /// Addresses of the host's interfaces, which no other device may send from.
    case addresses(AddressFamily)
    /// What may leave by a device: the interface's own addresses.
    case targets(AddressFamily)
    /// Devices with packets and bytes that came from, and went to, their instances.
    case egressCounts
    case ingressCounts
    /// One element: the number of the counting sets' generation that rules write into.
    case generation
    /// TCP sessions that were answered.
    case handshakes
    /// Link-local addresses that a device sent from, and how often it comes with a further one.
    case linkSources
    case linkSourceRates
    case counting(CountingSet, CountingSet.Half)
    /// Keys that were told within the last minute.
    case seen(CountingSet)
    /// Present addresses of a group that rules name as a peer.
    case members(group: String, AddressFamily, epoch: Int)
    /// Device ► number of its profile, and number ► chain: see `ProfileDispatch`.
    case profiles(Direction, epoch: Int)
    case profileChains(Direction, epoch: Int)
    case formerProfiles(Direction, epoch: Int)
    /// Device ► edge of its subnet, and target's address ► edge of its subnet.
    case edgesLeft(epoch: Int)
    case edgesEntered(AddressFamily, epoch: Int)
    /// Device ► stateless profile, and target's address ► stateless profile.
    case statelessSenders(epoch: Int)
    case statelessTargets(AddressFamily, epoch: Int)
    /// Packet mark ► the chain of the rule that refused before connection tracking.
    case refusals(epoch: Int)
    /// Addresses that enterprise rules name, by a key that is made of them.
    case enterpriseList(String, AddressFamily, hasIntervals: Bool, epoch: Int)
    /// Protocol and port ► the enterprise rules of them, of a run of rules, by a key that is made of them.
    case enterprisePorts(String, epoch: Int)
    /// Of interfaces on bridges.
    case bridged(BridgedSet)
    /// In the table of bridges' ports.
    case port(PortSet)
    /// The blocks beside a set's single addresses (`RangedEnds`); with an epoch where the set is made anew with each.
    case ranges(of: SetName, epoch: Int?)
    /// Found in the kernel, and not one that this version makes.
    case unknown(String, isMap: Bool)

    /// The set of a generation.
    package static func counting(_ set: CountingSet, generation: UInt32) -> SetName {
        .counting(set, CountingSet.Half(generation: generation))
    }

    /// The name in the kernel.
    package var text: String {
        switch self {
        case .ports: "ports"
        case .sources(let family): "sources_\(family.rawValue)"
        case .sourcesWithMAC(let family): "mac_sources_\(family.rawValue)"
        case .addresses(let family): "addresses_\(family.rawValue)"
        case .targets(let family): "targets_\(family.rawValue)"
        case .egressCounts: "egress_counts"
        case .ingressCounts: "ingress_counts"
        case .generation: "generation"
        case .handshakes: "handshakes"
        case .linkSources: "link_sources"
        case .linkSourceRates: "link_source_rates"
        case .counting(let set, let half): set.name(half)
        case .seen(let set): "seen_\(set.name)"
        case .members(let group, let family, let epoch): "members_\(family.rawValue)_\(group)_\(epoch)"
        case .profiles(let direction, let epoch): "\(direction)_profiles_\(epoch)"
        case .profileChains(let direction, let epoch): "\(direction)_chains_\(epoch)"
        case .formerProfiles(let direction, let epoch): "\(direction)_former_\(epoch)"
        case .edgesLeft(let epoch): "edge_egress_\(epoch)"
        case .edgesEntered(let family, let epoch): "edge_ingress_\(family.rawValue)_\(epoch)"
        case .statelessSenders(let epoch): "stateless_egress_\(epoch)"
        case .statelessTargets(let family, let epoch): "stateless_ingress_\(family.rawValue)_\(epoch)"
        case .refusals(let epoch): "acl_verdicts_\(epoch)"
        case .enterpriseList(let key, let family, _, let epoch): "enterprise_\(family.rawValue)_\(key)_\(epoch)"
        case .enterprisePorts(let key, let epoch): "enterprise_ports_\(key)_\(epoch)"
        case .bridged(let set): set.text
        case .port(let set): set.text
        case .ranges(let set, let epoch): "\(set.text)_ranges\(epoch.map { "_\($0)" } ?? "")"
        case .unknown(let text, _): text
        }
    }

    /// The table that the set stands in.
    package var table: TableName {
        switch self {
        case .port: .ports
        case .ranges(let set, _): set.table
        case .counting(let set, _), .seen(let set): set.isOfPorts ? .ports : .gatehouse
        case .ports, .sources, .sourcesWithMAC, .addresses, .targets, .egressCounts, .ingressCounts, .generation,
            .handshakes, .linkSources, .linkSourceRates, .members, .profiles, .profileChains,
            .formerProfiles, .edgesLeft, .edgesEntered, .statelessSenders, .statelessTargets, .refusals, .bridged,
            .enterpriseList, .enterprisePorts, .unknown:
            .gatehouse
        }
    }

    /// The names without an epoch or a group: those that a table of an earlier process has as well.
    package static let lasting: [SetName] =
        [.ports, .egressCounts, .ingressCounts, .generation, .handshakes, .linkSources, .linkSourceRates]
        + AddressFamily.allCases.flatMap { [.sources($0), .sourcesWithMAC($0), .addresses($0), .targets($0)] }
        + (CountingSet.all + CountingSet.ofEnterprise + CountingSet.onBridges).flatMap { set in
            CountingSet.Half.allCases.map { .counting(set, $0) } + (set.isTold ? [.seen(set)] : [])
        } + CountingSet.ofObservations.map { .seen($0) } + BridgedSet.lasting.map { .bridged($0) }
        + PortSet.lasting.map { .port($0) } + lastingRanges

    private static let lastingRanges: [SetName] =
        AddressFamily.allCases.flatMap { family -> [SetName] in
            [
                .sources(family), .sourcesWithMAC(family), .targets(family), .bridged(.ends(family)),
                .bridged(.egressCounts(family)), .bridged(.ingressCounts(family)), .port(.addresses(family)),
                .port(.sourcesWithMAC(family)), .port(.targets(family)),
            ]
        }.map { .ranges(of: $0, epoch: nil) }
        + [.ranges(of: .port(.claimable), epoch: nil), .ranges(of: .port(.claimableWithMAC), epoch: nil)]

    private static let byText = names(in: .gatehouse)
    private static let byTextOfPorts = names(in: .ports)

    private static func names(in table: TableName) -> [String: SetName] {
        Dictionary(lasting.filter { $0.table == table }.map { ($0.text, $0) }) { first, _ in first }
    }

    /// The name that stands in a listing; those of sets that a later load replaces are `unknown`.
    init(listed text: String, isMap: Bool) { self = Self.byText[text] ?? .unknown(text, isMap: isMap) }

    /// The name that stands in a listing of the table of bridges' ports.
    init(listedOfPorts text: String, isMap: Bool) {
        self = Self.byTextOfPorts[text] ?? .port(.unknown(text, isMap: isMap))
    }

    /// The epoch at the end of a name that was found in the kernel, where one may stand there.
    var listedEpoch: Int? {
        guard case .unknown(let text, _) = self, let digits = text.split(separator: "_").last else { return nil }
        return UInt32(digits).map(Int.init)
    }
}
