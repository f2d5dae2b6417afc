import Model

/// What keeps a link alive: neither judged by groups nor part of the books, like ARP.
enum LinkUpkeep {
    static let linkLocal = IPPrefix(containing: IPAddress(ipv6High: 0xfe80 << 48, low: 0), length: 10)

    /// `::`, before a device has an address, or its link-local one.
    static let linkSource = Statement.source(IPPrefix(IPAddress(ipv6High: 0, low: 0)), linkLocal)

    /// As Neutron's provider rules let through: MLD, router solicitation, neighbour solicitation and advertisement.
    static let ofInstances = Statement.icmpv6(
        130...130, 131...131, 132...132, 133...133, 135...135, 136...136, 143...143)

    /// Router advertisements and redirects, which instances must not send.
    static let ofRouters = Statement.icmpv6(134...134, 137...137)
}
