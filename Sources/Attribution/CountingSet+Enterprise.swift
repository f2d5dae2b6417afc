package import Model

/// The sets that are there beside `CountingSet.all` once a policy has had enterprise rules.
///
/// A session's first packet that a rule blocks bears a mark with the rule's index in the half of its direction, and in the other
/// half, of what was let out on this host, the index of the rule that did (`MarkLayout`).
extension CountingSet {
    /// Blocked by an enterprise rule at one end; `transport` nil is all but TCP and UDP.
    package static func blocked(
        _ direction: Direction, _ family: AddressFamily, _ transport: TransportProtocol?
    ) -> CountingSet {
        CountingSet(
            "blocked_\(direction)_\(family.rawValue)\(letter(transport))", .blocked(direction), family,
            columns(family, transport, .packetMark), transport: transport)
    }

    /// The same of packets that do not hold their transport's header.
    package static func blockedBare(_ direction: Direction, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "blocked_\(direction)_\(family.rawValue)b", .blocked(direction), family,
            [.source(family), .target(family), .transport, .packetMark])
    }

    /// The same of what the host sends to many, by the device that it leaves by.
    package static func blockedMany(_ family: AddressFamily) -> CountingSet {
        CountingSet(
            "blocked_many_\(family.rawValue)", .blocked(.ingress), family,
            [.outputDevice, .source(family), .target(family), .transport, .packetMark])
    }

    /// Sessions within the host that an enterprise rule blocked at the target's end; `transport` nil is all but TCP and UDP.
    package static func blockedInside(_ family: AddressFamily, _ transport: TransportProtocol?) -> CountingSet {
        CountingSet(
            "blocked_inside_\(family.rawValue)\(letter(transport))", .blockedAfterEgress, family,
            columns(family, transport, .packetMark), transport: transport)
    }

    /// The same of packets that do not hold their transport's header.
    package static func blockedInsideBare(_ family: AddressFamily) -> CountingSet {
        CountingSet(
            "blocked_inside_\(family.rawValue)b", .blockedAfterEgress, family,
            [.source(family), .target(family), .transport, .packetMark])
    }

    /// By the end's own address and the rule alone, where the finer sets are full.
    package static func coarseBlocked(_ direction: Direction, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "coarse_blocked_\(direction)_\(family.rawValue)", .coarseBlocked(direction), family,
            [direction == .egress ? .source(family) : .target(family), .packetMark])
    }

    /// Observed by an enterprise rule, whose index a rule has noted. Only what was told is kept of these: nothing is counted.
    package static func observed(
        _ direction: Direction, _ family: AddressFamily, _ transport: TransportProtocol?
    ) -> CountingSet {
        CountingSet(
            "observed_\(direction)_\(family.rawValue)\(letter(transport))", .observed(direction), family,
            columns(family, transport, .notedRule), transport: transport)
    }

    /// The same of packets that do not hold their transport's header.
    package static func observedBare(_ direction: Direction, _ family: AddressFamily) -> CountingSet {
        CountingSet(
            "observed_\(direction)_\(family.rawValue)b", .observed(direction), family,
            [.source(family), .target(family), .transport, .notedRule])
    }

    private static func letter(_ transport: TransportProtocol?) -> String {
        transport.map { $0 == .tcp ? "t" : "u" } ?? "q"
    }

    private static func columns(
        _ family: AddressFamily, _ transport: TransportProtocol?, _ rule: PacketField
    ) -> [PacketField] {
        transport == nil
            ? [.source(family), .target(family), .transport, .typeAndCode, rule]
            : [.source(family), .target(family), .sourcePort, .targetPort, rule]
    }

    /// The protocols whose sets have ports, and all others.
    package static let transports: [TransportProtocol?] = [.tcp, .udp, nil]

    /// Those that count.
    package static let ofEnterprise: [CountingSet] = AddressFamily.allCases.flatMap { family in
        Direction.allCases.flatMap { direction in
            transports.map { blocked(direction, family, $0) }
                + [blockedBare(direction, family), coarseBlocked(direction, family)]
        } + [blockedMany(family)] + transports.map { blockedInside(family, $0) } + [blockedInsideBare(family)]
    }

    /// Those that only keep what was told.
    package static let ofObservations: [CountingSet] = AddressFamily.allCases.flatMap { family in
        Direction.allCases.flatMap { direction in
            transports.map { observed(direction, family, $0) } + [observedBare(direction, family)]
        }
    }
}
