/// The addresses, ports and flags at the front of an IP packet, as far as the bytes at hand show them.
package struct PacketHeader {
    package var isValid = false
    package var isIPv6 = false
    /// IPv4 addresses lie in the low 32 bits of the low halves.
    package var sourceHigh: UInt64 = 0
    package var sourceLow: UInt64 = 0
    package var targetHigh: UInt64 = 0
    package var targetLow: UInt64 = 0
    package var transport: UInt8 = 0
    /// For ICMP and ICMPv6 the source port holds the type, the target port the code.
    package var sourcePort: UInt16 = 0
    package var targetPort: UInt16 = 0
    /// Whether the bytes at hand hold both, of a protocol that has them.
    package var showsPorts = false
    package var tcpFlags: UInt8 = 0
    /// Length of the packet from its IP header on, as the header says.
    package var length: UInt32 = 0

    package init() {}

    /// Reads a packet from its network header on; `isValid` is false when the fixed header is cut off or no IP.
    @inline(__always) package init(_ view: ByteView) {
        switch view.load(0, as: UInt8.self) >> 4 {
        case 4:
            let headerLength = Int(view.load(0, as: UInt8.self) & 15) &* 4
            guard headerLength >= 20, view.count >= 20 else { return }
            sourceLow = UInt64(view.big(12, as: UInt32.self))
            targetLow = UInt64(view.big(16, as: UInt32.self))
            length = UInt32(view.big(2, as: UInt16.self))
            transport = view.load(9)
            isValid = true
            // Only a first fragment has a transport header.
            if view.big(6, as: UInt16.self) & 0x1fff == 0 { readTransport(view, at: headerLength) }
        case 6:
            guard view.count >= 40 else { return }
            isIPv6 = true
            sourceHigh = view.big(8)
            sourceLow = view.big(16)
            targetHigh = view.big(24)
            targetLow = view.big(32)
            length = UInt32(view.big(4, as: UInt16.self)) &+ 40
            transport = view.load(6)
            isValid = true
            skipExtensions(view)
        default: return
        }
    }

    /// IPv6 extension headers that may stand before the transport header: hop-by-hop, routing, fragment, options.
    @inline(__always) private mutating func skipExtensions(_ view: ByteView) {
        var offset = 40
        var budget = 8
        while budget > 0, offset &+ 1 < view.count {
            switch transport {
            case 0, 43, 60:
                transport = view.load(offset)
                offset = offset &+ (Int(view.load(offset &+ 1, as: UInt8.self)) &+ 1) &* 8
            case 44:
                let isLater = view.big(offset &+ 2, as: UInt16.self) & 0xfff8 != 0
                transport = view.load(offset)
                offset = offset &+ 8
                if isLater { return }
            default:
                readTransport(view, at: offset)
                return
            }
            budget &-= 1
        }
        // A header that ends before it names the next: what the fixed header names, as the rules have it.
        switch transport {
        case 0, 43, 44, 60: transport = view.load(6)
        default: break
        }
    }

    @inline(__always) private mutating func readTransport(_ view: ByteView, at offset: Int) {
        switch transport {
        case 6:
            sourcePort = view.big(offset)
            targetPort = view.big(offset &+ 2)
            tcpFlags = view.load(offset &+ 13)
            showsPorts = offset &+ 4 <= view.count
        case 17, 33, 132, 136:
            sourcePort = view.big(offset)
            targetPort = view.big(offset &+ 2)
            showsPorts = offset &+ 4 <= view.count
        case 1, 58:
            sourcePort = UInt16(view.load(offset, as: UInt8.self))
            targetPort = UInt16(view.load(offset &+ 1, as: UInt8.self))
            showsPorts = offset &+ 2 <= view.count
        default: break
        }
    }
}
