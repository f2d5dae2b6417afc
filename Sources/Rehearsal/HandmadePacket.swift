import CRehearsal
import Host
package import Model

/// An IP packet put together byte by byte, with right checksums, to be sent as a frame.
package struct HandmadePacket: Sendable {
    /// From the IP header on.
    package let bytes: [UInt8]

    /// A packet of the key: for TCP with flags, for ICMP with an identifier, or with the packet that an error quotes.
    package init(_ key: FlowKey, tcpFlags: UInt8 = 0, icmpID: UInt16 = 0, quoting quoted: HandmadePacket? = nil) {
        var payload: [UInt8]
        switch key.transport {
        case .tcp:
            payload = Self.words(key.initiatorPort, key.targetPort, 0, 1, 0, tcpFlags & 0x10 != 0 ? 1 : 0)
            payload += [0x50, tcpFlags] + Self.words(0xfaf0, 0, 0)
        case .udp:
            payload = Self.words(key.initiatorPort, key.targetPort, 12, 0) + [1, 2, 3, 4]
        case .icmp, .icmpv6:
            payload = [UInt8(truncatingIfNeeded: key.initiatorPort), UInt8(truncatingIfNeeded: key.targetPort), 0, 0]
            payload += quoted.map { [0, 0, 0, 0] + $0.bytes } ?? (Self.words(icmpID, 1) + [5, 6, 7, 8])
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
        bytes = Self.header(key, payload.count) + payload
    }

    private static func header(_ key: FlowKey, _ length: Int) -> [UInt8] {
        switch key.initiator.family {
        case .ipv4:
            var header = [0x45, 0] + words(UInt16(20 + length), 0x1234, 0) + [64, key.transport.rawValue, 0, 0]
            header += key.initiator.bytes + key.target.bytes
            header.replaceSubrange(10..<12, with: words(checksum(header)))
            return header
        case .ipv6:
            return [0x60, 0, 0, 0] + words(UInt16(length)) + [key.transport.rawValue, 64] + key.initiator.bytes
                + key.target.bytes
        }
    }

    private static func checksumPlace(_ transport: TransportProtocol) -> Int? {
        switch transport {
        case .tcp: 16
        case .udp: 6
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

    /// Sends the packet as an Ethernet frame from a device of a namespace.
    package func send(from namespace: String, device: String, to mac: MACAddress, as source: MACAddress) throws {
        func six(_ address: MACAddress) -> [UInt8] {
            (0..<6).map { (index: UInt64) in UInt8(truncatingIfNeeded: address.bits >> (40 - 8 * index)) }
        }
        let frame = six(mac) + six(source) + (bytes[0] >> 4 == 6 ? [0x86, 0xdd] : [0x08, 0x00]) + bytes
        let result = try NetworkNamespace.within(namespace) { unsafe gh_send_frame(device, frame, frame.count) }
        guard result == 0 else { throw SystemError("sendto", device, code: -result) }
    }
}
