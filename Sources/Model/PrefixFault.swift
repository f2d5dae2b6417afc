/// Why a block of addresses, or a pair's address, cannot be an interface's.
package struct PrefixFault {
    package let message: String
    package let mend: String

    /// The address decides whose a packet is, so one interface cannot have half of all there are.
    private static let shortest: [AddressFamily: Int] = [.ipv4: 8, .ipv6: 16]

    package init?(_ prefix: IPPrefix) {
        let shortest = Self.shortest[prefix.family] ?? 0
        if prefix.length < shortest {
            message = "prefix \(prefix) is wider than /\(shortest): everybody in it would be the interface"
            mend = "write the blocks that are behind it"
        } else if let special = Self.specialBlocks.first(where: { $0.block.overlaps(prefix) }) {
            message = "\(prefix.isSingleAddress ? "address \(prefix.base)" : "prefix \(prefix)") is \(special.use)"
            mend = "choose unicast addresses"
        } else {
            return nil
        }
    }

    /// Addresses that no interface can have, and what they are.
    package static let specialBlocks: [(block: IPPrefix, use: String)] = [
        (IPPrefix(IPAddress(ipv4: 0)), "unspecified"),
        (IPPrefix(containing: IPAddress(ipv4: 0x7f00_0000), length: 8), "a loopback address"),
        (IPPrefix(containing: IPAddress(ipv4: 0xa9fe_0000), length: 16), "link-local"),
        (IPPrefix(containing: IPAddress(ipv4: 0xe000_0000), length: 4), "a multicast address"),
        (IPPrefix(IPAddress(ipv4: 0xffff_ffff)), "the broadcast address"),
        (IPPrefix(IPAddress(ipv6High: 0, low: 0)), "unspecified"),
        (IPPrefix(IPAddress(ipv6High: 0, low: 1)), "a loopback address"),
        (IPPrefix(containing: IPAddress(ipv6High: 0xfe80 << 48, low: 0), length: 10), "link-local"),
        (IPPrefix(containing: IPAddress(ipv6High: 0xff00 << 48, low: 0), length: 8), "a multicast address"),
    ]
}
