import Model

/// Where the layers of a captured packet lie.
///
/// The packet begins with its network header and may be cut off, or may be anything at all: lengths in it are claims
/// and are checked against the bytes that are there.
struct PacketLayout {
    /// One IPv6 extension header, by its protocol number.
    struct Extension {
        let number: UInt8
        let range: Range<Int>
    }

    /// What the version digit says, where a whole fixed header of that version is there.
    private(set) var family: AddressFamily?
    /// The network header with its options or extensions, as far as it was captured.
    private(set) var headerEnd = 0
    /// The end of the packet within the captured bytes; what is beyond is padding of the link layer.
    private(set) var end: Int
    /// The protocol of the bytes at `headerEnd`; nil where they are not the beginning of a transport header.
    private(set) var transport: TransportProtocol?
    private(set) var extensions: [Extension] = []
    /// Time to live or hop limit.
    private(set) var timeToLive: UInt8?
    /// Length of the whole packet by its own header; nil where the header doesn't say (segmentation offload, jumbograms).
    private(set) var length: Int?

    init(_ packet: [UInt8]) {
        end = packet.count
        switch packet.first.map({ $0 >> 4 }) {
        case 4: readIPv4(packet)
        case 6: readIPv6(packet)
        default: break
        }
    }

    private mutating func readIPv4(_ packet: [UInt8]) {
        let headerLength = 4 * Int((packet.first ?? 0) & 0xf)
        guard packet.count >= 20, headerLength >= 20 else { return }
        family = .ipv4
        timeToLive = packet[8]
        headerEnd = min(headerLength, packet.count)
        let totalLength = Int(packet.word(at: 2))
        if totalLength >= headerLength {
            length = totalLength
            end = min(totalLength, packet.count)
        }
        let isLaterFragment = packet.word(at: 6) & 0x1fff != 0
        if headerEnd == headerLength, !isLaterFragment { transport = TransportProtocol(rawValue: packet[9]) }
    }

    private mutating func readIPv6(_ packet: [UInt8]) {
        guard packet.count >= 40 else { return }
        family = .ipv6
        timeToLive = packet[7]
        headerEnd = 40
        let payloadLength = Int(packet.word(at: 4))
        if payloadLength > 0 {
            length = 40 + payloadLength
            end = min(40 + payloadLength, packet.count)
        }
        var next = packet[6]
        while true {
            guard [0, 43, 44, 51, 60].contains(next) else {
                if next != 59 { transport = TransportProtocol(rawValue: next) }
                return
            }
            guard headerEnd + 8 <= end else { return }
            let units = Int(packet[headerEnd + 1])
            let size = next == 44 ? 8 : next == 51 ? 4 * (units + 2) : 8 * (units + 1)
            guard headerEnd + size <= end else { return }
            extensions.append(Extension(number: next, range: headerEnd..<headerEnd + size))
            let isLaterFragment = next == 44 && packet.word(at: headerEnd + 2) & 0xfff8 != 0
            next = packet[headerEnd]
            headerEnd += size
            if isLaterFragment { return }
        }
    }

    /// The flags of a TCP header, where its first 14 bytes are there.
    func tcpFlags(_ packet: [UInt8]) -> TCPFlags? {
        guard transport == .tcp, end - headerEnd >= 14 else { return nil }
        return TCPFlags(rawValue: packet[headerEnd + 13])
    }
}

/// The flags in byte 13 of a TCP header (RFC 9293 §3.1).
package struct TCPFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    private static let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]

    /// `SYN`, `SYN,ECE,CWR`; empty text for a packet without flags.
    package var text: String {
        Self.names.indices.filter { rawValue & 1 << UInt8($0) != 0 }.map { Self.names[$0] }.joined(separator: ",")
    }
}

extension [UInt8] {
    /// Two bytes in network order; the caller has checked that they are there.
    func word(at index: Int) -> UInt16 { UInt16(self[index]) << 8 | UInt16(self[index + 1]) }

    /// Four bytes in network order; the caller has checked that they are there.
    func doubleWord(at index: Int) -> UInt32 { UInt32(word(at: index)) << 16 | UInt32(word(at: index + 2)) }
}
