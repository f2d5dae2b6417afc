package import Attribution
import Model

/// What a set holds, by its name.
extension SetName {
    /// What the elements of a map give.
    package enum Value: Hashable, Sendable {
        /// Nothing: it is a set.
        case none
        /// A verdict: to jump to a chain.
        case chain
        case number(KeyPart)
    }

    /// Who writes the elements.
    package enum Writer: Hashable, Sendable {
        /// We do, and nobody else.
        case enforcer
        /// The rules, as packets pass; an element goes after this many seconds where that is given.
        case packets(timeoutSeconds: Int?)
        /// We do, apart from any plan.
        case apart
    }

    /// The components of a key; those of an unknown set are not known.
    package var key: [KeyPart] {
        switch self {
        // nft 1.0.6 loses the chain that an interval of a single component leads to; one of two keeps it.
        case .ranges(let set, _): set.value == .chain ? set.key + set.key : set.key
        case .ports, .egressCounts, .ingressCounts, .profiles, .formerProfiles, .edgesLeft, .statelessSenders,
            .linkSourceRates:
            [.device]
        case .sources(let family), .targets(let family): [.device, .address(family)]
        case .linkSources: [.device, .address(.ipv6)]
        case .sourcesWithMAC(let family): [.device, .mac, .address(family)]
        case .generation, .refusals: [.mark]
        case .handshakes: [.connection]
        case .counting(let set, _), .seen(let set): set.columns.map(\.part)
        case .addresses(let family), .members(_, let family, _), .edgesEntered(let family, _),
            .statelessTargets(let family, _):
            [.address(family)]
        case .profileChains: [ProfileDispatch.holder.part]
        case .enterpriseList(_, let family, _, _): [.address(family)]
        case .enterprisePorts: [.transport, .port]
        case .bridged(let set): set.key
        case .port(let set): set.key
        case .unknown: []
        }
    }

    package var value: Value {
        switch self {
        case .ranges(let set, _): set.value
        case .ports, .sources, .sourcesWithMAC, .addresses, .targets, .egressCounts, .ingressCounts, .generation,
            .handshakes,
            .linkSources, .linkSourceRates, .counting, .seen, .members, .enterpriseList,
            .unknown(_, false):
            .none
        case .bridged(let set): set.givesNumbers ? .number(ProfileDispatch.holder.part) : .none
        case .port(let set): set.leadsToChains ? .chain : .none
        case .profiles, .formerProfiles: .number(ProfileDispatch.holder.part)
        case .profileChains, .edgesLeft, .edgesEntered, .statelessSenders, .statelessTargets, .refusals,
            .enterprisePorts, .unknown(_, true):
            .chain
        }
    }

    package var isMap: Bool { value != .none }

    package var writer: Writer {
        switch self {
        case .ranges(let set, _): set.writer
        case .ports, .sources, .sourcesWithMAC, .addresses, .targets, .egressCounts, .ingressCounts, .members,
            .profiles,
            .profileChains,
            .formerProfiles, .edgesLeft, .edgesEntered, .statelessSenders, .statelessTargets, .refusals,
            .enterpriseList, .enterprisePorts:
            .enforcer
        case .counting(let set, _): set.isPerPort ? .enforcer : .packets(timeoutSeconds: nil)
        case .seen: .packets(timeoutSeconds: 60)
        case .bridged: .enforcer
        case .port(.unknownCounts): .packets(timeoutSeconds: nil)
        case .port(.unknown): .apart
        case .port: .enforcer
        // Longer than any entry lives that no answer but a SYN-ACK keeps alive.
        case .handshakes: .packets(timeoutSeconds: 600)
        case .linkSources, .linkSourceRates: .packets(timeoutSeconds: 3600)
        case .generation, .unknown: .apart
        }
    }

