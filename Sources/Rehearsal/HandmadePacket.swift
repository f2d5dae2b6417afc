import CRehearsal
import Host
package import Model

/// An IP packet put together byte by byte, with right checksums, to be sent as a frame.
package struct HandmadePacket: Sendable {
    /// From the IP header on.
    package let bytes: [UInt8]

    /// What a packet has beside its key.
    package struct Shape: Sendable {
        package var hopLimit: UInt8 = 64
        /// Whether routers may cut it (IPv4).
        package var mayBeCut = true
        /// Headers between that of IPv6 and the transport's, in order.
        package var extensions: [Extension] = []
        /// TCP: sequence and acknowledgement numbers, and what follows the header.
        package var sequence: UInt32 = 1
        package var acknowledgement: UInt32 = 1
        package var payload: [UInt8] = []
        /// Bytes of the transport header and payload that are sent; nil for all.
        package var cutTo: Int?

        package init() {}
    }

    /// An extension header of IPv6.
    package enum Extension: Sendable, CaseIterable {
        case hopByHop
        case routing
        case destination
        case authentication
        /// A fragment header on a whole packet.
        case fragment

        var number: UInt8 {
            switch self {
            case .hopByHop: 0
            case .routing: 43
            case .destination: 60
            case .authentication: 51
            case .fragment: 44
            }
        }

        /// The header's bytes behind the number of the next.
        var rest: [UInt8] {
            switch self {
            // Padding of six bytes (PadN).
            case .hopByHop, .destination: [0, 1, 4, 0, 0, 0, 0]
            // No segments left, of a kind that nobody uses.
            case .routing: [0, 253, 0, 0, 0, 0, 0]
            // Length in words less two, an index, a number, and no check value.
            case .authentication: [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]
            case .fragment: [0, 0, 0, 0, 0, 0, 7]
            }
        }
    }

    /// A packet of the key: for TCP with flags, for ICMP with an identifier, or with the packet that an error quotes.
    package init(
        _ key: FlowKey, tcpFlags: UInt8 = 0, icmpID: UInt16 = 0, quoting quoted: HandmadePacket? = nil,
        shape: Shape = Shape()
    ) {
        var payload: [UInt8]
        let (source, target) = (key.initiatorPort ?? 0, key.targetPort ?? 0)
        switch key.transport {
        case .tcp:
            payload = Self.words(
                source, target, UInt16(shape.sequence >> 16),
                UInt16(truncatingIfNeeded: shape.sequence))
            payload +=
                tcpFlags & 0x10 != 0
                ? Self.words(
                    UInt16(shape.acknowledgement >> 16), UInt16(truncatingIfNeeded: shape.acknowledgement))
                : [0, 0, 0, 0]
            payload += [0x50, tcpFlags] + Self.words(0xfaf0, 0, 0) + shape.payload
        case .udp, .udplite:
            let body = shape.payload.isEmpty ? [1, 2, 3, 4] : shape.payload
            payload = Self.words(source, target, UInt16(8 + body.count), 0) + body
        case .sctp:
            // INIT with a tag of 1, which opens an association (RFC 9260).
            payload = Self.words(source, target, 0, 0, 0, 0, 0x0100, 20, 0, 1, 0, 0xffff, 1, 1, 0, 1)
            let sum = Self.castagnoli(payload)
            payload.replaceSubrange(8..<12, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) })
        case .dccp:
            // A request with a long sequence number (RFC 4340).
            payload = Self.words(source, target, 0x0700, 0, 0x0100, 0, 0, 1, 0, 0)
        case .icmp, .icmpv6:
            payload = [UInt8(truncatingIfNeeded: source), UInt8(truncatingIfNeeded: target), 0, 0]
            payload +=
                quoted.map { [0, 0, 0, 0] + $0.bytes }
                ?? (Self.words(icmpID, 1) + (shape.payload.isEmpty ? [5, 6, 7, 8] : shape.payload))
        default:
            payload = [0, 0, 0x08, 0, 1, 2, 3, 4]
        }
        if let place = Self.checksumPlace(key.transport) {
            let pseudo: [UInt8] =
                key.transport == .icmp
                ? []
                : key.initiator.bytes + key.target.bytes
                    + Self.words(0, UInt16(payload.count), UInt16(key.transport.rawValue))
            let sum = Self.checksum(pseudo + payload)
            payload.replaceSubrange(place..<(place + 2), with: Self.words(sum))
        }
        if let cut = shape.cutTo { payload = Array(payload.prefix(cut)) }
        var first = key.transport.rawValue
        for header in shape.extensions.reversed() {
            payload = [first] + header.rest + payload
            first = header.number
        }
        bytes = Self.header(key, first, shape, payload.count) + payload
    }

    private static func header(_ key: FlowKey, _ first: UInt8, _ shape: Shape, _ length: Int) -> [UInt8] {
        switch key.initiator.family {
        case .ipv4:
            var header = [0x45, 0] + words(UInt16(20 + length), 0x1234, shape.mayBeCut ? 0 : 0x4000)
            header += [shape.hopLimit, first, 0, 0]
            header += key.initiator.bytes + key.target.bytes
            header.replaceSubrange(10..<12, with: words(checksum(header)))
            return header
        case .ipv6:
            return [0x60, 0, 0, 0] + words(UInt16(length)) + [first, shape.hopLimit] + key.initiator.bytes
                + key.target.bytes
        }
    }

    private static func checksumPlace(_ transport: TransportProtocol) -> Int? {
        switch transport {
        case .tcp: 16
        case .udp, .udplite: 6
        case .icmp, .icmpv6: 2
        default: nil
        }
    }

    private static func words(_ values: UInt16...) -> [UInt8] {
        values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | UInt32(index + 1 < bytes.count ? bytes[index + 1] : 0)
        }
        while sum >> 16 != 0 { sum = (sum & 0xffff) + (sum >> 16) }
        return ~UInt16(truncatingIfNeeded: sum)
    }

    /// CRC-32C, bit by bit.
    private static func castagnoli(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
        }
        return ~sum
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The packet in two fragments, the first with eight bytes of what the IP header carries; itself where it is too short or
    /// has extension headers.
    package var fragments: [HandmadePacket] {
        let isIPv6 = bytes[0] >> 4 == 6
        let header = Array(bytes.prefix(isIPv6 ? 40 : 20))
        let payload = Array(bytes.dropFirst(header.count))
        let isExtended = isIPv6 && [0, 43, 44, 51, 60].contains(header[6])
        guard payload.count > 8, !isExtended else { return [self] }
        return [(payload.prefix(8), UInt16(0), true), (payload.dropFirst(8), 1, false)].map { part, place, hasMore in
            var head = header
            if isIPv6 {
                head.replaceSubrange(4..<6, with: Self.words(UInt16(part.count + 8)))
                head[6] = 44
                let word = place << 3 | (hasMore ? 1 : 0)
                return HandmadePacket(bytes: head + [header[6], 0] + Self.words(word, 0, 0x1234) + part)
            }
            head.replaceSubrange(2..<4, with: Self.words(UInt16(20 + part.count)))
            head.replaceSubrange(6..<8, with: Self.words(place | (hasMore ? 0x2000 : 0)))
            head.replaceSubrange(10..<12, with: [0, 0])
            head.replaceSubrange(10..<12, with: Self.words(Self.checksum(head)))
            return HandmadePacket(bytes: head + part)
        }
    }

    /// Sends the packet as an Ethernet frame from a device of a namespace.
    package func send(from namespace: String, device: String, to mac: MACAddress, as source: MACAddress) throws {
        func six(_ address: MACAddress) -> [UInt8] {
            (0..<6).map { (index: UInt64) in UInt8(truncatingIfNeeded: address.bits >> (40 - 8 * index)) }
        }
        let frame = six(mac) + six(source) + (bytes[0] >> 4 == 6 ? [0x86, 0xdd] : [0x08, 0x00]) + bytes
        let result = try NetworkNamespace.within(namespace) { unsafe gh_send_frame(device, frame, frame.count) }
        guard result == 0 else { throw SystemError("sendto", device, code: -result) }
    }

    /// Sends the packet from a namespace's own IP, as a program of its does.
    ///
    /// - Returns: whether it was let out.
    package func send(asHost namespace: String) throws -> Bool {
        let result = try NetworkNamespace.within(namespace) { unsafe gh_send_packet(bytes, bytes.count) }
        // EPERM: a rule refuses it.
        guard result == 0 || result == -1 else { throw SystemError("sendto", namespace, code: -result) }
        return result == 0
    }
}
