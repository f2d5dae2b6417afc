/// One packet of a capture file; its bytes lie in the piece that was read.
struct CapturedPacket {
    /// Its number in the file, the first being 1.
    let number: Int
    /// Microseconds since 1970; nil where the file does not say.
    let instant: Int64?
    /// Where its bytes lie, as far as they were captured.
    let bytes: Range<Int>
    /// How many bytes it had before it was cut to what the capture keeps.
    let originalLength: Int
    let link: LinkType
    /// Number of the interface within the file, over all its sections.
    let interface: UInt16
}

/// What a capture says of packets that it missed.
package struct CaptureDrops: Hashable, Sendable {
    /// The interface's name in the file, where it has one.
    package let interface: String?
    package let packets: UInt64
    /// Microseconds since 1970.
    package let start: Int64
    package let end: Int64
}

/// What lies around the packets of an interface, by the numbers of tcpdump.org.
struct LinkType: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// BSD loopback: the address family in the byte order of the machine.
    static let null = LinkType(rawValue: 0)
    static let ethernet = LinkType(rawValue: 1)
    /// The same as `raw`, as OpenBSD and other systems number it.
    static let rawOfBSD = [LinkType(rawValue: 12), LinkType(rawValue: 14)]
    static let raw = LinkType(rawValue: 101)
    /// BSD loopback in network byte order.
    static let loop = LinkType(rawValue: 108)
    static let linuxCooked = LinkType(rawValue: 113)
    static let ipv4 = LinkType(rawValue: 228)
    static let ipv6 = LinkType(rawValue: 229)
    static let linuxCooked2 = LinkType(rawValue: 276)

    var isRead: Bool {
        switch self {
        case .null, .ethernet, .raw, .loop, .linuxCooked, .ipv4, .ipv6, .linuxCooked2: true
        default: Self.rawOfBSD.contains(self)
        }
    }
}
