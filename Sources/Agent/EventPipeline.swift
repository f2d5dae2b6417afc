import Attribution
import Capture
import Host
import Model
import Netlink

/// From NFLOG datagrams to event log lines and announced sessions.
struct EventPipeline: ~Copyable {
    private let socket: NetfilterSocket
    private let journal: ReceiveJournal
    /// The first datagram that is not worked in; those before may wait for their lines to be written.
    private var nextWork: UInt64
    var log: EventLog
    private var nextSequence: UInt32?
    /// Hears of translated sessions while another table translates addresses.
    private var watch: TranslationWatch?
    private var translated = TranslatedSessions()
    /// The packets that are being worked in; kept for its memory.
    private var packets: [LoggedPacket] = []
    /// Whether what is received survives this process.
    var isDurable: Bool { journal.isDurable }
    /// Whether what the process before had received cannot be read.
    var wasDamaged: Bool { journal.wasDamaged }
    private(set) var malformed: UInt64 = 0
    /// How often the socket ran over (ENOBUFS); what was lost shows in the sequence numbers.
    private(set) var overruns: UInt64 = 0

    init(socket: NetfilterSocket, journalPath: String, log: consuming EventLog) throws(SystemError) {
        self.socket = socket
        // An event's number is its datagram's, times 4096, plus its place in it.
        journal = try ReceiveJournal(
            path: journalPath, slots: AgentConfiguration.logSlots, slotSize: AgentConfiguration.logSlotBytes,
            committed: log.lastSequence >> 12)
        nextWork = journal.released
        self.log = log
    }

    /// Listens for translated sessions, or does not any more: a host where nobody translates need not pay for it.
    mutating func listen(forTranslations isWanted: Bool) throws(NetlinkError) {
        guard isWanted != (watch != nil) else { return }
        watch = isWanted ? try TranslationWatch(receiveBuffer: AgentConfiguration.translationBufferBytes) : nil
    }

    /// Works everything in that the journal holds and the socket has, until a pass finds nothing.
    mutating func drain(_ recorder: inout Recorder, passes: Int = 256) throws(SystemError) {
        for _ in 0..<passes {
            // A session is told behind its last hook: what the kernel has reported of it is read before.
            try watch?.drain { translated.note($0) }
            for number in nextWork..<journal.next { work(number, &recorder) }
            nextWork = journal.next
            // What cannot be written now waits in the journal; when that is full, the kernel counts what it drops.
            try log.write()
            journal.release(before: journal.next)
            do {
                if try journal.receive(from: socket, limit: 4) == 0 { break }
            } catch {
                guard error.code == SystemError.noBufferSpace else { throw error }
                overruns += 1
            }
        }
        log.summariseIfDue(now: SystemClock.realtime)
    }

    private mutating func work(_ number: UInt64, _ recorder: inout Recorder) {
        let now = SystemClock.realtime
        let second = UInt32(truncatingIfNeeded: now / 1_000_000_000)
        let done = log.lastSequence
        var place: UInt64 = 0
        journal.withDatagram(number) { view in
            var cursor = LoggedPacketCursor(view)
            while cursor.next(into: &packets) {
                recorder.expect(packets)
                for packet in packets {
                    place += 1
                    countGap(packet.sequence)
                    let sequence = number << 12 | min(place, 4095)
                    guard sequence > done, let prefix = LogPrefix(bytes: packet.prefix) else { continue }
                    if case .accepted = prefix.reason,
                        !recorder.announce(packet.header, prefix.direction, second: second)
                    {
                        continue
                    }
                    // What a full log leaves out is named by the session's record all the same.
                    let isAdmitted = log.admits(now: now)
                    guard isAdmitted || prefix.isObservation,
                        let event = EventDecoder.event(
                            packet, view, prefix, sequence: sequence, now: now, attributor: recorder.attributor,
                            translated: translated)
                    else { continue }
                    if event.isObservation {
                        recorder.observed.note(event.key, event.direction, event.rule, second: second)
                    }
                    if isAdmitted { log.append(event) }
                }
            }
            malformed += UInt64(cursor.skipped) + (cursor.isMalformed ? 1 : 0)
        }
    }

    private mutating func countGap(_ sequence: UInt32) {
        if let expected = nextSequence, sequence != expected { log.noteLoss(UInt64(sequence &- expected)) }
        nextSequence = sequence &+ 1
    }
}
