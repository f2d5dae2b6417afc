import CNetlink
import Model

/// The attributes of a conntrack message.
extension ConnectionTracking {
    /// Reads one entry; false when a tuple is missing or an attribute is cut off.
    static func decode(_ message: NetlinkMessage, into entry: inout ConnectionEntry) -> Bool {
        entry = ConnectionEntry()
        var attributes = AttributeCursor(message.attributes)
        let isIPv6 = message.family == 10
        entry.original.isIPv6 = isIPv6
        entry.reply.isIPv6 = isIPv6
        var tuples = 0
        while let attribute = attributes.next() {
            let payload = attribute.payload
            switch Int(attribute.type) {
            case 1:  // CTA_TUPLE_ORIG
                tuples += readTuple(payload, &entry.original) ? 1 : 0
            case 2:  // CTA_TUPLE_REPLY
                tuples += readTuple(payload, &entry.reply) ? 1 : 0
            case 3:  // CTA_STATUS
                entry.status = payload.big(0)
            case 4:  // CTA_PROTOINFO
                readProtocol(payload, &entry)
            case 8:  // CTA_MARK
                entry.mark = payload.big(0)
            case 9:  // CTA_COUNTERS_ORIG
                entry.fromOriginal = readCounters(payload)
                entry.hasCounters = true
            case 10:  // CTA_COUNTERS_REPLY
                entry.fromReply = readCounters(payload)
            case 12:  // CTA_ID
                entry.id = payload.big(0)
            case 20:  // CTA_TIMESTAMP
                readTimes(payload, &entry)
            default: break
            }
        }
        return tuples == 2 && !attributes.isMalformed
    }

    private static func readTuple(_ view: ByteView, _ tuple: inout ConnectionTuple) -> Bool {
        var attributes = AttributeCursor(view)
        var parts = 0
        while let attribute = attributes.next() {
            var inner = AttributeCursor(attribute.payload)
            switch Int(attribute.type) {
            case 1:  // CTA_TUPLE_IP
                while let field = inner.next() { readAddress(field, &tuple) }
                parts += 1
            case 2:  // CTA_TUPLE_PROTO
                while let field = inner.next() { readPort(field, &tuple) }
                parts += 1
            default: break
            }
        }
        return parts == 2 && !attributes.isMalformed
    }

    private static func readAddress(_ field: Attribute, _ tuple: inout ConnectionTuple) {
        let payload = field.payload
        switch Int(field.type) {
        case 1: tuple.sourceLow = UInt64(payload.big(0, as: UInt32.self))  // CTA_IP_V4_SRC
        case 2: tuple.targetLow = UInt64(payload.big(0, as: UInt32.self))  // CTA_IP_V4_DST
        case 3:  // CTA_IP_V6_SRC
            tuple.sourceHigh = payload.big(0)
            tuple.sourceLow = payload.big(8)
        case 4:  // CTA_IP_V6_DST
            tuple.targetHigh = payload.big(0)
            tuple.targetLow = payload.big(8)
        default: break
        }
    }

    private static func readPort(_ field: Attribute, _ tuple: inout ConnectionTuple) {
        let payload = field.payload
        switch Int(field.type) {
        case 1: tuple.transport = payload.load(0)  // CTA_PROTO_NUM
        case 2: tuple.sourcePort = payload.big(0)  // CTA_PROTO_SRC_PORT
        case 3: tuple.targetPort = payload.big(0)  // CTA_PROTO_DST_PORT
        case 4, 7: tuple.icmpID = payload.big(0)  // CTA_PROTO_ICMP_ID, CTA_PROTO_ICMPV6_ID
        case 5, 8: tuple.sourcePort = UInt16(payload.load(0, as: UInt8.self))  // CTA_PROTO_ICMP_TYPE, …V6_TYPE
        case 6, 9: tuple.targetPort = UInt16(payload.load(0, as: UInt8.self))  // CTA_PROTO_ICMP_CODE, …V6_CODE
        default: break
        }
    }

    private static func readProtocol(_ view: ByteView, _ entry: inout ConnectionEntry) {
        var outer = AttributeCursor(view)
        while let attribute = outer.next() {
            guard attribute.type == 1 else { continue }  // CTA_PROTOINFO_TCP
            var inner = AttributeCursor(attribute.payload)
            while let field = inner.next() {
                if field.type == 1 { entry.tcpState = field.payload.load(0) }  // CTA_PROTOINFO_TCP_STATE
            }
        }
    }

    private static func readCounters(_ view: ByteView) -> Traffic {
        var traffic = Traffic.zero
        var attributes = AttributeCursor(view)
        while let attribute = attributes.next() {
            switch Int(attribute.type) {
            case 1: traffic.packets = attribute.payload.big(0)  // CTA_COUNTERS_PACKETS
            case 2: traffic.bytes = attribute.payload.big(0)  // CTA_COUNTERS_BYTES
            default: break
            }
        }
        return traffic
    }

    private static func readTimes(_ view: ByteView, _ entry: inout ConnectionEntry) {
        var attributes = AttributeCursor(view)
        while let attribute = attributes.next() {
            let value = Int64(truncatingIfNeeded: attribute.payload.big(0, as: UInt64.self))
            switch Int(attribute.type) {
            case 1: entry.start = value  // CTA_TIMESTAMP_START
            case 2: entry.stop = value  // CTA_TIMESTAMP_STOP
            default: break
            }
        }
    }
}
