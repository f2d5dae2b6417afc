import CNetlink
import Model

/// The attributes of a conntrack message.
///
/// Every reader is false where an attribute is cut off, or is not as long as what it holds: a number that is not there
/// must not be taken for zero.
extension ConnectionTracking {
    /// Reads one entry; false when a tuple is missing or an attribute is cut off.
    static func decode(_ message: NetlinkMessage, into entry: inout ConnectionEntry) -> Bool {
        entry = ConnectionEntry()
        let isIPv6 = message.family == 10
        entry.original.isIPv6 = isIPv6
        entry.reply.isIPv6 = isIPv6
        var hasOriginal = false
        var hasReply = false
        let isWhole = read(message.attributes) { attribute in
            switch Int(attribute.type) {
            case 1:  // CTA_TUPLE_ORIG
                hasOriginal = readTuple(attribute.payload, &entry.original)
                return hasOriginal
            case 2:  // CTA_TUPLE_REPLY
                hasReply = readTuple(attribute.payload, &entry.reply)
                return hasReply
            case 3: return attribute.read(into: &entry.status)  // CTA_STATUS
            case 4: return readProtocol(attribute.payload, &entry)  // CTA_PROTOINFO
            case 8: return attribute.read(into: &entry.mark)  // CTA_MARK
            case 9:  // CTA_COUNTERS_ORIG
                entry.hasCounters = true
                return readCounters(attribute.payload, &entry.fromOriginal)
            case 10: return readCounters(attribute.payload, &entry.fromReply)  // CTA_COUNTERS_REPLY
            case 12: return attribute.read(into: &entry.id)  // CTA_ID
            case 18: return attribute.read(into: &entry.zone)  // CTA_ZONE
            case 20: return readTimes(attribute.payload, &entry)  // CTA_TIMESTAMP
            default: return true
            }
        }
        return isWhole && hasOriginal && hasReply
    }

    /// Hands over each attribute; false as soon as one is cut off or `body` says so of it.
    @inline(__always) private static func read(_ view: ByteView, _ body: (Attribute) -> Bool) -> Bool {
        var attributes = AttributeCursor(view)
        while let attribute = attributes.next() {
            guard body(attribute) else { return false }
        }
        return !attributes.isMalformed
    }

    static func readTuple(_ view: ByteView, _ tuple: inout ConnectionTuple) -> Bool {
        var hasAddresses = false
        var hasTransport = false
        let isWhole = read(view) { attribute in
            switch Int(attribute.type) {
            case 1:  // CTA_TUPLE_IP
                hasAddresses = true
                return read(attribute.payload) { readAddress($0, &tuple) }
            case 2:  // CTA_TUPLE_PROTO
                hasTransport = true
                return read(attribute.payload) { readPort($0, &tuple) }
            case 3: return attribute.read(into: &tuple.zone)  // CTA_TUPLE_ZONE
            default: return true
            }
        }
        return isWhole && hasAddresses && hasTransport
    }

    private static func readAddress(_ field: Attribute, _ tuple: inout ConnectionTuple) -> Bool {
        switch Int(field.type) {
        case 1: return readIPv4(field, &tuple.sourceLow)  // CTA_IP_V4_SRC
        case 2: return readIPv4(field, &tuple.targetLow)  // CTA_IP_V4_DST
        case 3: return readIPv6(field, &tuple.sourceHigh, &tuple.sourceLow)  // CTA_IP_V6_SRC
        case 4: return readIPv6(field, &tuple.targetHigh, &tuple.targetLow)  // CTA_IP_V6_DST
        default: return true
        }
    }

    private static func readIPv4(_ field: Attribute, _ low: inout UInt64) -> Bool {
        var address: UInt32 = 0
        guard field.read(into: &address) else { return false }
        low = UInt64(address)
        return true
    }

    private static func readIPv6(_ field: Attribute, _ high: inout UInt64, _ low: inout UInt64) -> Bool {
        guard field.payload.count == 16 else { return false }
        high = field.payload.big(0)
        low = field.payload.big(8)
        return true
    }

    private static func readPort(_ field: Attribute, _ tuple: inout ConnectionTuple) -> Bool {
        switch Int(field.type) {
        case 1: return field.read(into: &tuple.transport)  // CTA_PROTO_NUM
        case 2: return field.read(into: &tuple.sourcePort)  // CTA_PROTO_SRC_PORT
        case 3: return field.read(into: &tuple.targetPort)  // CTA_PROTO_DST_PORT
        case 4, 7: return field.read(into: &tuple.icmpID)  // CTA_PROTO_ICMP_ID, CTA_PROTO_ICMPV6_ID
        case 5, 8: return readByte(field, &tuple.sourcePort)  // CTA_PROTO_ICMP_TYPE, CTA_PROTO_ICMPV6_TYPE
        case 6, 9: return readByte(field, &tuple.targetPort)  // CTA_PROTO_ICMP_CODE, CTA_PROTO_ICMPV6_CODE
        default: return true
        }
    }

    private static func readByte(_ field: Attribute, _ number: inout UInt16) -> Bool {
        var byte: UInt8 = 0
        guard field.read(into: &byte) else { return false }
        number = UInt16(byte)
        return true
    }

    private static func readProtocol(_ view: ByteView, _ entry: inout ConnectionEntry) -> Bool {
        read(view) { attribute in
            guard attribute.type == 1 else { return true }  // CTA_PROTOINFO_TCP
            return read(attribute.payload) { field in
                field.type != 1 || field.read(into: &entry.tcpState)  // CTA_PROTOINFO_TCP_STATE
            }
        }
    }

    private static func readCounters(_ view: ByteView, _ traffic: inout Traffic) -> Bool {
        read(view) { attribute in
            switch Int(attribute.type) {
            case 1: return attribute.read(into: &traffic.packets)  // CTA_COUNTERS_PACKETS
            case 2: return attribute.read(into: &traffic.bytes)  // CTA_COUNTERS_BYTES
            default: return true
            }
        }
    }

    private static func readTimes(_ view: ByteView, _ entry: inout ConnectionEntry) -> Bool {
        read(view) { attribute in
            var instant: UInt64 = 0
            switch Int(attribute.type) {
            case 1:  // CTA_TIMESTAMP_START
                guard attribute.read(into: &instant) else { return false }
                entry.start = Int64(truncatingIfNeeded: instant)
            case 2:  // CTA_TIMESTAMP_STOP
                guard attribute.read(into: &instant) else { return false }
                entry.stop = Int64(truncatingIfNeeded: instant)
            default: break
            }
            return true
        }
    }
}
