package import Model

/// A set in which the kernel counts packets that no connection tracking entry counts.
///
/// Every set exists twice, as generation `a` and `b`. Rules write into one; the other stands still, is read, and is
/// emptied before the two change places. So each packet is counted in exactly one generation, and a generation can be
/// read again after a crash until its records are on disk. The sets are bounded: when one is full the packet goes to the
/// next coarser, so detail is lost and no packet is. A new element needs memory, which the kernel may not have at hand in
/// a flood: the coarsest sets have an element for each port from the start.
///
/// Keys have at most five components, because `nft list` of 1.0.6 cannot print more.
package struct CountingSet: Hashable, Sendable {
    /// What the packets of the set have met.
    package enum Meaning: Hashable, Sendable {
        /// Refused by the groups.
        case refused(Direction)
        /// Let out by a group of the sender on this host, then refused by the groups of the target.
        case refusedAfterEgress
        /// Refused before connection tracking: by a network ACL at the edge that the packet left or entered, or by the
        /// stateless groups of its sender or its target.
        case refusedAtEdge(Direction)
        /// Refused by the network ACL that the target's subnet has, or by the target's stateless groups, and sent by an
        /// interface of this host.
        case refusedAtEdgeInside
        /// Refused before connection tracking while the finer set was full.
        case coarseAtEdge
        /// Refused by the guard.
        case guarded(GuardRule, Direction)
        /// Accepted with a known session, but not counted by its entry: ICMP errors, a TCP answer's SYN sent again.
        case extra
        /// The SYN that opened a TCP session, sent again: accepted, and not counted by the session's entry.
        case resentOpening
        /// Refused by the groups while the finer set was full.
        case coarse(Direction)
        /// Went out of or into an interface while no finer set took it.
        case overflow(Verdict, Direction)
    }

    package let meaning: Meaning
    /// nil where the key holds no addresses.
    package let family: AddressFamily?
    /// Protocol that all packets of the set have, where the key does not say it.
    package let transport: TransportProtocol?
    /// The components of the key.
    package let columns: [PacketField]
    /// The name without its generation.
    package let name: String

    private init(
        _ name: String, _ meaning: Meaning, _ family: AddressFamily?, _ columns: [PacketField],
        transport: TransportProtocol? = nil
    ) {
        self.name = name
        self.meaning = meaning
        self.family = family
        self.columns = columns
        self.transport = transport
    }

    /// Elements that a set takes at most.
    package static let capacity = 65_536

    /// The two that every set has: generations take turns.
    package enum Half: String, Hashable, Sendable, CaseIterable {
        case a
        case b

        package init(generation: UInt32) { self = generation % 2 == 0 ? .a : .b }
    }

    package func name(_ half: Half) -> String { "\(name)_\(half)" }

    /// A name stands for one set.
    package static func == (lhs: CountingSet, rhs: CountingSet) -> Bool { lhs.name == rhs.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    // MARK: The sets, by what they count

    /// Refusals of protocols with ports.
    package static func refusedPorts(_ direction: Direction, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "refused_\(direction)_\(family.rawValue)p", .refused(direction), family,
            [.source(family), .target(family), .transport, .sourcePort, .targetPort])
    }

    /// Refusals of all other protocols.
    package static func refusedPlain(_ direction: Direction, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "refused_\(direction)_\(family.rawValue)q", .refused(direction), family,
            [.source(family), .target(family), .transport, .typeAndCode])
    }

    package static func coarse(_ direction: Direction, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "coarse_\(direction)_\(family.rawValue)", .coarse(direction), family,
            [.source(family), .target(family), .transport, .targetPort])
    }

    /// Opening SYNs that were sent again.
    package static func resentOpening(_ family: AddressFamily) -> CountingSet {
        CountingSet(
            "resent_\(family.rawValue)", .resentOpening, family,
            [.source(family), .target(family), .sourcePort, .targetPort, .mark],
            transport: .tcp)
    }

    /// By device alone. Rules do not make its elements: a lookup that finds one counts.
    package static func overflow(_ verdict: Verdict, _ direction: Direction) -> CountingSet {
        CountingSet(
            "overflow_\(verdict)_\(direction)", .overflow(verdict, direction), nil,
            [direction == .egress ? .inputDevice : .outputDevice])
    }

    /// Whether the set has an element for each port from the start.
    package var isPerPort: Bool { if case .overflow = meaning { true } else { false } }

    /// Whether a new key is told as an event, once a minute: the sets of refusals that name one sender or target.
    package var isTold: Bool {
        switch meaning {
        case .refused, .refusedAtEdge, .guarded: true
        case .refusedAfterEgress, .refusedAtEdgeInside, .coarseAtEdge, .extra, .resentOpening, .coarse, .overflow:
            false
        }
    }

    package static let perPort: [CountingSet] = all.filter(\.isPerPort)

    /// Sessions within the host that the target's end refused; `transport` nil is all but TCP and UDP.
    package static func refusedInside(_ family: AddressFamily, _ transport: TransportProtocol?) -> CountingSet {
        let letter = transport.map { $0 == .tcp ? "t" : "u" } ?? "q"
        return CountingSet(
            "inside_\(family.rawValue)\(letter)", .refusedAfterEgress, family,
            transport == nil
                ? [.source(family), .target(family), .transport, .typeAndCode, .mark]
                : [.source(family), .target(family), .sourcePort, .targetPort, .mark], transport: transport)
    }

    /// Refusals before connection tracking; `transport` nil is all but TCP and UDP. The mark says which rule.
    package static func refusedAtEdge(
        _ direction: Direction, isInside: Bool, _ family: AddressFamily, _ transport: TransportProtocol?
    ) -> CountingSet {
        let letter = transport.map { $0 == .tcp ? "t" : "u" } ?? "q"
        return CountingSet(
            "acl_\(isInside ? "inside" : direction.rawValue)_\(family.rawValue)\(letter)",
            isInside ? .refusedAtEdgeInside : .refusedAtEdge(direction), family,
            transport == nil
                ? [.source(family), .target(family), .transport, .typeAndCode, .packetMark]
                : [.source(family), .target(family), .sourcePort, .targetPort, .packetMark], transport: transport)
    }

    package static let coarseAtEdge = CountingSet(
        "coarse_acl", .coarseAtEdge, nil, [.inputDevice, .outputDevice, .packetMark])

    /// The ways in which packets are refused before connection tracking, each with sets of its own.
    package static let edgeCases: [(direction: Direction, isInside: Bool)] = [
        (.egress, false), (.ingress, false), (.ingress, true),
    ]

    /// Accepted packets beside the entry's count; `transport` is TCP or nil for ICMP.
    package static func extra(_ family: AddressFamily, _ transport: TransportProtocol?) -> CountingSet {
        CountingSet(
            "extra_\(family.rawValue)\(transport == nil ? "q" : "t")", .extra, family,
            transport == nil
                ? [.source(family), .target(family), .transport, .typeAndCode, .mark]
                : [.source(family), .target(family), .sourcePort, .targetPort, .mark], transport: transport)
    }

    /// Refusals by the guard, of protocols with ports or of all others. A source that cannot be believed does not say
    /// which interface it was: there the device is in the key.
    package static func guarded(
        _ rule: GuardRule, _ direction: Direction, _ family: AddressFamily, withPorts: Bool
    ) -> CountingSet {
        let word = rule.rawValue.split(separator: "-").joined(separator: "_")
        let hasTrueSource = direction == .ingress || rule == .invalid || rule == .untracked
        let columns: [PacketField] =
            hasTrueSource
            ? [.source(family), .target(family), .transport]
                + (withPorts ? [.sourcePort, .targetPort] : [.typeAndCode])
            : [.inputDevice, .source(family), .target(family), .transport]
                + (withPorts ? [.targetPort] : rule == .linkUpkeep ? [.typeAndCode] : [])
        return CountingSet(
            "guard_\(word)_\(direction)_\(family.rawValue)\(withPorts ? "p" : "q")", .guarded(rule, direction), family,
            columns)
    }

    /// The guard's reasons and the direction in which each can strike.
    package static let guardCases: [(rule: GuardRule, direction: Direction)] = [
        (.spoof, .egress), (.dhcpServer, .egress), (.routerAdvertisement, .egress), (.invalid, .egress),
        (.invalid, .ingress), (.untracked, .egress), (.untracked, .ingress), (.linkUpkeep, .egress),
        (.linkUpkeep, .ingress), (.impostor, .ingress), (.headers, .egress), (.headers, .ingress),
    ]

    /// Every set, in the order in which they are made and read.
    package static let all: [CountingSet] = {
        var sets: [CountingSet] = []
        for family in AddressFamily.allCases {
            for direction in Direction.allCases {
                sets += [refusedPorts(direction, family), refusedPlain(direction, family), coarse(direction, family)]
            }
            sets += [.tcp, .udp, nil].map { refusedInside(family, $0) }
            sets += [.tcp, nil].map { extra(family, $0) } + [resentOpening(family)]
            for edge in edgeCases {
                sets += [.tcp, .udp, nil].map { refusedAtEdge(edge.direction, isInside: edge.isInside, family, $0) }
            }
            for guardCase in guardCases {
                sets += [true, false].map { guarded(guardCase.rule, guardCase.direction, family, withPorts: $0) }
            }
        }
        sets.append(coarseAtEdge)
        return sets + Direction.allCases.flatMap { [overflow(.accept, $0), overflow(.drop, $0)] }
    }()
}
