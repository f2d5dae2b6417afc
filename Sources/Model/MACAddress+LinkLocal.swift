extension MACAddress {
    /// The link-local address that a station makes of its MAC (RFC 4291, appendix A).
    package var linkLocalAddress: IPAddress {
        let high = ((bits >> 24) << 40) | 0xff_fe00_0000
        return IPAddress(ipv6High: 0xfe80 << 48, low: (high | (bits & 0xff_ffff)) ^ 0x0200_0000_0000_0000)
    }
}
