extension Policy {
    /// The addresses that instances expect their gateways to have.
    package var gateways: Set<IPAddress> { Set(vpcs.flatMap(\.subnets).flatMap(\.prefixes).compactMap(\.gateway)) }
}

extension IPPrefix {
    /// The first address that can be a host's, which instances expect their gateway to have; nil where there is none.
    package var gateway: IPAddress? {
        guard length < family.addressBits - 1 else { return nil }
        switch family {
        case .ipv4: return IPAddress(ipv4: UInt32(truncatingIfNeeded: base.low) + 1)
        case .ipv6: return IPAddress(ipv6High: base.high, low: base.low + 1)
        }
    }
}
