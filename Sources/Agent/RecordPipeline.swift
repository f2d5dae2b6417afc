import Attribution
import Capture
import Enforcement
import Host
import Link
import Model
import Netlink
import Spools

/// From ended connections, dumps and counting sets to records in the spool; and the books over them.
final class RecordPipeline {
    private let folder: DataFolder
    let sockets: KernelSockets
    let enforcer: Enforcer
    private let journal: ReceiveJournal
    let spool: Spool
    var recorder: Recorder
    private let windowLength: Duration
    /// Numbers of records that went to make room for others, since this was asked last.
    private var forgotten: Range<UInt64>?
    /// The first record that is not worked into the snapshot on disk.
    private var snapshotNext: UInt64
    /// The first datagram of ended connections that is not worked in.
    private var nextEnded: UInt64
    private var generationBegan: Int64
    /// The last generation of the counting sets that is in records, perhaps not yet on disk, plus one.
    private var recordedGeneration: UInt32
    /// Whether what is received survives this process.
    var isDurable: Bool { journal.isDurable }
    private(set) var malformed: UInt64 = 0
    private(set) var overruns: UInt64 = 0
    /// Records that a full disk did not take; what they held is stated as loss.
    private(set) var givenUp: UInt64 = 0
    private(set) var liveSessions = 0

    init(_ configuration: AgentConfiguration, _ sockets: KernelSockets, _ enforcer: Enforcer, _ attributor: Attributor)
        throws
    {
        folder = configuration.folder
        self.sockets = sockets
        self.enforcer = enforcer
        windowLength = configuration.window
        spool = try Spool(folder: folder.spool, limit: configuration.spoolBytes)
        var (snapshot, isSnapshotLost) = Self.loadSnapshot(folder)
        if isSnapshotLost {
            problems.append(
                "records: \(folder.snapshot) cannot be read; it is kept as \(folder.snapshot).damaged; what is recorded is read from "
                    + "the spool, and what that does not have is stated as loss")
        }
        let now = SystemClock.realtime
        if let first = try SpoolReader(folder: folder.spool).firstSequence(), first > snapshot.next {
            // Records that are in no book any more: what they held is found to be lost.
            for account in snapshot.books.entries.keys {
                snapshot.books.expectLoss(account, .noRoom, since: now)
            }
        }
        try SpoolReader(folder: folder.spool).forEach(from: snapshot.next) { snapshot.apply($0) }
        var isDamaged = isSnapshotLost || snapshot.isBehindDamage
        let isEndGone = snapshot.next > spool.saidLast
        if isEndGone {
            problems.append(
                "spool: records \(spool.saidLast) to \(snapshot.next - 1) are gone, with the end of \(folder.spool) or its last segment"
            )
            spool.skip(to: snapshot.next, snapshot.position)
            isDamaged = true
        }
        if !snapshot.bootID.isEmpty, snapshot.bootID != Machine.bootID {
            snapshot.books.countersBeganAnew(now: now)
            snapshot.sessions = [:]
        }
        snapshotNext = snapshot.next
        journal = try ReceiveJournal(
            path: folder.journals + "/ended", slots: AgentConfiguration.endedSlots,
            slotSize: AgentConfiguration.endedSlotBytes, committed: spool.position.ended)
        if journal.wasDamaged {
            problems.append(
                "journals: \(folder.journals)/ended cannot be read; connections that had ended and were not recorded are stated as loss"
            )
            isDamaged = true
        }
        nextEnded = journal.released
        generationBegan = now
        recordedGeneration = spool.position.generation
        recorder = Recorder(
            attributor: attributor, books: snapshot.books, restored: snapshot.sessions,
            window: CaptureWindow(
                length: configuration.window, holding: Timestamp(nanoseconds: now),
                closedUntil: Timestamp(nanoseconds: spool.position.closed)))
        if let bytes = try DurableFile.read(folder.movedSessions) {
            if let moved = MovedSessions(bytes) {
                recorder.moved = moved
            } else {
                problems.append(
                    "\(folder.movedSessions) is damaged: records of sessions that another rule admits since a change may name "
                        + "the former rule")
            }
        }
        check = SpoolCheck(folder: folder.spool, before: spool.next, isEndGone: isEndGone)
        recordedBefore = snapshot.books
        hasDamage = isDamaged
    }

