import Model

/// What keeps a link alive: neither judged by groups nor part of the books, like ARP.
///
/// It is of the link: routers do not forward it (RFC 4861, RFC 2710), and what claims to be it and would be forwarded is
/// refused, so that nobody speaks through it with others beyond the link.
enum LinkUpkeep {
    static let linkLocal = block(0xfe80 << 48, 10)

    /// `::`, before a device has an address, or its link-local one.
    static let linkSource = Statement.source(IPPrefix(IPAddress(ipv6High: 0, low: 0)), linkLocal)

    /// Addresses of many, of both families; 255.255.255.255 is everybody on the link.
    static let toMany: [Statement] = [
        .target(
            IPPrefix(containing: IPAddress(ipv4: 0xe000_0000), length: 4), IPPrefix(IPAddress(ipv4: 0xffff_ffff))),
        .target(block(0xff << 56, 8)),
    ]

    /// All other addresses.
    static let toOne: [Statement] = toMany.compactMap {
        if case .match(.target(let prefixes)) = $0 { .match(.targetNot(prefixes)) } else { nil }
    }

    /// As Neutron's provider rules let through: MLD, router solicitation, neighbour solicitation and advertisement.
    static let ofInstances = Statement.icmpv6(130...133, 135...136, 143...143)

    /// Router advertisements and redirects, which instances must not send.
    static let ofRouters = Statement.icmpv6(134...134, 137...137)

    /// Both: what is of a link.
    static let all = Statement.icmpv6(130...137, 143...143)

    /// Untracked upkeep that an interface or a neighbour of the host sends to the host: it comes from the link itself where
    /// its hop limit was never lowered.
    static let arriving: [Ruleset.Rule] = [
        [.icmpv6(133...133, 135...136), .match(.hopLimit(255)), .accept],
        [.icmpv6(130...132, 143...143), .match(.hopLimit(1)), .accept],
    ]

    // MARK: DHCP

    /// A client to its server, either family.
    static let dhcpRequests: [[Statement]] = [
        [.family(.ipv4), .udp(68, 67)], [.family(.ipv6), .udp(546, 547)],
    ]

    /// A server to its client. The host's own answers are upkeep; a server elsewhere that a policy names would be let in here
    /// beside them.
    static let dhcpAnswers: [[Statement]] = [
        [.family(.ipv4), .udp(67, 68)], [.family(.ipv6), .udp(547, 546)],
    ]

    /// To the host, or to many on the link: what is not forwarded.
    static let staysHere = Statement.match(.targetIs([.local, .broadcast, .multicast]))

    private static func block(_ high: UInt64, _ length: Int) -> IPPrefix {
        IPPrefix(containing: IPAddress(ipv6High: high, low: 0), length: length)
    }
}
