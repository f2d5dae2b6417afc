import CNetlink
package import Model

/// One way of a connection, as conntrack's tuples hold it.
package struct ConnectionTuple: Equatable {
    package var isIPv6 = false
    package var sourceHigh: UInt64 = 0
    package var sourceLow: UInt64 = 0
    package var targetHigh: UInt64 = 0
    package var targetLow: UInt64 = 0
    package var transport: UInt8 = 0
    /// For ICMP the type and the code.
    package var sourcePort: UInt16 = 0
    package var targetPort: UInt16 = 0
    /// Identifier of an ICMP echo session.
    package var icmpID: UInt16 = 0
    /// The conntrack zone of this way alone; 0 where it has none of its own.
    package var zone: UInt16 = 0

    package init() {}

    package var source: IPAddress { address(sourceHigh, sourceLow) }
    package var target: IPAddress { address(targetHigh, targetLow) }

    private func address(_ high: UInt64, _ low: UInt64) -> IPAddress {
        isIPv6 ? IPAddress(ipv6High: high, low: low) : IPAddress(ipv4: UInt32(truncatingIfNeeded: low))
    }

    /// The tuple as a flow key, by who sends in this way.
    package var key: FlowKey {
        FlowKey(
            initiator: source, target: target, transport: TransportProtocol(rawValue: transport),
            initiatorPort: sourcePort, targetPort: targetPort)
    }
}

/// A connection tracking entry: from a dump, or when it ended.
package struct ConnectionEntry {
    package var original = ConnectionTuple()
    package var reply = ConnectionTuple()
    /// The kernel's number for the entry (CTA_ID): differs between two uses of one tuple.
    package var id: UInt32 = 0
    package var mark: UInt32 = 0
    /// The conntrack zone of both ways, 0 for the common one. Entries of two zones may have the same tuples.
    package var zone: UInt16 = 0
    package var status: UInt32 = 0
    /// `TCP_CONNTRACK_…`; 0 for other protocols.
    package var tcpState: UInt8 = 0
    /// Packets and bytes by the original and the reply way, since the entry was made.
    package var fromOriginal = Traffic.zero
    package var fromReply = Traffic.zero
    package var hasCounters = false
    /// When the entry was made and, once it ended, when that was: nanoseconds since 1970, 0 where unknown.
    package var start: Int64 = 0
    package var stop: Int64 = 0

    package init() {}

    /// The key as the target saw it, behind any address translation.
    package var keyAtTarget: FlowKey {
        // The reply of an ICMP session has a type of its own; the session keeps its opener's.
        let isICMP = TransportProtocol(rawValue: original.transport).isICMP
        return FlowKey(
            initiator: reply.target, target: reply.source,
            transport: TransportProtocol(rawValue: original.transport),
            initiatorPort: isICMP ? original.sourcePort : reply.targetPort,
            targetPort: isICMP ? original.targetPort : reply.sourcePort)
    }

    /// Both sides of the entry's address translation; nil where nothing that a key holds was translated.
    package var translation: Translation? {
        let (before, after) = (original.key, keyAtTarget)
        return before == after ? nil : Translation(before: before, after: after)
    }

    /// Whether a helper announced the connection (IPS_EXPECTED): its mark is that of the one that it belongs to.
    package var isExpected: Bool { status & 1 != 0 }

    /// The key that rules of both ends ask about: the initiator as it was before any translation, the target and its port
    /// behind it.
    package var judgedKey: FlowKey { translation?.judged ?? original.key }

    /// Whether TCP has closed the connection in both ways, or reset it.
    package var isClosed: Bool { tcpState == 7 || tcpState == 8 }  // TCP_CONNTRACK_TIME_WAIT, TCP_CONNTRACK_CLOSE
}