    /// What of the files could not be read at the start, or by `look`; each says which file.
    private(set) var problems: [String] = []
    /// Whether something was damaged whose traffic is in no account: all interfaces may have lost some.
    let hasDamage: Bool
    private var check: SpoolCheck?
    /// The books at the start.
    private let recordedBefore: Books

    /// Says what the spool's check has found, once it is through, and states what is known to have been in it.
    func lookAtCheck() throws {
        guard let finding = check?.take() else { return }
        check = nil
        for damage in finding.damage.prefix(10) {
            let numbers =
                damage.numbers.isEmpty
                ? "no record is lost"
                : "records \(damage.numbers.lowerBound) to \(damage.numbers.upperBound - 1) cannot be read"
            let sums = finding.readable == nil ? "; what they held is still in the books' sums" : ""
            problems.append("spool: \(folder.spool)/\(damage.file) is damaged: \(numbers)\(sums)")
        }
        guard let readable = finding.readable else { return }
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        for (account, entry) in recordedBefore.entries {
            let missing = entry.recorded - (readable.entries[account]?.recorded ?? .zero)
            guard missing.packets > 0, missing.packets <= entry.recorded.packets else { continue }
            let statement = LossStatement(
                interface: account.interface, way: account.way, reason: .damaged, traffic: missing, since: now,
                until: now)
            recorder.withBooks { $0.lose(statement) }
            spool.append(statement)
        }
        try unlessNoRoom(commit)
    }

    /// To be called when the kernel's table is new: its counters begin at zero.
    ///
    /// A successor must know it too: it would take numbers that have grown past those of before for their continuation.
    func noteNewTable() throws {
        let accounts = recorder.attributor.ports.flatMap { port in
            Way.allCases.map { Books.Account(port.interface, $0) }
        }
        recorder.withBooks { $0.countersBeganAnew(of: accounts, now: SystemClock.realtime) }
        seenCounters = [:]
        try unlessNoRoom(saveSnapshot)
    }

    /// The snapshot, or an empty one; and whether there was one that cannot be read, which is set aside.
    private static func loadSnapshot(_ folder: DataFolder) -> (Snapshot, isLost: Bool) {
        do {
            guard let bytes = try DurableFile.read(folder.snapshot) else { return (Snapshot(), false) }
            if let snapshot = Snapshot(bytes) { return (snapshot, false) }
        } catch {}
        try? DurableFile.rename(folder.snapshot, to: folder.snapshot + ".damaged")
        return (Snapshot(), true)
    }

    /// Whether the spool's last generation and the table's fit; the generation that stands still is recorded if it was not.
    func catchUp() throws {
        let closed = enforcer.generation
        if closed > 0, recordedGeneration < closed { try record(generation: closed - 1) }
        // No generation is emptied before its records are on disk.
        try commit()
    }

    /// Whether the last reading of the books found the disk full.
    var isWithoutRoom = false
    /// What the counters of accounts with a pending loss were when it was asked last whether it may be settled.
    var lastPending: [Books.Account: Traffic] = [:]
    /// What each counter was last seen at, and whose it was.
    var seenCounters: [Counter: (account: Books.Account, traffic: Traffic)] = [:]
    var nextReading: Int64 = 0

    // MARK: Ended connections

    /// Works in every connection that ended up to now, as far as the kernel has told.
    ///
    /// - Returns: how many ended connections there were.
    @discardableResult
    func drainEnded(each: (ConnectionEntry) -> Void = { _ in }) throws -> Int {
        var count = 0
        while true {
            for number in nextEnded..<journal.next {
                journal.withDatagram(number) { view in
                    var cursor = EndedConnectionCursor(view)
                    var entry = ConnectionEntry()
                    while cursor.next(into: &entry) {
                        count += 1
                        each(entry)
                        recorder.record(ended: entry)
                    }
                    malformed += UInt64(cursor.skipped) + (cursor.isMalformed ? 1 : 0)
                }
            }
            nextEnded = journal.next
            if journal.free < Self.scarce { try commit() }
            do {
                if try journal.receive(from: sockets.ended) == 0 { return count }
            } catch {
                guard error.code == SystemError.noBufferSpace else { throw error }
                // In the reliable mode the kernel keeps what did not fit and tells it later.
                overruns += 1
            }
        }
    }

    // MARK: Sessions that get another rule

