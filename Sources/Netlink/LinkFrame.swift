package import Model

/// What one frame says of an address.
package enum LinkFrame: Hashable, Sendable {
    /// Its sender says by ARP or neighbour discovery that he has the address, at this MAC.
    case claim(IPAddress, mac: MACAddress)
    /// A message of DHCP for IPv4 (RFC 2131).
    case dhcp(DHCPMessage)

    /// Reads a frame of Ethernet; nil where it is cut off, or says nothing of the kind.
    package init?(_ frame: ByteView) {
        switch frame.big(12, as: UInt16.self) {
        case 0x0806: self.init(arp: frame)
        case 0x86dd: self.init(neighbour: frame)
        case 0x0800:
            guard let message = DHCPMessage(frame) else { return nil }
            self = .dhcp(message)
        default: return nil
        }
    }

    /// ARP of IPv4 over Ethernet: hardware, protocol, lengths, operation, sender's MAC (22) and address (28).
    private init?(arp frame: ByteView) {
        guard frame.count >= 42, frame.big(14, as: UInt64.self) >> 16 == 0x0001_0800_0604 else { return nil }
        let address: UInt32 = frame.big(28)
        guard address != 0 else { return nil }
        self = .claim(IPAddress(ipv4: address), mac: frame.mac(22))
    }

    /// A neighbour advertisement (RFC 4861) that comes from the link: its target (62).
    private init?(neighbour frame: ByteView) {
        let (nextHeader, hopLimit, type): (UInt8, UInt8, UInt8) = (frame.big(20), frame.big(21), frame.big(54))
        guard frame.count >= 78, nextHeader == 58, hopLimit == 255, type == 136 else { return nil }
        self = .claim(IPAddress(ipv6High: frame.big(62), low: frame.big(70)), mac: frame.mac(6))
    }
}

extension ByteView {
    func mac(_ offset: Int) -> MACAddress {
        MACAddress(bits: UInt64(big(offset, as: UInt16.self)) << 32 | UInt64(big(offset + 2, as: UInt32.self)))
    }
}