    /// The most elements; nil for no limit.
    package var size: Int? {
        switch self {
        case .ranges: nil
        case .ports, .egressCounts, .ingressCounts, .linkSources, .linkSourceRates: 65_536
        case .sources, .addresses, .targets: 131_072
        case .handshakes: 262_144
        case .counting, .seen: CountingSet.capacity
        case .bridged: nil
        case .port(let set): set.size
        case .sourcesWithMAC, .generation, .members, .profiles, .profileChains, .formerProfiles, .edgesLeft,
            .edgesEntered, .statelessSenders, .statelessTargets, .refusals, .enterpriseList, .enterprisePorts, .unknown:
            nil
        }
    }

    /// Whether each element counts the packets that find it.
    package var hasCounters: Bool {
        switch self {
        case .ranges(let set, _): set.hasCounters
        case .egressCounts, .ingressCounts, .counting: true
        case .bridged(let set): set.hasCounters
        case .port(let set): set.hasCounters
        case .ports, .sources, .sourcesWithMAC, .addresses, .targets, .generation, .handshakes, .linkSources,
            .linkSourceRates, .seen, .members, .profiles,
            .profileChains,
            .formerProfiles, .edgesLeft, .edgesEntered, .statelessSenders, .statelessTargets, .refusals,
            .enterpriseList,
            .enterprisePorts, .unknown:
            false
        }
    }

    /// Whether its elements decide verdicts, so that a change of them must not mix with others.
    ///
    /// Sources and counts need not: an interface comes and goes in whole. Chains of profiles are led to by numbers, which
    /// decide.
    package var decides: Bool {
        switch self {
        case .ranges(let set, _): set.decides
        case .members, .profiles, .edgesLeft, .edgesEntered, .statelessSenders, .statelessTargets, .refusals: true
        case .bridged(let set): set.decides
        case .port(let set): set.decides
        // A list or map of the enterprise policy has its name for what it holds: its elements never change.
        case .ports, .sources, .sourcesWithMAC, .addresses, .targets, .egressCounts, .ingressCounts, .generation,
            .handshakes,
            .linkSources, .linkSourceRates, .counting, .seen, .profileChains, .formerProfiles, .enterpriseList,
            .enterprisePorts, .unknown:
            false
        }
    }

    /// Whether a further element admits less, because it stands in packets' way.
    package var restricts: Bool {
        switch self {
        case .ranges(let set, _): set.restricts
        case .statelessSenders, .statelessTargets: true
        case .ports, .sources, .sourcesWithMAC, .addresses, .targets, .egressCounts, .ingressCounts, .generation,
            .handshakes,
            .linkSources, .linkSourceRates, .counting, .seen, .members, .profiles, .profileChains, .formerProfiles,
            .edgesLeft, .edgesEntered, .refusals, .enterpriseList, .enterprisePorts, .bridged, .port, .unknown:
            false
        }
    }

    /// Whether its keys are intervals.
    package var hasIntervals: Bool {
        switch self {
        case .ranges: true
        case .enterpriseList(_, _, let hasIntervals, _): hasIntervals
        default: false
        }
    }

    /// Whether elements stay until `tidy`: a packet may have been led to one just before.
    package var lingers: Bool { if case .profileChains = self { true } else { false } }

    /// Whether a table of an earlier process has the set under the same name with elements of ours, to be compared one by
    /// one when a plan is loaded.
    package var isKept: Bool {
        switch self {
        case .ranges(let set, let epoch): epoch == nil && set.isKept
        case .ports, .sources, .sourcesWithMAC, .addresses, .targets, .egressCounts, .ingressCounts: true
        case .counting(let set, _): set.isPerPort
        case .bridged(let set): set.isKept
        case .port(let set): set.isKept
        case .generation, .handshakes, .linkSources, .linkSourceRates, .seen, .members, .profiles, .profileChains,
            .formerProfiles, .edgesLeft,
            .edgesEntered, .statelessSenders, .statelessTargets, .refusals, .enterpriseList, .enterprisePorts, .unknown:
            false
        }
    }
}
