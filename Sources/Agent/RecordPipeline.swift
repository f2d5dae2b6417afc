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
    private let sockets: KernelSockets
    private let enforcer: Enforcer
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
        var snapshot = Self.loadSnapshot(folder)
        let now = SystemClock.realtime
        if let first = try SpoolReader(folder: folder.spool).firstSequence(), first > snapshot.next {
            // Records that are in no book any more: what they held is found to be lost.
            for account in snapshot.books.entries.keys {
                snapshot.books.expectLoss(account, .noRoom, since: now)
            }
        }
        try SpoolReader(folder: folder.spool).forEach(from: snapshot.next) { snapshot.apply($0) }
        if !snapshot.bootID.isEmpty, snapshot.bootID != Machine.bootID {
            snapshot.books.countersBeganAnew(now: now)
            snapshot.sessions = [:]
        }
        snapshotNext = snapshot.next
        journal = try ReceiveJournal(
            path: folder.journals + "/ended", slots: AgentConfiguration.endedSlots,
            slotSize: AgentConfiguration.endedSlotBytes, committed: spool.position.ended)
        nextEnded = journal.released
        generationBegan = now
        recordedGeneration = spool.position.generation
        recorder = Recorder(
            attributor: attributor, books: snapshot.books, restored: snapshot.sessions,
            window: CaptureWindow(
                length: configuration.window, holding: Timestamp(nanoseconds: now),
                closedUntil: Timestamp(nanoseconds: spool.position.closed)))
    }

    /// To be called when the kernel's table is new: its counters begin at zero.
    func noteNewTable() {
        recorder.withBooks { $0.countersBeganAnew(now: SystemClock.realtime) }
    }

    private static func loadSnapshot(_ folder: DataFolder) -> Snapshot {
        guard let bytes = try? DurableFile.read(folder.snapshot), let snapshot = Snapshot(bytes) else {
            return Snapshot()
        }
        return snapshot
    }

    /// Whether the spool's last generation and the table's fit; the generation that stands still is recorded if it was not.
    func catchUp() throws {
        let closed = enforcer.generation
        if closed > 0, recordedGeneration < closed { try record(generation: closed - 1) }
        // No generation is emptied before its records are on disk.
        try commit()
    }

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

    // MARK: Windows

    var windowEnd: Int64 { recorder.window.end.nanoseconds }

    /// So many records wait at most while live sessions are read.
    private static let waiting = 1 << 15

    /// Puts every live session's and every refusal's traffic up to now into records on disk.
    ///
    /// The window is closed by that when its time is over, or `early` at this instant; else its flows may get further
    /// records. What cannot be read is in the next window then: one that is to be closed early is closed all the same.
    func closeWindow(early: Bool = false) throws {
        let isOver = SystemClock.realtime >= recorder.window.end.nanoseconds
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
        let now = SystemClock.realtime
        closed = max(closed, min(now, recorder.window.end.nanoseconds))
        recorder.beginWindow(
            CaptureWindow(length: windowLength, holding: Timestamp(nanoseconds: now), closedUntil: closedUntil))
    }

    private func recordAll() throws {
        let now = SystemClock.realtime
        recorder.now = Timestamp(nanoseconds: now)
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
    }

    private var closed: Int64 = 0

    /// The end of the window that was closed last, by this process or one before it.
    var closedUntil: Timestamp { Timestamp(nanoseconds: max(closed, spool.position.closed)) }

    private func moveToSpool() {
        for record in recorder.takePending() { spool.append(record) }
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
            case .loss(let loss): add(loss)
            case .closed: break
            }
        }
        for statement in sums.values { spool.append(statement) }
        journal.release(before: nextEnded)
    }

    private func saveSnapshot() throws {
        let next = spool.next
        let snapshot = recorder.encodedSnapshot(next: next, bootID: Machine.bootID)
        try DurableFile.replace(folder.snapshot, with: snapshot)
        snapshotNext = next
    }

    // MARK: Counting sets

    /// Has the kernel write into the other generation, and records the one that now stands still.
    private func rotateCountingSets() throws {
        // A generation that could not be read the last time would be emptied by the rotation.
        try catchUp()
        let generation = try enforcer.rotate()
        try record(generation: generation)
    }

    private func record(generation: UInt32) throws {
        // Packets that were under way at the rotation have written by then.
        try GracePeriod.wait()
        // All sets are read before anything is recorded: a reading that fails is begun anew and records nothing twice.
        let found = try CountingSet.all.map { ($0, try enforcer.countedElements(of: $0, generation: generation)) }
        let now = SystemClock.realtime
        let span = Recorder.Span(start: Timestamp(nanoseconds: generationBegan), end: Timestamp(nanoseconds: now))
        for (set, elements) in found {
            for record in elements.flatMap({ recorder.records(of: $0, in: set, span) }) { recorder.append(record) }
        }
        generationBegan = now
        recordedGeneration = generation + 1
        try commit()
    }

    // MARK: Books

    private func counters() throws -> [Books.Account: Traffic] {
        var found: [Books.Account: Traffic] = [:]
        for (set, way) in [(SetName.egressCounts, Way.out), (.ingressCounts, Way.into)] {
            for element in try enforcer.elements(of: set) {
                let device = String(decoding: element.key.prefix { $0 != 0 }, as: UTF8.self)
                guard let port = recorder.attributor.port(device: device) else { continue }
                found[Books.Account(port.interface, way)] = element.traffic
            }
        }
        return found
    }

    private func observeCounters() throws {
        for (account, traffic) in try counters() { recorder.withBooks { $0.observe(traffic, account) } }
    }

    /// Reads counters, records, live sessions and counting sets against each other.
    ///
    /// A full disk is no reason to give no answer: refusals that cannot be written stay in their counting sets, and every line
    /// says that it may change.
    func readBooks() throws -> [Books.Line] {
        isWithoutRoom = false
        try unlessNoRoom { _ = try drainEnded() }
        try observeCounters()
        let before = recorder.books
        // Refusals are put into records: a set that packets write into cannot be read exactly.
        try unlessNoRoom(rotateCountingSets)
        var live: Set<UInt64> = []
        var open: [Books.Account: Traffic] = [:]
        try ConnectionTracking.dump(sockets.dumps) { entry in
            guard entry.mark != 0, live.insert(Recorder.connection(entry)).inserted else { return }
            recorder.open(entry) { open[$0, default: .zero] += $1 }
        }
        // What ended meanwhile goes into records, and would count twice where it was open.
        var twice: [Books.Account: Traffic] = [:]
        try unlessNoRoom {
            _ = try drainEnded { entry in
                guard live.contains(Recorder.connection(entry)) else { return }
                recorder.open(entry) { twice[$0, default: .zero] += $1 }
            }
        }
        try observeCounters()
        let after = recorder.books
        return recorder.attributor.ports.flatMap { port in
            Way.allCases.map { way in
                let account = Books.Account(port.interface, way)
                let entry = after.entries[account]
                return Books.Line(
                    account: account, kernelBefore: before.kernel(account), kernelAfter: after.kernel(account),
                    recorded: (entry?.recorded ?? .zero) - (twice[account] ?? .zero), open: open[account] ?? .zero,
                    lost: entry?.lost ?? .zero)
            }
        }
    }

    /// Whether the last reading found the disk full.
    private(set) var isWithoutRoom = false

    private func unlessNoRoom(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as SystemError where error.isNoRoom {
            isWithoutRoom = true
        }
    }

    /// Whether some loss is still to be stated.
    var hasPendingLoss: Bool { recorder.books.entries.values.contains { $0.pending != nil } }

    /// Whether a reading may settle a pending loss: one that must be exact needs an interface that rests, and costs a look at
    /// every live session. One under traffic still narrows the loss down, but seldom is enough.
    func maySettle() throws -> Bool {
        try observeCounters()
        let pending = recorder.books.entries.filter { $0.value.pending != nil }.mapValues(\.kernelSeen)
        defer { lastPending = pending }
        let now = SystemClock.monotonic
        guard pending.contains(where: { lastPending[$0.key] == $0.value }) || now >= nextReading else { return false }
        nextReading = now + 60_000_000_000
        return !pending.isEmpty
    }

    /// What the counters of accounts with a pending loss were when this was asked last.
    private var lastPending: [Books.Account: Traffic] = [:]
    private var nextReading: Int64 = 0

    /// Narrows pending losses down, and puts those that are exact now into the spool.
    func settle(_ lines: [Books.Line]) throws {
        let statements = recorder.withBooks { $0.settle(lines, now: SystemClock.realtime) }
        guard !statements.isEmpty else { return }
        for statement in statements {
            recorder.state(statement)
            spool.append(statement)
        }
        // What has no room now waits for the next commit.
        try unlessNoRoom(commit)
    }

    /// Says that these interfaces' counters may have run while nobody recorded.
    func expectLoss(_ interfaces: [Identifier<Interface>], _ reason: LossStatement.Reason) {
        let now = SystemClock.realtime
        for interface in interfaces {
            for way in Way.allCases {
                recorder.withBooks { $0.expectLoss(.init(interface, way), reason, since: now) }
            }
        }
    }
}
