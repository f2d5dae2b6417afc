package import Model
package import Spools

/// What of a session is in records already.
package struct RecordedSession: Hashable, Sendable {
    package var original = Traffic.zero
    package var reply = Traffic.zero
    /// Whether a record has told its end: TCP's is told before its entry goes.
    package var isEnded = false

    package init(original: Traffic = .zero, reply: Traffic = .zero, isEnded: Bool = false) {
        self.original = original
        self.reply = reply
        self.isEnded = isEnded
    }
}

/// What a recorder must know to go on after a restart: sessions' recorded counts, and the books.
///
/// Kept in one file that is replaced whole; the spool's records after `next` bring it up to date, so a snapshot that is a
/// window old is good enough. Little-endian words in the order of the code below.
package struct Snapshot {
    /// The first record that is not worked into the snapshot.
    package var next: UInt64 = 1
    /// How far the kernel's messages were worked in then.
    package var position = Spool.Position()
    package var bootID = ""
    package var books = Books()
    package var sessions: [UInt64: RecordedSession] = [:]
    /// Whether records that are not in it could not be read: what they held is a loss.
    package private(set) var isBehindDamage = false

    package init() {}

    private static let magic: UInt64 = 0x6768_736e_6170_0004
    /// Of before: accounts without what is not collected.
    private static let thirdMagic: UInt64 = 0x6768_736e_6170_0003
    /// Of before that: no position, accounts without what is unexplained, sessions without whether their end is told.
    private static let secondMagic: UInt64 = 0x6768_736e_6170_0002
    /// Stands in a session's packets, of which there are never so many: its end is in records.
    private static let ended: UInt64 = 1 << 63

    /// The file of a snapshot of `count` sessions, which `forEach` tells; of several tellings of one the last counts.
    ///
    /// They are told, not gathered: a host has a million sessions, and the memory for them once.
    package static func encode(
        next: UInt64, position: Spool.Position = .init(), bootID: String, books: Books, sessions count: Int,
        _ forEach: ((UInt64, RecordedSession) -> Void) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 40 + books.entries.count * 152 + 128)
        func put(_ value: UInt64) { RecordCodec.append(value, &bytes) }
        func put(_ traffic: Traffic) {
            put(traffic.packets)
            put(traffic.bytes)
        }
        put(magic)
        put(next)
        put(position.ended)
        put(UInt64(position.generation))
        put(UInt64(bitPattern: position.closed))
        put(UInt64(bootID.utf8.count))
        bytes += Array(bootID.utf8)
        put(UInt64(books.entries.count))
        for (account, entry) in books.entries {
            put(account.interface.high)
            put(account.interface.low)
            put(UInt64(account.way.rawValue))
            put(entry.recorded)
            put(entry.lost)
            put(entry.kernelBase)
            put(entry.kernelSeen)
            put(UInt64(entry.pending?.reason.rawValue ?? 0))
            put(UInt64(bitPattern: entry.pending?.since ?? 0))
            put(UInt64(bitPattern: entry.unexplainedPackets))
            put(UInt64(bitPattern: entry.unexplainedBytes))
            put(entry.uncollected)
            put(entry.statedUncollected)
        }
        put(UInt64(count))
        forEach { connection, session in
            put(connection)
            put(session.original.packets | (session.isEnded ? ended : 0))
            put(session.original.bytes)
            put(session.reply)
        }
        put(UInt64(Checksum.of(bytes[...])))
        return bytes
    }

    /// Reads a snapshot; nil when it is cut off or does not fit its checksum.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 40, RecordCodec.load(bytes, bytes.count - 8) == UInt64(Checksum.of(bytes.dropLast(8))),
            [Self.magic, Self.thirdMagic, Self.secondMagic].contains(RecordCodec.load(bytes, 0))
        else { return nil }
        let isSecond = RecordCodec.load(bytes, 0) == Self.secondMagic
        let isCurrent = RecordCodec.load(bytes, 0) == Self.magic
        var offset = 8
        func take() -> UInt64 {
            defer { offset += 8 }
            return offset + 8 <= bytes.count ? RecordCodec.load(bytes, offset) : 0
        }
        func traffic() -> Traffic { Traffic(packets: take(), bytes: take()) }
        next = take()
        if !isSecond {
            position.ended = take()
            position.generation = UInt32(truncatingIfNeeded: take())
            position.closed = Int64(bitPattern: take())
        }
        /// A count of things that each take so many bytes; nil where there are not so many.
        func count(of size: Int) -> Int? {
            let count = take()
            return count <= UInt64(max(bytes.count - offset, 0) / size) ? Int(count) : nil
        }
        guard let length = count(of: 1), offset <= bytes.count else { return nil }
        bootID = String(decoding: bytes[offset..<(offset + length)], as: UTF8.self)
        offset += length
        guard let accounts = count(of: isSecond ? 104 : isCurrent ? 152 : 120) else { return nil }
        for _ in 0..<accounts {
            let account = Books.Account(
                Identifier(high: take(), low: take()), take() == UInt64(Way.out.rawValue) ? .out : .into)
            var entry = Books.Entry()
            entry.recorded = traffic()
            entry.lost = traffic()
            entry.kernelBase = traffic()
            entry.kernelSeen = traffic()
            let reason = take()
            let since = Int64(bitPattern: take())
            entry.pending = LossStatement.Reason(rawValue: UInt8(truncatingIfNeeded: reason)).map {
                Books.PendingLoss(reason: $0, since: since)
            }
            if !isSecond {
                entry.unexplainedPackets = Int64(bitPattern: take())
                entry.unexplainedBytes = Int64(bitPattern: take())
            }
            if isCurrent {
                entry.uncollected = traffic()
                entry.statedUncollected = traffic()
            }
            books.restore(account, entry)
        }
        guard let live = count(of: 40) else { return nil }
        for _ in 0..<live {
            let connection = take()
            var session = RecordedSession(original: traffic(), reply: traffic())
            session.isEnded = session.original.packets & Self.ended != 0
            session.original.packets &= ~Self.ended
            sessions[connection] = session
        }
    }
}

extension Snapshot {
    /// Works a record that came after the snapshot in.
    package mutating func apply(_ item: SpoolItem) {
        switch item {
        case .record(let record):
            guard record.sequence >= next else { return }
            next = record.sequence + 1
            books.record(record)
            guard record.connection != 0 else { return }
            sessions[record.connection] = RecordedSession(
                original: record.cumulativeFromInitiator, reply: record.cumulativeFromTarget,
                isEnded: record.state == .ended)
        case .uncollected(let session):
            guard session.sequence >= next else { return }
            next = session.sequence + 1
            books.record(session)
            guard session.connection != 0 else { return }
            sessions[session.connection] = RecordedSession(
                original: session.cumulativeFromInitiator, reply: session.cumulativeFromTarget,
                isEnded: session.isEnded)
        case .loss(let loss):
            guard loss.sequence >= next else { return }
            next = loss.sequence + 1
            books.state(loss)
        case .damaged(let damage):
            guard damage.numbers.upperBound > next else { return }
            next = damage.numbers.upperBound
            isBehindDamage = true
        case .closed: break
        }
    }
}