/// Connection tracking over netlink: dumps, ends, deletion.
///
/// Facts from linux/netfilter/nfnetlink_conntrack.h and net/netfilter/nf_conntrack_netlink.c.
package enum ConnectionTracking {
    private static func type(_ message: some BinaryInteger) -> UInt16 {
        UInt16(NFNL_SUBSYS_CTNETLINK) << 8 | UInt16(message)
    }

    static let deleteType = type(IPCTNL_MSG_CT_DELETE.rawValue)
    static let newType = type(IPCTNL_MSG_CT_NEW.rawValue)
    static let dumpType = type(IPCTNL_MSG_CT_GET.rawValue)

    /// Has the end of every entry told to the socket, each until it is delivered.
    ///
    /// The kernel keeps a dying entry whose event did not fit, and tries again (the reliable mode of conntrackd).
    package static func subscribeToEnds(_ socket: NetfilterSocket) throws(NetlinkError) {
        try socket.demandDelivery()
        try socket.join(Int32(NFNLGRP_CONNTRACK_DESTROY.rawValue))
    }

    /// Hands over every entry of both families, with its counters.
    ///
    /// An entry that cannot be read is an error: who reads live sessions must not take one for ended.
    package static func dump(_ socket: NetfilterSocket, each: (ConnectionEntry) -> Void) throws(NetlinkError) {
        var entry = ConnectionEntry()
        try socket.dump("conntrack dump", type: dumpType, { _ in }) { message in
            read(message, into: &entry, each)
        }
    }

    /// Reads one message of a dump's answer; false where it holds no entry.
    package static func read(
        _ message: NetlinkMessage, into entry: inout ConnectionEntry, _ each: (ConnectionEntry) -> Void
    ) -> Bool {
        guard message.type == newType, decode(message, into: &entry) else { return false }
        each(entry)
        return true
    }

    /// Ends the entry with this original tuple and number; it is no error when it is gone.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    package static func delete(_ socket: NetfilterSocket, _ entry: ConnectionEntry) throws(NetlinkError) -> Bool {
        do {
            try socket.request("conntrack delete", type: deleteType, family: entry.original.isIPv6 ? 10 : 2) {
                encodeDeletion(of: entry, &$0)
            }
            return true
        } catch .refused(_, 2) {  // ENOENT
            return false
        }
    }

    static func encodeDeletion(of entry: ConnectionEntry, _ builder: inout MessageBuilder) {
        encodeName(of: entry, &builder)
        builder.attribute(UInt16(CTA_ID.rawValue), big: entry.id)
    }

    /// Writes bits of the mark of the entry with this original tuple; the others stay. It is no error when it is gone.
    ///
    /// The kernel does not ask for the entry's number here (`ctnetlink_new_conntrack`): where another entry of the tuple has
    /// come since, that one's bits are written.
    ///
    /// - Returns: whether there was one.
    package static func setMark(
        _ socket: NetfilterSocket, _ entry: ConnectionEntry, to mark: UInt32, mask: UInt32
    ) throws(NetlinkError) -> Bool {
        do {
            // Without NLM_F_CREATE none is made.
            try socket.request("conntrack mark", type: newType, family: entry.original.isIPv6 ? 10 : 2) {
                encodeMark(of: entry, mark, mask: mask, &$0)
            }
            return true
        } catch .refused(_, 2) {  // ENOENT
            return false
        }
    }

    static func encodeMark(of entry: ConnectionEntry, _ mark: UInt32, mask: UInt32, _ builder: inout MessageBuilder) {
        encodeName(of: entry, &builder)
        builder.attribute(UInt16(CTA_MARK.rawValue), big: mark & mask)
        builder.attribute(UInt16(CTA_MARK_MASK.rawValue), big: mask)
    }

    /// By what the kernel finds an entry.
    private static func encodeName(of entry: ConnectionEntry, _ builder: inout MessageBuilder) {
        builder.nested(UInt16(CTA_TUPLE_ORIG.rawValue)) { encode(entry.original, &$0) }
        if entry.zone != 0 { builder.attribute(UInt16(CTA_ZONE.rawValue), big: entry.zone) }
    }

    private static func encode(_ tuple: ConnectionTuple, _ builder: inout MessageBuilder) {
        builder.nested(1) {  // CTA_TUPLE_IP
            if tuple.isIPv6 {
                $0.attribute(3, tuple.source.bytes)  // CTA_IP_V6_SRC
                $0.attribute(4, tuple.target.bytes)  // CTA_IP_V6_DST
            } else {
                $0.attribute(1, tuple.source.bytes)  // CTA_IP_V4_SRC
                $0.attribute(2, tuple.target.bytes)  // CTA_IP_V4_DST
            }
        }
        builder.nested(2) {  // CTA_TUPLE_PROTO
            $0.attribute(1, [tuple.transport])  // CTA_PROTO_NUM
            switch tuple.transport {
            case 1, 58:
                let base: UInt16 = tuple.transport == 1 ? 4 : 7  // CTA_PROTO_ICMP_ID, CTA_PROTO_ICMPV6_ID
                $0.attribute(base, big: tuple.icmpID)
                $0.attribute(base + 1, [UInt8(truncatingIfNeeded: tuple.sourcePort)])
                $0.attribute(base + 2, [UInt8(truncatingIfNeeded: tuple.targetPort)])
            default:
                $0.attribute(2, big: tuple.sourcePort)  // CTA_PROTO_SRC_PORT
                $0.attribute(3, big: tuple.targetPort)  // CTA_PROTO_DST_PORT
            }
        }
        if tuple.zone != 0 { builder.attribute(3, big: tuple.zone) }  // CTA_TUPLE_ZONE
    }
}

/// Reads the ended entries of a datagram.
@safe package struct EndedConnectionCursor {
    private var messages: MessageCursor
    /// Messages that are cut off or of another kind.
    package private(set) var skipped = 0

    package init(_ view: ByteView) { messages = MessageCursor(view) }

    package var isMalformed: Bool { messages.isMalformed }

    package mutating func next(into entry: inout ConnectionEntry) -> Bool {
        while let message = messages.next() {
            if message.type == ConnectionTracking.deleteType, ConnectionTracking.decode(message, into: &entry) {
                return true
            }
            skipped += 1
        }
        return false
    }
}
