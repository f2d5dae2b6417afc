import Attribution
package import Model
package import Netlink
package import Spools

/// Turns ended and live sessions and counted refusals into flow records, each packet in exactly one.
///
/// The kernel's numbers only grow, so a record is always "what the kernel says now" less "what is in records already". The
/// latter is kept in the session table and, across a restart, in a snapshot and the spool.
package struct Recorder {
    package var attributor: Attributor
    package private(set) var books: Books
    package private(set) var sessions: FlowTable
    /// What earlier processes had recorded of sessions that may still live, by connection number.
    private var restored: [UInt64: RecordedSession]
    /// Sessions that another rule admits than when they began.
    package var moved = MovedSessions()
    /// Sessions that enterprise rules noted.
    package var observed = ObservedSessions()
    /// When the first pass over live sessions ended, in seconds since 1970.
    private var firstPass: UInt32?
    package private(set) var window: CaptureWindow
    /// The present, beyond which no packet of a record can lie.
    package var now: Timestamp
    /// Entries that no interface of ours could be found for.
    package private(set) var unattributed: UInt64 = 0
    /// What waits to be put into the spool, in the order in which it came about.
    package enum Recorded: Sendable {
        case record(FlowRecord)
        case uncollected(UncollectedSession)
    }
    package private(set) var pending: [Recorded] = []
    private var pass: UInt32 = 0
    private var lately = EndedSessions()

    package init(
        attributor: Attributor, books: Books, restored: [UInt64: RecordedSession],
        window: CaptureWindow, expectedSessions: Int = 1 << 16
    ) {
        sessions = FlowTable(minimumCapacity: expectedSessions)
        self.attributor = attributor
        self.books = books
        self.restored = restored
        self.window = window
        now = window.start
    }

    /// The same number for one connection tracking entry through its life, another for the next use of its tuple: a hash
    /// of the original way and of the instant at which the entry was made.
    package static func connection(_ entry: ConnectionEntry) -> UInt64 {
        FlowSlot(entry.original, start: entry.start).connection
    }

    /// A snapshot's file: the books, and the recorded counts of all sessions that may live on.
    ///
    /// `next` is the first record that is not in them.
    package func encodedSnapshot(next: UInt64, position: Spool.Position, bootID: String) -> [UInt8] {
        var count = restored.count
        sessions.forEach { count += $0.start == 0 ? 0 : 1 }
        return Snapshot.encode(next: next, position: position, bootID: bootID, books: books, sessions: count) { tell in
            for (connection, session) in restored { tell(connection, session) }
            sessions.forEach { if $0.start != 0 { tell($0.connection, $0.recorded) } }
        }
    }

    // MARK: Sessions

    /// Begins to fetch what `announce` will read for these packets, so that their reads overlap.
    package mutating func expect(_ packets: [LoggedPacket]) {
        sessions.expect(packets.lazy.map { FlowSlot(announcing: $0.header).hash })
    }

    /// Takes note of an accepting rule's report; false when the same session was reported at this end before.
    @inline(__always) package mutating func announce(_ header: PacketHeader, _ direction: Direction, second: UInt32)
        -> Bool
    {
        let place = sessions.findOrInsert(FlowSlot(announcing: header))
        let bit: UInt16 = direction == .egress ? 1 : 2
        sessions[place].seen = second
        let isNew = sessions[place].announced & bit == 0
        sessions[place].announced |= bit
        return isNew
    }

    /// Records a session that has ended.
    package mutating func record(ended entry: ConnectionEntry) {
        guard entry.mark != 0 else { return }
        lately.note(entry)
        record(entry, isFinal: true)
    }

    /// Finds those of the sessions that ended lately.
    package func findEnded(_ quoted: inout QuotedSessions) {
        guard quoted.areWanting else { return }
        lately.forEach { quoted.note($0, $1) }
    }

    /// Begins a pass over all live sessions at the close of a window.
    package mutating func beginPass() { pass &+= 1 }

    /// Records what a live session did since its last record.
    package mutating func record(live entry: ConnectionEntry) {
        guard entry.mark != 0 else { return }
        record(entry, isFinal: false)
    }

    /// Ends a pass: forgets announcements that no entry came of within two minutes.
    ///
    /// What earlier processes had recorded is kept as long after the first pass: of a session that ended before it, and so was not
    /// in it, the kernel may tell the end later.
    package mutating func endPass(second: UInt32) {
        sessions.removeAll { $0.start == 0 && second &- $0.seen > 120 }
        observed.forget(before: second)
        let first = firstPass ?? second
        firstPass = first
        guard second &- first > 120 else { return }
        restored.removeAll()
        guard !moved.isEmpty else { return }
        var live: Set<UInt64> = []
        sessions.forEach { if $0.start != 0 { live.insert($0.connection) } }
        moved.keep(live)
    }

    private func baseline(_ entry: ConnectionEntry, _ place: Int?) -> RecordedSession {
        if let place { return sessions[place].recorded }
        return restored[Self.connection(entry)] ?? RecordedSession()
    }

    private mutating func record(_ entry: ConnectionEntry, isFinal: Bool) {
        let slot = FlowSlot(entry.original, start: entry.start)
        let found = sessions.find(slot)
        let known = baseline(entry, found)
        let isEnded = isFinal || entry.isClosed
        let newOriginal = entry.fromOriginal - known.original
        let newReply = entry.fromReply - known.reply
        let isFirst = known.original.isZero && known.reply.isZero
        let tellsEnd = isEnded && !known.isEnded && !isFirst
        if !newOriginal.isZero || !newReply.isZero || tellsEnd {
            let state: FlowRecord.State = isEnded ? .ended : isFirst ? .new : .continuing
            emit(entry, state, newOriginal, newReply, isFirst: isFirst)
        }
        observed.keep(entry.original.key, isFinal: isFinal)
        if isFinal {
            if let found { sessions.remove(at: found) }
            if !moved.isEmpty { moved.forget(Self.connection(entry)) }
        } else {
            let place = found ?? sessions.findOrInsert(slot)
            sessions[place].recordedOriginal = entry.fromOriginal
            sessions[place].recordedReply = entry.fromReply
            sessions[place].isEnded = isEnded
            sessions[place].seen = pass
        }
        if found == nil {
            var announcement = slot
            announcement.start = 0
            announcement.ports &= ~0xffff
            if let place = sessions.find(announcement) { sessions.remove(at: place) }
        }
    }

    private mutating func emit(
        _ entry: ConnectionEntry, _ state: FlowRecord.State, _ original: Traffic, _ reply: Traffic, isFirst: Bool
    ) {
        let connection = Self.connection(entry)
        let began = Timestamp(nanoseconds: entry.start)
        let move = moved.move(connection, mark: entry.mark)
        // What a session did before it was moved is in a record of its own.
        let known = isFirst ? began : move.map { Timestamp(nanoseconds: $0.since) } ?? began
        let start = max(known, window.start)
        let last = entry.stop > 0 ? Timestamp(nanoseconds: entry.stop) : now
        let end = min(max(last, start), max(window.end, start))
        let translation = entry.translation
        var wasAttributed = false
        for direction in Direction.allCases.reversed() {
            let index =
                direction == .egress ? MarkLayout.egressIndex(entry.mark) : MarkLayout.ingressIndex(entry.mark)
            guard index != 0 else { continue }
            // The initiator is who sent the first packet; the target is who answers, after any translation.
            let address = direction == .egress ? entry.original.source : entry.reply.source
            guard let port = attributor.port(address: address) else { continue }
            wasAttributed = true
            let rule = attributor.rule(index, direction)
            append(
                FlowRecord(
                    windowStart: window.start, windowEnd: window.end, start: start, end: end, connectionStart: began,
                    connection: connection, interface: port.interface, direction: direction, verdict: .accept,
                    stage: attributor.stage(of: rule), rule: rule ?? RuleReference.unnamedAccept.id,
                    revision: move?.revision ?? attributor.revision(at: entry.start),
                    key: translation?.seen(at: direction) ?? entry.original.key,
                    otherSide: translation?.otherSide(at: direction), state: state,
                    fromInitiator: original, fromTarget: reply, cumulativeFromInitiator: entry.fromOriginal,
                    cumulativeFromTarget: entry.fromReply, observed: observed.rules(entry.original.key, direction)))
        }
        if !wasAttributed { unattributed += 1 }
    }

    /// Adds a record, or what is left of one that is not collected, to what waits, and to the books.
    package mutating func append(_ record: FlowRecord) {
        guard attributor.collects(record) else {
            let session = UncollectedSession(record)
            books.record(session)
            return pending.append(.uncollected(session))
        }
        books.record(record)
        pending.append(.record(record))
    }

    /// Adds a loss to the books.
    package mutating func state(_ loss: LossStatement) { books.state(loss) }

    /// Gives up what waits; it is the spool's now.
    package mutating func takePending() -> [Recorded] {
        defer { pending.removeAll(keepingCapacity: true) }
        return pending
    }

    package mutating func beginWindow(_ next: CaptureWindow) { window = next }

    /// Changes the books, such as by what the counters say.
    package mutating func withBooks<Result>(_ body: (inout Books) -> Result) -> Result { body(&books) }

    /// What live sessions have counted since their last record, for each account it belongs to.
    package func open(_ entry: ConnectionEntry, _ add: (Books.Account, Traffic) -> Void) {
        guard entry.mark != 0 else { return }
        let slot = FlowSlot(entry.original, start: entry.start)
        let known = baseline(entry, sessions.find(slot))
        let newOriginal = entry.fromOriginal - known.original
        let newReply = entry.fromReply - known.reply
        if MarkLayout.egressIndex(entry.mark) != 0, let port = attributor.port(address: entry.original.source) {
            add(Books.Account(port.interface, .out), newOriginal)
            add(Books.Account(port.interface, .into), newReply)
        }
        if MarkLayout.ingressIndex(entry.mark) != 0, let port = attributor.port(address: entry.reply.source) {
            add(Books.Account(port.interface, .into), newOriginal)
            add(Books.Account(port.interface, .out), newReply)
        }
    }
}
