import CNetlink
package import Host

/// Hears of sessions whose addresses are translated, as they begin (NFNLGRP_CONNTRACK_NEW).
///
/// The kernel makes a message for each session while somebody listens; only those that are translated come here.
package final class TranslationWatch {
    private let socket: NetfilterSocket
    private var waiting: WaitingDatagrams

    package init(receiveBuffer: Int32) throws(NetlinkError) {
        socket = try NetfilterSocket()
        waiting = WaitingDatagrams(socket.number, "NFNLGRP_CONNTRACK_NEW")
        try socket.setReceiveBuffer(receiveBuffer)
        let result = gh_filter_translated(socket.number)
        guard result == 0 else { throw .system(SystemError("setsockopt", "SO_ATTACH_FILTER", code: -result)) }
        try socket.join(Int32(NFNLGRP_CONNTRACK_NEW.rawValue))
    }

    /// Hands over each session that has begun since the last call; some may not have fitted.
    package func drain(_ each: (ConnectionEntry) -> Void) throws(SystemError) {
        var entry = ConnectionEntry()
        try waiting.forEach { view in
            guard let view else { return }
            var messages = MessageCursor(view)
            while let message = messages.next() {
                _ = ConnectionTracking.read(message, into: &entry, each)
            }
        }
    }
}
