import CNetlink

/// What the datagrams that come back say of some requests.
///
/// A datagram that is cut off ends the wait with an error: what is missing might be a refusal, or half of a table.
package struct AnswerReader {
    private let name: String
    /// The numbers of the requests whose end was not told yet.
    private var wanted: Set<UInt32>
    /// The first thing that went wrong.
    package private(set) var failure: NetlinkError?

    package init(_ name: String, wanted: Set<UInt32>) {
        self.name = name
        self.wanted = wanted
    }

    /// Whether no further datagram is to be awaited.
    var isComplete: Bool { wanted.isEmpty }

    /// Reads a datagram and hands over what is neither an acknowledgement nor an end; `each` says whether it could read it.
    package mutating func read(_ datagram: ByteView, _ each: (NetlinkMessage) -> Bool) {
        var cursor = MessageCursor(datagram)
        while let message = cursor.next() {
            guard wanted.contains(message.sequence) else {
                // A batch that fails as a whole is answered under the number of its begin message.
                if message.type == UInt16(NLMSG_ERROR), let refusal = refusal(message) { end(refusal) }
                continue
            }
            // NLM_F_DUMP_INTR
            if message.flags & 0x10 != 0 { failure = failure ?? .interrupted(request: name) }
            switch Int32(message.type) {
            case NLMSG_DONE, NLMSG_ERROR:
                // The end of a dump tells the error that ended it, where there was one.
                wanted.remove(message.sequence)
                failure = failure ?? refusal(message)
            default:
                if !each(message) { failure = failure ?? .malformed(request: name) }
            }
        }
        if cursor.isMalformed { end(.malformed(request: name)) }
    }

    private mutating func end(_ error: NetlinkError) {
        failure = failure ?? error
        wanted.removeAll()
    }

    /// What an error message, or the end of a dump, says; nil where all went well.
    private func refusal(_ message: NetlinkMessage) -> NetlinkError? {
        // A missing number would read as zero, which says that the request was done.
        guard message.body.count >= 4 else { return .malformed(request: name) }
        let code = Int32(bitPattern: message.body.load(0, as: UInt32.self))
        return code == 0 ? nil : .refused(request: name, code: 0 &- code)
    }
}
