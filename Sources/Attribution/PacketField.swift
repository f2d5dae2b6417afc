package import Model

/// A part of a packet, or of what the kernel knows about it, that can stand in the key of a set.
package enum PacketField: Hashable, Sendable {
    case inputDevice
    case outputDevice
    case sourceMAC
    /// What ARP says of its sender.
    case arpSender
    case arpSenderMAC
    /// The target that neighbour discovery speaks of, of which nft 1.0.6 knows no name.
    case neighbourTarget
    case source(AddressFamily)
    case target(AddressFamily)
    /// The ends of the session, whichever way the packet goes: its initiator, and its target after any translation.
    case initiator(AddressFamily)
    case responder(AddressFamily)
    case transport
    /// What the fixed header names as the next: the protocol where no other header stands between.
    case firstHeader(AddressFamily)
    case sourcePort
    case targetPort
    /// The first two bytes of the transport header: type and code of ICMP.
    case typeAndCode
    /// The connection's mark.
    case mark
    /// The packet's mark: an `EdgeMark`.
    case packetMark
    /// The packet's priority, which carries the number of a profile.
    case priority
    /// The number of the connection's entry.
    case connection
    /// The same, where a rule has noted it in the packet's priority: nft 1.0.6 lists no key of five with `ct id` in it.
    case notedConnection

    /// The index of a rule, where a rule has noted it in the packet's priority.
    case notedRule

    /// The word that holds the length of the packet that an ICMP error quotes: IPv4's first, IPv6's second. A rule has noted it in
    /// the packet's priority, for no type of nft's is that of any word.
    case notedLength

    /// What the kernel keeps of it in a key.
    package var part: KeyPart {
        switch self {
        case .inputDevice, .outputDevice: .device
        case .sourceMAC, .arpSenderMAC: .mac
        case .arpSender: .address(.ipv4)
        case .neighbourTarget: .word16
        case .source(let family), .target(let family), .initiator(let family), .responder(let family): .address(family)
        case .transport, .firstHeader: .transport
        case .sourcePort, .targetPort, .typeAndCode: .port
        case .mark, .packetMark: .mark
        case .priority, .notedConnection, .notedLength, .notedRule: .priority
        case .connection: .connection
        }
    }
}

/// What a component of a set's key or a map's value is.
package enum KeyPart: Hashable, Sendable {
    /// A name, padded to IFNAMSIZ.
    case device
    case mac
    case address(AddressFamily)
    /// Sixteen bytes of a packet, which are an IPv6 address.
    case word16
    case transport
    case port
    /// A mark of a connection or a packet, in the host's byte order.
    case mark
    /// A packet's priority, in the host's byte order.
    case priority
    /// The number of a connection's entry, in the host's byte order.
    case connection

    /// Bytes of the component alone.
    package var length: Int {
        switch self {
        case .device: 16
        case .mac: 6
        case .address(.ipv4), .mark, .priority, .connection: 4
        case .address(.ipv6), .word16: 16
        case .transport: 1
        case .port: 2
        }
    }

    /// Bytes that the component takes in a key of several: the kernel pads each to four.
    package var paddedLength: Int { (length + 3) & ~3 }
}
