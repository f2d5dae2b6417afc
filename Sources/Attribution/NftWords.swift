package import Model

extension AddressFamily {
    /// The header that carries the family's addresses, as nft calls it.
    package var header: String { self == .ipv4 ? "ip" : "ip6" }

    /// nft's type of the family's addresses.
    package var addressType: String { self == .ipv4 ? "ipv4_addr" : "ipv6_addr" }
}
