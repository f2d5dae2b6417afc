import Attribution
import Capture
import Enforcement
import Host
import Link
import Model
import Netlink

/// From ended connections, dumps and counting sets to records in the spool; and the books over them.
final class RecordPipeline {
    private let folder: DataFolder
    private let sockets: KernelSockets
    private let enforcer: Enforcer
    private let journal: ReceiveJournal
    let spool: Spool
    var recorder: Recorder
    private let windowLength: Duration
    /// The first datagram of ended connections that is not worked in.
    private var nextEnded: UInt64
    private var generationBegan: Int64
    private(set) var malformed: UInt64 = 0
    private(set) var overruns: UInt64 = 0
    private(set) var liveSessions = 0

    init(_ configuration: AgentConfiguration, _ sockets: KernelSockets, _ enforcer: Enforcer, _ attributor: Attributor)
        throws
    {
        folder = configuration.folder
        self.sockets = sockets
        self.enforcer = enforcer
        windowLength = configuration.window
        spool = try Spool(folder: folder.spool)
        var snapshot = Self.loadSnapshot(folder)
        try SpoolReader(folder: folder.spool).forEach(from: snapshot.next) { snapshot.apply($0) }
        if !snapshot.bootID.isEmpty, snapshot.bootID != Machine.bootID {
            snapshot.books.countersBeganAnew(now: SystemClock.realtime)
            snapshot.sessions = [:]
        }
        let now = SystemClock.realtime
        journal = try ReceiveJournal(
            path: folder.journals + "/ended", slots: AgentConfiguration.endedSlots,
            slotSize: AgentConfiguration.endedSlotBytes, committed: spool.position.ended)
        nextEnded = journal.released
        generationBegan = now
        recorder = Recorder(
            attributor: attributor, books: snapshot.books, restored: snapshot.sessions,
            window: CaptureWindow(length: configuration.window, holding: Timestamp(nanoseconds: now)))
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
        if closed > 0, spool.position.generation < closed { try record(generation: closed - 1) }
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
            if journal.free < 64 { try commit() }
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

    /// Puts every live session's and every refusal's traffic up to now into records on disk.
    ///
    /// The window is closed by that when its time is over; before, its flows may get further records.
    func closeWindow(now: Int64) throws {
        recorder.now = Timestamp(nanoseconds: now)
        try drainEnded()
        recorder.beginPass()
        var live = 0
        try ConnectionTracking.dump(sockets.dumps) { entry in
            if entry.mark != 0 { live += 1 }
            recorder.record(live: entry)
        }
        liveSessions = live
        recorder.endPass(second: UInt32(truncatingIfNeeded: now / 1_000_000_000))
        try rotateCountingSets()
        try drainEnded()
        try observeCounters()
        if now >= recorder.window.end.nanoseconds { closed = recorder.window.end.nanoseconds }
        try commit()
        recorder.beginWindow(CaptureWindow(length: windowLength, holding: Timestamp(nanoseconds: max(now, closed))))
        try saveSnapshot()
    }

    private var closed: Int64 = 0

    /// The end of the window that was closed last, by this process or one before it.
    var closedUntil: Timestamp { Timestamp(nanoseconds: max(closed, spool.position.closed)) }

    /// Puts what is recorded on disk, and lets go of the datagrams that it came from.
    func commit() throws {
        for record in recorder.takePending() { spool.append(record) }
        var position = spool.position
        guard spool.hasBatch || position.ended != nextEnded || closed > position.closed else { return }
        position.ended = nextEnded
        position.closed = max(position.closed, closed)
        try spool.commit(position)
        journal.release(before: nextEnded)
    }

    private func saveSnapshot() throws {
        var snapshot = Snapshot()
        snapshot.next = spool.next
        snapshot.bootID = Machine.bootID
        snapshot.books = recorder.books
        snapshot.sessions = recorder.baselines
        try DurableFile.replace(folder.snapshot, with: snapshot.encoded)
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
        for record in recorder.takePending() { spool.append(record) }
        var position = spool.position
        position.ended = nextEnded
        position.generation = generation + 1
        try spool.commit(position)
        journal.release(before: nextEnded)
    }

    // MARK: Books

    private func counters() throws -> [Books.Account: Traffic] {
        var found: [Books.Account: Traffic] = [:]
        for (set, way) in [(KernelNames.egressCounts, Way.out), (KernelNames.ingressCounts, Way.into)] {
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
    func readBooks() throws -> [Books.Line] {
        try drainEnded()
        try observeCounters()
        let before = recorder.books
        // Refusals are put into records: a set that packets write into cannot be read exactly.
        try rotateCountingSets()
        var live: [UInt64: ConnectionEntry] = [:]
        try ConnectionTracking.dump(sockets.dumps) { entry in
            if entry.mark != 0 { live[Recorder.connection(entry)] = entry }
        }
        // What ended meanwhile is in records now, no longer open.
        try drainEnded { live[Recorder.connection($0)] = nil }
        var open: [Books.Account: Traffic] = [:]
        for entry in live.values { recorder.open(entry) { open[$0, default: .zero] += $1 } }
        try observeCounters()
        let after = recorder.books
        return recorder.attributor.ports.flatMap { port in
            Way.allCases.map { way in
                let account = Books.Account(port.interface, way)
                let entry = after.entries[account]
                return Books.Line(
                    account: account, kernelBefore: before.kernel(account), kernelAfter: after.kernel(account),
                    recorded: entry?.recorded ?? .zero, open: open[account] ?? .zero, lost: entry?.lost ?? .zero)
            }
        }
    }

    /// Whether some loss is still to be stated.
    var hasPendingLoss: Bool { recorder.books.entries.values.contains { $0.pending != nil } }

    /// Narrows pending losses down, and puts those that are exact now into the spool.
    func settle(_ lines: [Books.Line]) throws {
        let statements = recorder.withBooks { $0.settle(lines, now: SystemClock.realtime) }
        guard !statements.isEmpty else { return }
        for statement in statements {
            recorder.state(statement)
            spool.append(statement)
        }
        try commit()
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
