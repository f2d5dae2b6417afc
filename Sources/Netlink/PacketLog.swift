import CNetlink
import Model

/// NFLOG: packets that a `log group N` statement reports, many to a datagram.
///
/// Facts from linux/netfilter/nfnetlink_log.h and net/netfilter/nfnetlink_log.c.
package enum PacketLog {
    /// How a group is set up on its socket.
    package struct Configuration: Sendable {
        package var group: UInt16
        /// Packets that may wait in the kernel for a datagram to fill (NFULA_CFG_QTHRESH).
        package var queueThreshold: UInt32 = 1024
        /// Bytes of a datagram that the kernel sets out with (NFULA_CFG_NLBUFSIZ), 128 KiB at most. It fills the memory that
        /// it got, which is rounded up: a datagram can be twice as long.
        package var datagramBytes: UInt32 = 128 << 10
        /// Bytes of each packet that are copied, from the network header on.
        package var copyBytes: UInt32 = 128
        /// How long a datagram may wait to fill (NFULA_CFG_TIMEOUT), in hundredths of a second.
        package var flushHundredths: UInt32 = 5

        package init(group: UInt16) { self.group = group }
    }

    /// Binds the socket to the group: from now on its packets come here.
    package static func bind(_ socket: NetfilterSocket, _ configuration: Configuration) throws(NetlinkError) {
        for (name, body) in requests(configuration) {
            try socket.request("NFLOG \(name)", type: configurationType, resource: configuration.group, body)
        }
    }

    /// The requests that set a group up, in their order: what each is called, and its attributes.
    static func requests(
        _ configuration: Configuration
    ) -> [(name: String, body: (inout MessageBuilder) -> Void)] {
        let bind: (inout MessageBuilder) -> Void = {
            $0.attribute(UInt16(NFULA_CFG_CMD.rawValue), [UInt8(NFULNL_CFG_CMD_BIND.rawValue)])
        }
        let options: (inout MessageBuilder) -> Void = {
            let copy = configuration.copyBytes
            let range: [UInt8] = [24, 16, 8, 0].map { (shift: UInt32) in UInt8(truncatingIfNeeded: copy >> shift) }
            $0.attribute(UInt16(NFULA_CFG_MODE.rawValue), range + [UInt8(NFULNL_COPY_PACKET), 0])
            $0.attribute(UInt16(NFULA_CFG_NLBUFSIZ.rawValue), big: configuration.datagramBytes)
            $0.attribute(UInt16(NFULA_CFG_QTHRESH.rawValue), big: configuration.queueThreshold)
            $0.attribute(UInt16(NFULA_CFG_TIMEOUT.rawValue), big: configuration.flushHundredths)
            $0.attribute(UInt16(NFULA_CFG_FLAGS.rawValue), big: UInt16(NFULNL_CFG_F_SEQ))
        }
        return [("bind", bind), ("options", options)]
    }

    static let configurationType = UInt16(NFNL_SUBSYS_ULOG) << 8 | UInt16(NFULNL_MSG_CONFIG.rawValue)
    static let packetType = UInt16(NFNL_SUBSYS_ULOG) << 8 | UInt16(NFULNL_MSG_PACKET.rawValue)
}

/// One packet that NFLOG reported.
package struct LoggedPacket {
    /// The prefix of the rule, its first eight bytes as a big-endian number.
    package var prefix: UInt64 = 0
    /// Counts the group's packets; a gap is loss.
    package var sequence: UInt32 = 0
    package var inputDevice: UInt32 = 0
    package var outputDevice: UInt32 = 0
    /// The ports of a bridge that it came by and leaves by; 0 where it is of no bridge.
    package var inputPort: UInt32 = 0
    package var outputPort: UInt32 = 0
    /// The packet's mark.
    package var mark: UInt32 = 0
    /// When the packet came, in nanoseconds since 1970; 0 where the kernel did not stamp it.
    package var time: Int64 = 0
    /// Source MAC and, from the link header, target MAC in their low 48 bits; 0 when there is none.
    package var sourceMAC: UInt64 = 0
    package var targetMAC: UInt64 = 0
    package var header = PacketHeader()
    /// Where the copied packet lies in the datagram.
    package var payloadOffset = 0
    package var payloadLength = 0

    package init() {}
}

