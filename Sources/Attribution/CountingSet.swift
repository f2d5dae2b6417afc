package import Model

/// A set in which the kernel counts packets that no connection tracking entry counts.
///
/// Every set exists twice, as generation `a` and `b`. Rules write into one; the other stands still, is read, and is
/// emptied before the two change places. So each packet is counted in exactly one generation, and a generation can be
/// read again after a crash until its records are on disk. The sets are bounded: when one is full the packet goes to the
/// next coarser, so detail is lost and no packet is. A new element needs memory, which the kernel may not have at hand in
/// a flood: the coarsest sets have an element for each port from the start.
///
/// Keys have at most five components, because `nft list` of 1.0.6 cannot print more. Where a packet does not hold what a
/// component reads (its header is cut off, or there is none), the kernel makes no key: such packets go to a set of their
/// `bare` form.
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
        /// Refused by the guard, or let in by its own rule.
        case guarded(GuardRule, Direction)
        /// Sent to many by the host, and let in by a group: an entry of conntrack may stand for several devices.
        case admittedMany
        /// Sent to many by an interface on a bridge, or to it among many: let through by a group, whose index is in the key, or
        /// refused by all.
        case manyOnBridge(Direction, isAdmitted: Bool)
        /// Accepted with a known session, but not counted by its entry: a TCP answer's SYN sent again.
        case extra
        /// An ICMP error about a packet of a known session, which flies to one of its ends. The session's number is in the key.
        case error(to: SessionEnd)
        /// The same while the finer set was full.
        case coarseError(to: SessionEnd)
        /// The SYN that opened a TCP session, sent again: accepted, and not counted by the session's entry.
        case resentOpening
        /// The host's errors about packets of a known session that were too large to be sent on, by the end that sent them:
        /// each stands for such a packet, which the session's entry counted and no gate saw. The packet's length, of those that
        /// the error quotes, is in the key.
        case unsent(from: SessionEnd)
        /// Refused by the groups while the finer set was full.
        case coarse(Direction)
        /// Blocked by an enterprise rule, whose index is in the key.
        case blocked(Direction)
        /// Let out by a group of the sender on this host, then blocked by an enterprise rule at the target's end.
        case blockedAfterEgress
        /// Blocked by an enterprise rule while the finer sets were full.
        case coarseBlocked(Direction)
        /// Observed by an enterprise rule: what was told, and not counted.
        case observed(Direction)
        /// Went out of or into an interface while no finer set took it.
        case overflow(Overflow, Direction)
    }

    /// What became of packets that no finer set took.
    package enum Overflow: String, Hashable, Sendable, CaseIterable {
        case accepted = "accept"
        /// By groups or network ACLs.
        case refused = "drop"
        case guarded = "guard"
    }

    /// What of the transport's header is in a key.
    package enum Form: String, Hashable, Sendable, CaseIterable {
        /// Ports.
        case ports = "p"
        /// Type and code of ICMP, or the first two bytes of another protocol.
        case types = "t"
        /// Nothing.
        case bare = "b"
        /// Nothing, and the device that it leaves by: of what goes to many no address says whose it is.
        case many = "m"
    }

    /// The ends of a session, by who opened it.
    package enum SessionEnd: String, Hashable, Sendable, CaseIterable {
        case initiator
        case target
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

    package init(
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

    /// Refusals of packets that do not hold their transport's header.
    package static func refusedBare(_ direction: Direction, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "refused_\(direction)_\(family.rawValue)b", .refused(direction), family,
            [.source(family), .target(family), .transport])
    }

    /// Refusals of what the host sends to many, by the device that it leaves by.
    package static func refusedMany(_ family: AddressFamily, _ form: Form) -> CountingSet {
        CountingSet(
            "refused_many_\(family.rawValue)\(form.rawValue)", .refused(.ingress), family,
            [.outputDevice, .source(family), .target(family), .transport] + (form == .ports ? [.targetPort] : []))
    }

    /// What the host sends to many and groups let in, by the device that it leaves by.
    package static func admittedMany(_ family: AddressFamily) -> CountingSet {
        CountingSet(
            "admitted_many_\(family.rawValue)", .admittedMany, family,
            [.outputDevice, .source(family), .target(family), .transport, .mark])
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
    package static func overflow(_ kind: Overflow, _ direction: Direction) -> CountingSet {
        CountingSet(
            "overflow_\(kind.rawValue)_\(direction)", .overflow(kind, direction), nil,
            [direction == .egress ? .inputDevice : .outputDevice])
    }

    /// Whether the set has an element for each port from the start.
    package var isPerPort: Bool { if case .overflow = meaning { true } else { false } }

    /// Whether a new key is told as an event, once a minute: the sets of refusals that name one sender or target.
    package var isTold: Bool {
        switch meaning {
        case .refused, .refusedAtEdge, .guarded, .manyOnBridge, .blocked, .observed: true
        case .refusedAfterEgress, .refusedAtEdgeInside, .coarseAtEdge, .blockedAfterEgress, .coarseBlocked,
            .admittedMany, .extra, .error, .coarseError,
            .unsent,
            .resentOpening,
            .coarse, .overflow:
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

    /// The same of packets that do not hold their transport's header.
    package static func refusedInsideBare(_ family: AddressFamily) -> CountingSet {
        CountingSet(
            "inside_\(family.rawValue)b", .refusedAfterEgress, family,
            [.source(family), .target(family), .transport, .mark])
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

    /// The same of packets that do not hold their transport's header.
    package static func refusedAtEdgeBare(
        _ direction: Direction, isInside: Bool, _ family: AddressFamily
    ) -> CountingSet {
        CountingSet(
            "acl_\(isInside ? "inside" : direction.rawValue)_\(family.rawValue)b",
            isInside ? .refusedAtEdgeInside : .refusedAtEdge(direction), family,
            [.source(family), .target(family), .transport, .packetMark])
    }

    package static let coarseAtEdge = CountingSet(
        "coarse_acl", .coarseAtEdge, nil, [.inputDevice, .outputDevice, .packetMark])

    /// The ways in which packets are refused before connection tracking, each with sets of its own.
    package static let edgeCases: [(direction: Direction, isInside: Bool)] = [
        (.egress, false), (.ingress, false), (.ingress, true),
    ]

    /// Accepted packets of TCP beside the entry's count.
    package static func extra(_ family: AddressFamily) -> CountingSet {
        CountingSet(
            "extra_\(family.rawValue)t", .extra, family,
            [.source(family), .target(family), .sourcePort, .targetPort, .mark], transport: .tcp)
    }

    /// Accepted ICMP errors. Conntrack takes ICMP for IPv4 and ICMPv6 for IPv6, and nothing else.
    package static func error(to end: SessionEnd, _ family: AddressFamily, isCoarse: Bool) -> CountingSet {
        CountingSet(
            "\(isCoarse ? "coarse_" : "")error_to_\(end.rawValue)_\(family.rawValue)",
            isCoarse ? .coarseError(to: end) : .error(to: end), family,
            [.source(family), .target(family), .typeAndCode, .mark] + (isCoarse ? [] : [.notedConnection]),
            transport: family == .ipv4 ? .icmp : .icmpv6)
    }

    /// What the guard decided by itself. A source that cannot be believed does not say which interface it was, nor does the target of
    /// what is misrouted: there the device is in the key, and leaves no room for the source's port.
    package static func guarded(
        _ rule: GuardRule, _ direction: Direction, _ family: AddressFamily, _ form: Form
    ) -> CountingSet {
        let word = rule.rawValue.split(separator: "-").joined(separator: "_")
        let hasTrueSource = direction == .ingress || [.invalid, .untracked, .hopLimit, .misrouted].contains(rule)
        let hasTrueEnd = hasTrueSource && (rule != .misrouted || direction == .egress)
        let header: [PacketField] =
            switch form {
            case .ports: hasTrueEnd ? [.sourcePort, .targetPort] : [.targetPort]
            case .types: [.typeAndCode]
            case .bare, .many: []
            }
        return CountingSet(
            "guard_\(word)_\(direction)_\(family.rawValue)\(form.rawValue)", .guarded(rule, direction), family,
            (form == .many || hasTrueSource && !hasTrueEnd ? [.outputDevice] : hasTrueEnd ? [] : [.inputDevice]) + [
                .source(family), .target(family), .transport,
            ] + header)
    }

    package static func unsent(from end: SessionEnd, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "unsent_by_\(end.rawValue)_\(family.rawValue)", .unsent(from: end), family,
            [.initiator(family), .responder(family), .mark, .notedLength])
    }

    /// The forms that the guard's sets have: instances send to many as themselves.
    package static func forms(_ direction: Direction) -> [Form] {
        direction == .ingress ? Form.allCases : [.ports, .types, .bare]
    }

    /// The guard's reasons and the direction in which each can strike.
    package static let guardCases: [(rule: GuardRule, direction: Direction)] = [
        (.spoof, .egress), (.dhcpServer, .egress), (.routerAdvertisement, .egress), (.invalid, .egress),
        (.invalid, .ingress), (.untracked, .egress), (.untracked, .ingress), (.linkUpkeep, .egress),
        (.linkUpkeep, .ingress), (.impostor, .ingress), (.headers, .egress), (.headers, .ingress),
        (.hopLimit, .egress), (.misrouted, .egress), (.misrouted, .ingress), (.hostError, .ingress),
    ]

    /// Every set, in the order in which they are made and read.
    package static let all: [CountingSet] = {
        var sets: [CountingSet] = []
        for family in AddressFamily.allCases {
            for direction in Direction.allCases {
                sets += [
                    refusedPorts(direction, family), refusedPlain(direction, family), refusedBare(direction, family),
                    coarse(direction, family),
                ]
            }
            sets += [refusedMany(family, .ports), refusedMany(family, .many), admittedMany(family)]
            sets += [.tcp, .udp, nil].map { refusedInside(family, $0) } + [refusedInsideBare(family)]
            sets += [extra(family), resentOpening(family)]
            sets += SessionEnd.allCases.flatMap { end in
                [
                    error(to: end, family, isCoarse: false), error(to: end, family, isCoarse: true),
                    unsent(from: end, family),
                ]
            }
            for edge in edgeCases {
                sets += [.tcp, .udp, nil].map { refusedAtEdge(edge.direction, isInside: edge.isInside, family, $0) }
                sets.append(refusedAtEdgeBare(edge.direction, isInside: edge.isInside, family))
            }
            for guardCase in guardCases {
                sets += forms(guardCase.direction).map { guarded(guardCase.rule, guardCase.direction, family, $0) }
            }
        }
        sets.append(coarseAtEdge)
        return sets
            + Direction.allCases.flatMap { direction in Overflow.allCases.map { overflow($0, direction) } }
    }()
}
