package import Model

/// A message of DHCP for IPv4 in a frame of Ethernet, as far as leases are concerned (RFC 2131, RFC 2132).
package struct DHCPMessage: Hashable, Sendable {
    /// DHCPOFFER and others that bind nothing are not told apart.
    package enum Kind: Hashable, Sendable {
        /// A server binds `address` to the client.
        case acknowledgement
        /// A client gives its address back, or will not have it.
        case release
        case other
    }

    package let kind: Kind
    /// The address of the packet's sender.
    package let sender: IPAddress
    /// Whether a server sent it, by its ports.
    package let isOfServer: Bool
    /// The client's hardware address.
    package let client: MACAddress
    /// The client's address: what a server gives it, or what a client says that it has.
    package let address: IPAddress
    /// The server that the message names; nil where it names none.
    package let server: IPAddress?
    /// How long the lease is; nil where nothing is said of it.
    package let leaseSeconds: UInt32?

    private static let options = 236
    private static let cookie: UInt32 = 0x6382_5363

    /// Reads a frame; nil where it is cut off, a fragment, or no such message.
    init?(_ frame: ByteView) {
        let ip = 14
        let (first, transport): (UInt8, UInt8) = (frame.big(ip), frame.big(ip + 9))
        let fragment: UInt16 = frame.big(ip + 6)
        guard first >> 4 == 4, transport == 17, fragment & 0x3fff == 0 else { return nil }
        let udp = ip + Int(first & 15) * 4
        let (source, target): (UInt16, UInt16) = (frame.big(udp), frame.big(udp + 2))
        guard (source, target) == (67, 68) || (source, target) == (68, 67) else { return nil }
        let body = udp + 8
        let start = body + Self.options
        // Ethernet, six bytes.
        guard frame.count > start + 4, frame.big(start, as: UInt32.self) == Self.cookie,
            frame.big(body + 1, as: UInt16.self) == 0x0106
        else { return nil }
        let operation: UInt8 = frame.big(body)
        isOfServer = source == 67
        guard operation == (isOfServer ? 2 : 1) else { return nil }
        var (type, server, lease): (UInt8, IPAddress?, UInt32?) = (0, nil, nil)
        var place = start + 4
        while place + 1 < frame.count {
            let code: UInt8 = frame.big(place)
            if code == 255 { break }
            if code == 0 {
                place += 1
                continue
            }
            let length = Int(frame.big(place + 1, as: UInt8.self))
            guard place + 2 + length <= frame.count else { return nil }
            switch (code, length) {
            case (53, 1): type = frame.big(place + 2)
            case (54, 4): server = IPAddress(ipv4: frame.big(place + 2))
            case (51, 4): lease = frame.big(place + 2)
            default: break
            }
            place += 2 + length
        }
        switch (type, isOfServer) {
        case (5, true): kind = .acknowledgement
        // DHCPDECLINE, DHCPRELEASE
        case (4, false), (7, false): kind = .release
        default: kind = .other
        }
        sender = IPAddress(ipv4: frame.big(ip + 12))
        client = frame.mac(body + 28)
        // `yiaddr` of a server, `ciaddr` of a client.
        address = IPAddress(ipv4: frame.big(body + (isOfServer ? 16 : 12)))
        (self.server, leaseSeconds) = (server, lease)
    }
}