/// Reads the packets of a datagram.
@safe package struct LoggedPacketCursor {
    private var messages: MessageCursor
    private let start: Int
    /// Messages that are cut off, of another kind, or without a packet in them.
    package private(set) var skipped = 0

    @inline(__always) package init(_ view: ByteView) {
        messages = MessageCursor(view)
        start = unsafe Int(bitPattern: view.base)
    }

    package var isMalformed: Bool { messages.isMalformed }

    /// Reads the next packets, 32 at most, in place of those in the array; false when there are none.
    ///
    /// Together, so that what they will be looked up in can be fetched for all of them at once: about as many reads of
    /// memory can be under way.
    package mutating func next(into packets: inout [LoggedPacket]) -> Bool {
        packets.removeAll(keepingCapacity: true)
        var packet = LoggedPacket()
        while packets.count < 32, next(into: &packet) { packets.append(packet) }
        return !packets.isEmpty
    }

    @inline(__always) private mutating func next(into packet: inout LoggedPacket) -> Bool {
        while let message = messages.next() {
            guard message.type == PacketLog.packetType else {
                if message.type >= 16 { skipped += 1 }
                continue
            }
            if read(message, &packet) { return true }
            skipped += 1
        }
        return false
    }

    @inline(__always) private func read(_ message: NetlinkMessage, _ packet: inout LoggedPacket) -> Bool {
        packet = LoggedPacket()
        var attributes = AttributeCursor(message.attributes)
        var hasPayload = false
        var isWhole = true
        var hardware: UInt16 = 0
        while let attribute = attributes.next() {
            let payload = attribute.payload
            switch Int(attribute.type) {
            case 10:  // NFULA_PREFIX: a rule of somebody else may have a shorter one, which is none of ours
                packet.prefix = payload.big(0)
            case 4:  // NFULA_IFINDEX_INDEV
                isWhole = attribute.read(into: &packet.inputDevice) && isWhole
            case 5:  // NFULA_IFINDEX_OUTDEV
                isWhole = attribute.read(into: &packet.outputDevice) && isWhole
            case 6:  // NFULA_IFINDEX_PHYSINDEV
                isWhole = attribute.read(into: &packet.inputPort) && isWhole
            case 7:  // NFULA_IFINDEX_PHYSOUTDEV
                isWhole = attribute.read(into: &packet.outputPort) && isWhole
            case 2:  // NFULA_MARK
                isWhole = attribute.read(into: &packet.mark) && isWhole
            case 12:  // NFULA_SEQ
                isWhole = attribute.read(into: &packet.sequence) && isWhole
            case 3:  // NFULA_TIMESTAMP
                isWhole = payload.count == 16 && isWhole
                packet.time =
                    Int64(truncatingIfNeeded: payload.big(0, as: UInt64.self)) &* 1_000_000_000
                    &+ Int64(truncatingIfNeeded: payload.big(8, as: UInt64.self)) &* 1000
            case 8:  // NFULA_HWADDR: hw_addrlen, pad, hw_addr[8]
                isWhole = payload.count == 12 && isWhole
                if packet.sourceMAC == 0 { packet.sourceMAC = payload.big(4, as: UInt64.self) >> 16 }
            case 15:  // NFULA_HWTYPE
                isWhole = attribute.read(into: &hardware) && isWhole
            case 16:  // NFULA_HWHEADER: an Ethernet header is target, source, type
                if payload.count == 14 {
                    packet.targetMAC = payload.big(0, as: UInt64.self) >> 16
                    packet.sourceMAC = payload.big(6, as: UInt64.self) >> 16
                }
            case 9:  // NFULA_PAYLOAD
                packet.header = PacketHeader(payload)
                packet.payloadOffset = unsafe Int(bitPattern: payload.base) &- start
                packet.payloadLength = payload.count
                hasPayload = true
            default: break
            }
        }
        if hardware != 1 { packet.targetMAC = 0 }  // ARPHRD_ETHER
        return hasPayload && isWhole && !attributes.isMalformed && packet.header.isValid
    }
}