    /// Records what sessions did under their rule of before, and notes which marks are to be of a revision from now on.
    ///
    /// To be called before the kernel gets the marks: records and note are on disk by then, so that whoever reads a mark, after
    /// a kill as well, knows its revision and what is not of it.
    func noteMoves(_ moves: [SessionCutter.Move], to revision: Int) throws {
        guard !moves.isEmpty else { return }
        let now = SystemClock.realtime
        recorder.now = Timestamp(nanoseconds: now)
        for move in moves {
            recorder.record(live: move.entry)
            recorder.moved.note(
                Recorder.connection(move.entry), .init(mark: move.mark, revision: revision, since: now))
            if recorder.pending.count >= Self.waiting { try? commit() }
        }
        // A change of policy does not wait for what cannot be written: this process knows it all the same.
        try unlessNoRoom {
            try DurableFile.replace(folder.movedSessions, with: recorder.moved.encoded)
            try commit()
        }
    }

    // MARK: Windows

    var windowEnd: Int64 { recorder.window.end.nanoseconds }

    /// So many records wait at most while live sessions are read.
    private static let waiting = 1 << 15

    /// Puts every live session's and every refusal's traffic up to now into records on disk.
    ///
    /// The window is closed by that when its time is over, or `early` at this instant; else its flows may get further
    /// records. What cannot be read is in the next window then: one that is to be closed early is closed all the same.
    func closeWindow(early: Bool = false) throws {
        let isOver = isWindowOver
        do {
            try recordAll()
        } catch {
            if early { try? markClosed() }
            throw error
        }
        if early || isOver { beginWindow() }
        try commit()
        try saveSnapshot()
        // Records of a million live sessions may have come and gone.
        if isOver { MemoryHints.giveBack() }
    }

    /// Says that the window is over now, with what is recorded of it.
    func markClosed() throws {
        beginWindow()
        try commit()
    }

    private func beginWindow() {
        moveToSpool()
        stateUncollected()
        let now = SystemClock.realtime
        closed = max(closed, min(now, recorder.window.end.nanoseconds))
        recorder.beginWindow(
            CaptureWindow(length: windowLength, holding: Timestamp(nanoseconds: now), closedUntil: closedUntil))
    }

    /// Tells readers what of the window is not collected: one statement for each interface and way.
    private func stateUncollected() {
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        let window = recorder.window.start..<max(recorder.window.start, min(now, recorder.window.end))
        for statement in recorder.books.unstatedUncollected(window) {
            recorder.state(statement)
            spool.append(statement)
        }
    }

    private func recordAll() throws {
        let now = SystemClock.realtime
        recorder.now = Timestamp(nanoseconds: now)
        try observeCounters()
        let before = recorder.books
        try drainEnded()
        recorder.beginPass()
        var live = 0
        try ConnectionTracking.dump(sockets.dumps) { entry in
            if entry.mark != 0 { live += 1 }
            recorder.record(live: entry)
            // What cannot be written now is tried again at the end.
            if recorder.pending.count >= Self.waiting { try? commit() }
        }
        liveSessions = live
        recorder.endPass(second: UInt32(truncatingIfNeeded: now / 1_000_000_000))
        try rotateCountingSets()
        try drainEnded()
        try observeCounters()
        recorder.withBooks { $0.noteUnexplained($0.lines(since: before)) }
    }

    private var closed: Int64 = 0

    /// The end of the window that was closed last, by this process or one before it.
    var closedUntil: Timestamp { Timestamp(nanoseconds: max(closed, spool.position.closed)) }

    /// Whether the window should be closed by now.
    var isWindowOver: Bool { SystemClock.realtime >= recorder.window.end.nanoseconds }

    /// An instant from which on what is recorded is in windows that end later.
    var instantInWindow: Int64 {
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        return recorder.window.openInstant(at: now, closedUntil: closedUntil).nanoseconds
    }

    private func moveToSpool() {
        for recorded in recorder.takePending() {
            switch recorded {
            case .record(let record): spool.append(record)
            case .uncollected(let session): spool.append(session)
            }
        }
    }

    /// Puts what is recorded on disk, and lets go of the datagrams that it came from.
    func commit() throws {
        moveToSpool()
        var position = spool.position
        guard
            spool.hasBatch || position.ended != nextEnded || closed > position.closed
                || recordedGeneration != position.generation
        else { return }
        position.ended = nextEnded
        position.closed = max(position.closed, closed)
        // Of a new table the first is less than the last of the one before.
        position.generation = recordedGeneration
        try put(position)
    }

