package import Model

/// A part of a packet, or of what the kernel knows about it, that can stand in the key of a set.
package enum PacketField: Hashable, Sendable {
    case inputDevice
    case outputDevice
    case sourceMAC
    case source(AddressFamily)
    case target(AddressFamily)
    /// The ends of the session, whichever way the packet goes: its initiator, and its target after any translation.
    case initiator(AddressFamily)
    case responder(AddressFamily)
    case transport
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

    /// What the kernel keeps of it in a key.
    package var part: KeyPart {
        switch self {
        case .inputDevice, .outputDevice: .device
        case .sourceMAC: .mac
        case .source(let family), .target(let family), .initiator(let family), .responder(let family): .address(family)
        case .transport: .transport
        case .sourcePort, .targetPort, .typeAndCode: .port
        case .mark, .packetMark: .mark
        case .priority: .priority
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
        case .address(.ipv6): 16
        case .transport: 1
        case .port: 2
        }
    }

    /// Bytes that the component takes in a key of several: the kernel pads each to four.
    package var paddedLength: Int { (length + 3) & ~3 }
}
