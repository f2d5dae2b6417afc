import Model

/// Where a caller is, as limits count it.
package enum CallerNetwork {
    /// The address; of IPv6 the network of 64 bits, which one caller may have whole. IPv4 within IPv6 is IPv4.
    package static func of(_ address: String) -> String {
        guard address.contains(":"), let parsed = IPAddress(address) else { return address }
        if parsed.high == 0, parsed.low >> 32 == 0xffff {
            return IPAddress(ipv4: UInt32(truncatingIfNeeded: parsed.low)).description
        }
        return hexadecimal(parsed.high) + "/64"
    }
}
