/// What the meter has to know of a packet.
struct PacketFacts {
    /// As archives have addresses: IPv4 as `::ffff:a.b.c.d`.
    var source: UInt128 = 0
    var target: UInt128 = 0
    /// Bytes from the IP header on, before anything was cut.
    var length: UInt64 = 0
    var transport: UInt8 = 0
    var upper = UpperLayer.unknown
    /// Number of the interface in the file, and its index where each packet has one.
    var interface: UInt16 = 0
    var index: UInt32 = 0
}

/// What stands behind the IP header.
enum UpperLayer: Equatable {
    /// Nothing that tells flows apart, or not captured.
    case unknown
    /// Flags as TCP has them; nil for other protocols, and where they were not captured.
    case ports(source: UInt16, target: UInt16, flags: UInt8?)
    case icmp(type: UInt8, code: UInt8, identifier: UInt16)
}

/// Flags of TCP.
enum TCPFlag {
    static let fin: UInt8 = 1
    static let syn: UInt8 = 2
    static let rst: UInt8 = 4
    static let ack: UInt8 = 16
}
