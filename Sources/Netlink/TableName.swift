/// The family and name of a table of nftables.
package struct TableName: Hashable, Sendable {
    /// Which packets a table sees: the kernel's `NFPROTO_…` numbers.
    package enum Family: UInt8, Hashable, Sendable {
        /// IPv4 and IPv6: NFPROTO_INET.
        case inet = 1
        case ip = 2
        case ip6 = 10
        /// Frames of bridges: NFPROTO_BRIDGE.
        case bridge = 7

        /// As nft names it.
        package var word: String { "\(self)" }
    }

    package let family: Family
    package let name: String

    package init(_ family: Family, _ name: String) {
        self.family = family
        self.name = name
    }
}

extension TableName: CustomStringConvertible {
    /// As nft names it: `inet gatehouse`.
    package var description: String { "\(family.word) \(name)" }
}
