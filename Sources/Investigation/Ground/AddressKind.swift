import Archive
package import Model

/// What an address is to a network, by its number alone.
enum AddressKind {
    /// Whether it is of the networks that are not routed in the Internet: RFC 1918, 6598, 3927 and 4193, link-local.
    static func isPrivate(_ address: UInt128) -> Bool {
        if address >> 32 == 0xffff {
            let bits = UInt32(truncatingIfNeeded: address)
            return bits >> 24 == 10 || bits >> 20 == 0xac1 || bits >> 16 == 0xc0a8 || bits >> 22 == 0x191
                || bits >> 16 == 0xa9fe || bits >> 24 == 127
        }
        return address >> 121 == 0xfc >> 1 || address >> 118 == 0xfe80 >> 6 || address == 1
    }

    /// Whether it stands for many: multicast, the broadcast address, or what ends in 255, as broadcasts of subnets do.
    static func isGroup(_ address: UInt128) -> Bool {
        if address >> 32 == 0xffff {
            let bits = UInt32(truncatingIfNeeded: address)
            return bits >> 28 == 0xe || bits & 0xff == 0xff || bits == 0
        }
        return address >> 120 == 0xff
    }
}

/// Which addresses are the network's own: private ones, and those of prefixes that were given.
package struct Locality: Sendable {
    private var ranges: [(first: UInt128, last: UInt128)] = []

    package init(_ prefixes: [IPPrefix] = []) {
        ranges = prefixes.map { (UInt128($0.base), UInt128($0.last)) }
    }

    func contains(_ address: UInt128) -> Bool {
        AddressKind.isPrivate(address) || ranges.contains { $0.first <= address && address <= $0.last }
    }
}
