package import Model

extension IPAddress {
    /// Reads sixteen bytes, in which IPv4 is `::ffff:a.b.c.d`.
    package init(mapped value: UInt128) {
        if value >> 32 == 0xffff {
            self.init(ipv4: UInt32(truncatingIfNeeded: value))
        } else {
            self.init(ipv6High: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
        }
    }
}

extension UInt128 {
    /// The address as sixteen bytes, IPv4 as `::ffff:a.b.c.d`.
    package init(mapped address: IPAddress) {
        self =
            switch address.family {
            case .ipv4: 0xffff << 32 | UInt128(address.low)
            case .ipv6: UInt128(address.high) << 64 | UInt128(address.low)
            }
    }
}
