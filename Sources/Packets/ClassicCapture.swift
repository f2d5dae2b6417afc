/// The layout of a pcap file: a heading of 24 bytes, then packets with 16 bytes before each.
struct ClassicCapture {
    private let order: ByteOrder
    private let isFine: Bool
    private let link: LinkType

    static let headingLength = 24
    /// A longer packet is none: the length is that of a broken file.
    static let longestPacket = 1 << 20

    /// The order of bytes and whether seconds are divided into nanoseconds, by the file's first four bytes.
    static func magic(_ first: UInt32) -> (order: ByteOrder, isFine: Bool)? {
        switch first {
        case 0xa1b2_c3d4: (.big, false)
        case 0xd4c3_b2a1: (.little, false)
        case 0xa1b2_3c4d: (.big, true)
        case 0x4d3c_b2a1: (.little, true)
        default: nil
        }
    }

    /// Reads the heading, whose bytes are there.
    init(_ bytes: Span<UInt8>) throws(CaptureFault) {
        guard let (order, isFine) = Self.magic(bytes.big32(0)) else {
            throw CaptureFault(offset: 0, reason: "it is no capture: it begins neither as pcap nor as pcapng does")
        }
        let major = order.read16(bytes, 4)
        guard major == 2 else {
            throw CaptureFault(offset: 4, reason: "a pcap file of version \(major) is not known; 2 is")
        }
        // The upper half tells of frame checksums, which the lengths within packets leave out anyway.
        link = LinkType(rawValue: UInt16(truncatingIfNeeded: order.read32(bytes, 20)))
        guard link.isRead else {
            throw CaptureFault(offset: 20, reason: PacketOddity.link(link).description)
        }
        (self.order, self.isFine) = (order, isFine)
    }

    /// Reads the packet that begins at a place.
    ///
    /// - Returns: The packet and where the next one begins; nil where it is not whole yet.
    func packet(
        _ bytes: Span<UInt8>, at place: Int, number: Int, offset: Int
    ) throws(CaptureFault) -> (packet: CapturedPacket, next: Int)? {
        guard bytes.count - place >= 16 else { return nil }
        let length = Int(order.read32(bytes, place + 8))
        guard length <= Self.longestPacket else {
            throw CaptureFault(
                offset: offset + place,
                reason: "packet \(number) claims \(length) bytes, where \(Self.longestPacket) are the most")
        }
        guard bytes.count - place - 16 >= length else { return nil }
        let seconds = Int64(order.read32(bytes, place))
        let fraction = Int64(order.read32(bytes, place + 4))
        let whole: Int64 = isFine ? 1_000_000_000 : 1_000_000
        // A fraction of a second or more is a time that nobody can know.
        let instant = fraction < whole ? seconds * 1_000_000 + (isFine ? fraction / 1000 : fraction) : nil
        let packet = CapturedPacket(
            number: number, instant: instant, bytes: place + 16..<place + 16 + length,
            originalLength: max(length, Int(order.read32(bytes, place + 12))), link: link, interface: 0)
        return (packet, place + 16 + length)
    }
}