    private func put(_ position: Spool.Position) throws {
        do {
            try spool.commit(position)
        } catch {
            if error.isNoRoom, journal.free < Self.scarce || spool.waitingBytes > Self.waitingBytes {
                stateLossOfBatch()
            }
            throw error
        }
        journal.release(before: nextEnded)
        guard let gone = spool.takeForgotten() else { return }
        forgotten = min(forgotten?.lowerBound ?? gone.lowerBound, gone.lowerBound)..<gone.upperBound
        // The books of a successor should not need what is gone; where they do, it finds a loss.
        if gone.upperBound > snapshotNext { try? saveSnapshot() }
    }

    // MARK: No room

    /// Where fewer places for datagrams are left, records that cannot be written are given up.
    private static let scarce = 64
    private static let waitingBytes = 32 << 20

    /// Numbers of records that went to make room, since this was asked last; nil for none.
    func takeForgotten() -> Range<UInt64>? {
        defer { forgotten = nil }
        return forgotten
    }

    /// Gives up records that a full disk does not take, and states what they held: the kernel would otherwise keep every
    /// ended connection, until it has no room for new ones.
    private func stateLossOfBatch() {
        struct Cause: Hashable {
            let account: Books.Account
            let reason: LossStatement.Reason
        }
        var sums: [Cause: LossStatement] = [:]
        func add(_ loss: LossStatement) {
            let cause = Cause(account: .init(loss.interface, loss.way), reason: loss.reason)
            var sum = sums[cause] ?? loss
            if sums[cause] != nil {
                sum.traffic += loss.traffic
                sum.since = min(sum.since, loss.since)
                sum.until = max(sum.until, loss.until)
            }
            sums[cause] = sum
        }
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        for item in spool.takeBatch() {
            switch item {
            case .record(let record):
                givenUp += 1
                for statement in record.asLoss(.noRoom, until: now) {
                    recorder.withBooks { $0.lose(statement) }
                    add(statement)
                }
            case .uncollected(let session):
                for statement in recorder.withBooks({ $0.lose(session, until: now) }) { add(statement) }
            case .loss(let loss): add(loss)
            case .closed, .damaged: break
            }
        }
        for statement in sums.values { spool.append(statement) }
        journal.release(before: nextEnded)
    }

    private func saveSnapshot() throws {
        let next = spool.next
        let snapshot = recorder.encodedSnapshot(next: next, position: spool.position, bootID: Machine.bootID)
        try DurableFile.replace(folder.snapshot, with: snapshot)
        snapshotNext = next
    }

    // MARK: Counting sets

    /// Has the kernel write into the other generation, and records the one that now stands still.
    func rotateCountingSets() throws {
        // A generation that could not be read the last time would be emptied by the rotation.
        try catchUp()
        let generation = try enforcer.rotate()
        try record(generation: generation)
    }

    private func record(generation: UInt32) throws {
        // Packets that were under way at the rotation have written by then.
        try GracePeriod.wait()
        // All sets are read before anything is recorded: a reading that fails is begun anew and records nothing twice.
        let found = try enforcer.presentCountingSets.map {
            ($0, try enforcer.countedElements(of: $0, generation: generation))
        }
        let quoted = try findQuoted(found)
        let now = SystemClock.realtime
        let span = Recorder.Span(start: Timestamp(nanoseconds: generationBegan), end: Timestamp(nanoseconds: now))
        for (set, elements) in found {
            for record in elements.flatMap({ recorder.records(of: $0, in: set, span, quoted: quoted) }) {
                recorder.append(record)
            }
            for statement in elements.flatMap({ recorder.unsent($0, in: set, span) }) {
                recorder.state(statement)
                spool.append(statement)
            }
        }
        generationBegan = now
        recordedGeneration = generation + 1
        try commit()
    }

    /// The sessions that counted ICMP errors were about: live, or ended lately.
    private func findQuoted(_ found: [(CountingSet, [RuleTable.Element])]) throws -> QuotedSessions {
        var quoted = QuotedSessions(
            found.reduce(into: []) { $0.formUnion(Recorder.connections($1.1, in: $1.0)) })
        guard quoted.areWanting else { return quoted }
        try ConnectionTracking.dump(sockets.dumps) { quoted.note($0) }
        // One that ended since is found among these.
        if quoted.areWanting {
            try drainEnded()
            recorder.findEnded(&quoted)
        }
        return quoted
    }
}
