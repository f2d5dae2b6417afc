/// What lies before a packet's IP header.
enum LinkLayer {
    enum Reading {
        /// The header begins here; the version that the link says, where it says one, and the interface's index.
        case ip(place: Int, version: UInt8?, index: UInt32)
        /// A packet of another protocol: ARP, spanning tree and such.
        case other
        case odd(PacketOddity)
    }

    static func read(_ bytes: Span<UInt8>, _ packet: CapturedPacket) -> Reading {
        let start = packet.bytes.lowerBound
        switch packet.link {
        case .ethernet:
            guard packet.bytes.count >= 14 else { return .odd(.cutLink) }
            return byType(bytes, packet, at: start + 12, index: 0)
        case .linuxCooked:
            guard packet.bytes.count >= 16 else { return .odd(.cutLink) }
            return byType(bytes, packet, at: start + 14, index: 0)
        case .linuxCooked2:
            guard packet.bytes.count >= 20 else { return .odd(.cutLink) }
            let (type, index) = (bytes.big16(start), bytes.big32(start + 4))
            if isTag(type) { return byTag(bytes, packet, at: start + 20, index: index) }
            return reading(type, start + 20, index)
        case .null, .loop:
            guard packet.bytes.count >= 4 else { return .odd(.cutLink) }
            let family = bytes.big32(start)
            // The machine's byte order is not the file's where another machine wrote it.
            switch min(family, family.byteSwapped) {
            case 2: return .ip(place: start + 4, version: 4, index: 0)
            // Linux, NetBSD, FreeBSD, Darwin.
            case 10, 24, 28, 30: return .ip(place: start + 4, version: 6, index: 0)
            default: return .other
            }
        case .ipv4: return .ip(place: start, version: 4, index: 0)
        case .ipv6: return .ip(place: start, version: 6, index: 0)
        case let link where link.isRead: return .ip(place: start, version: nil, index: 0)
        default: return .odd(.link(packet.link))
        }
    }

    /// Reads the type at a place and the VLAN tags behind it.
    private static func byType(_ bytes: Span<UInt8>, _ packet: CapturedPacket, at place: Int, index: UInt32) -> Reading
    {
        let type = bytes.big16(place)
        return isTag(type) ? byTag(bytes, packet, at: place + 2, index: index) : reading(type, place + 2, index)
    }

    /// Reads a VLAN tag, whose type stands behind its two bytes, and those within it.
    private static func byTag(_ bytes: Span<UInt8>, _ packet: CapturedPacket, at place: Int, index: UInt32) -> Reading {
        var place = place
        while true {
            guard packet.bytes.upperBound - place >= 4 else { return .odd(.cutLink) }
            let type = bytes.big16(place + 2)
            place += 4
            if !isTag(type) { return reading(type, place, index) }
        }
    }

    private static func reading(_ type: UInt16, _ place: Int, _ index: UInt32) -> Reading {
        switch type {
        case 0x0800: .ip(place: place, version: 4, index: index)
        case 0x86dd: .ip(place: place, version: 6, index: index)
        default: .other
        }
    }

    private static func isTag(_ type: UInt16) -> Bool {
        switch type {
        case 0x8100, 0x88a8, 0x9100, 0x9200: true
        default: false
        }
    }
}
