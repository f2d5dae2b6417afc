/// Why a packet is not understood.
package enum PacketOddity: Hashable, Sendable, CustomStringConvertible {
    case link(LinkNumber)
    case noTime
    case cutLink
    case cutHeader
    case cutExtension
    case version
    case headerLength
    case packetLength

    /// The number of a link type, as tcpdump.org lists them.
    package typealias LinkNumber = UInt16

    static func link(_ link: LinkType) -> PacketOddity { .link(link.rawValue) }

    package var description: String {
        switch self {
        case .link(let number):
            "packets of link type \(number) are not read; those of Ethernet, raw IP, Linux cooked and BSD loopback are"
        case .noTime: "the packet has no time between 1970 and 9999"
        case .cutLink: "the packet ends within the header of its link"
        case .cutHeader: "the packet ends within its IP header"
        case .cutExtension: "the packet ends within IPv6's extension headers"
        case .version: "the packet's IP version is not the one that its link says"
        case .headerLength: "the IP header's length is none"
        case .packetLength: "the IP header claims more bytes than the packet had"
        }
    }
}
