package import Host
package import Model

/// The host's flow records on disk: append-only, synced, numbered.
///
/// A folder of segments named by the number of their first record. A segment is a run of frames:
///
/// | bytes | meaning |
/// |---|---|
/// | 4 | length of the payload |
/// | 4 | CRC-32 of kind and payload |
/// | 1 | kind: 1 records, 2 loss, 3 commit, 4 records with a translation, 5 records that rules observed, 6 a session that is not collected |
/// | n | payload |
///
/// Frames count from their batch's commit frame on: a reader stops at the last commit, and the writer cuts off what
/// follows it when it opens the spool. So a batch is there whole or not at all.
package final class Spool {
    enum FrameKind: UInt8 {
        case records = 1
        case loss = 2
        case commit = 3
        case translatedRecords = 4
        case observedRecords = 5
        case uncollected = 6

        /// How many bytes each record of a frame has; nil for frames without.
        var recordSize: Int? {
            switch self {
            case .records: RecordCodec.size
            case .translatedRecords: RecordCodec.translatedSize
            case .observedRecords: RecordCodec.observedSize
            case .loss, .commit, .uncollected: nil
            }
        }

        /// Whether a frame of the kind can have so many bytes: what stands there may be anything where a file is damaged.
        func mayHave(length: Int) -> Bool {
            switch self {
            case .records, .translatedRecords, .observedRecords:
                length > 0 && length % (recordSize ?? 1) == 0 && length <= Spool.recordBytes + (recordSize ?? 0)
            case .loss: length >= 58 && length <= 4096
            case .commit: length >= 28 && length <= 4096
            case .uncollected: length == UncollectedSession.size
            }
        }
    }

    /// A frame of records is closed when it has grown to this many bytes.
    static let recordBytes = 1 << 20

    /// A segment is closed when it has grown to this many bytes, or to an eighth of what the spool may have.
    private static let segmentBytes = 64 << 20

    private let folder: String
    private let limit: Int
    private let segmentBytes: Int
    /// Segments that are closed, oldest first: the number of the first record of each, and its bytes.
    private var closed: [(first: UInt64, bytes: Int)] = []
    private var openFirst: UInt64
    private var file: Descriptor
    private var fileBytes: Int
    private var batch: [UInt8] = []
    /// Records that wait for their frame, all of one size.
    private var records: [UInt8] = []
    private var recordsKind = FrameKind.records
    /// The number that the next record gets.
    package private(set) var next: UInt64
    /// Where the last commit that could be read at the start said that the numbers go on.
    package let saidLast: UInt64
    /// The number of the first record that is not on disk.
    private var committed: UInt64
    /// Where the last commit said it stood.
    package private(set) var position: Position
    /// Numbers of records that went to make room, since this was asked last.
    private var forgotten: Range<UInt64>?

    /// What a commit says beside its records: how far the kernel's messages are worked in.
    package struct Position: Hashable, Sendable {
        /// The first number of the journal of ended connections that is not in a record.
        package var ended: UInt64 = 0
        /// The last generation of the counting sets that is in records, plus one.
        package var generation: UInt32 = 0
        /// The window that was closed last: its end, in nanoseconds since 1970.
        package var closed: Int64 = 0

        package init() {}
    }

    /// Opens the spool, or begins one; what a crash left without a commit is cut off.
    ///
    /// * `limit`: how many bytes the spool may have; beyond, its oldest segments go.
    package init(folder: String, limit: Int = 4 << 30) throws(SystemError) {
        self.folder = folder
        self.limit = limit
        segmentBytes = min(Self.segmentBytes, max(limit / 8, 1))
        try DurableFile.makeFolder(folder)
        var next: UInt64 = 1
        var position = Position()
        var keep = 0
        let segments = try Self.segments(folder)
        let name = segments.last ?? Self.name(1)
        var saidLast: UInt64 = 1
        // Where no segment has a commit, the last one's name says where the numbers go on.
        if let first = Self.first(name) { next = first }
        // A last segment without any commit tells nothing of where we are: then the one before does.
        for segment in segments.reversed() {
            let (last, bytes) = try Self.lastCommit("\(folder)/\(segment)")
            if segment == name { keep = bytes }
            guard let last else { continue }
            (saidLast, position) = last
            // Its name says no less, also where the commits before it are damaged.
            next = max(next, saidLast)
            break
        }
        for segment in segments where segment != name {
            closed.append((Self.first(segment) ?? 0, try DurableFile.size("\(folder)/\(segment)")))
        }
        self.next = next
        self.saidLast = saidLast
        committed = next
        self.position = position
        openFirst = Self.first(name) ?? next
        file = try DurableFile.open("\(folder)/\(name)", flags: 2 | 0o100)  // O_RDWR | O_CREAT
        try file.truncate(to: keep)
        try file.seek(to: keep)
        fileBytes = keep
    }

    /// A segment's last commit, and how many bytes lie before its end.
    private static func lastCommit(
        _ path: String
    ) throws(SystemError) -> (commit: (next: UInt64, position: Position)?, bytes: Int) {
        guard var segment = try SegmentReader.open(path) else { return (nil, 0) }
        var bytes = 0
        var last: (UInt64, Position)?
        while let batch = try segment.batch(from: bytes) {
            // Its last frame is the commit.
            var damage = batch.damage[...]
            while bytes < batch.end {
                if let first = damage.first, first.lowerBound == bytes {
                    bytes = first.upperBound
                    damage.removeFirst()
                } else if let frame = try segment.head(at: bytes) {
                    bytes = frame.end
                    if frame.kind == .commit { last = try segment.commit(frame) ?? last }
                } else {
                    break
                }
            }
            bytes = batch.end
        }
        return (last, bytes)
    }

    /// Goes on where somebody knows that it had come to already: what had the numbers before is not there any more.
    package func skip(to number: UInt64, _ position: Position) {
        guard number > saidLast, !hasBatch else { return }
        next = max(next, number)
        committed = next
        self.position = position
    }

    static func segments(_ folder: String) throws(SystemError) -> [String] {
        try DurableFile.list(folder).filter { $0.hasSuffix(".spool") }
    }

    /// The number of a segment's first record, as its name says.
    static func first(_ name: String) -> UInt64? { UInt64(name.prefix(20)) }

    package static func name(_ first: UInt64) -> String {
        let digits = String(first)
        return String(repeating: "0", count: 20 - digits.count) + digits + ".spool"
    }

    /// Adds a record to the batch and gives it its number.
    package func append(_ record: FlowRecord) {
        var numbered = record
        numbered.sequence = next
        next += 1
        let kind: FrameKind =
            !record.observed.isEmpty ? .observedRecords : record.otherSide == nil ? .records : .translatedRecords
        if kind != recordsKind { closeRecords() }
        recordsKind = kind
        RecordCodec.encode(numbered, into: &records)
        if records.count >= Self.recordBytes { closeRecords() }
    }

    /// Adds a statement of loss to the batch and gives it its number.
    package func append(_ loss: LossStatement) {
        closeRecords()
        var numbered = loss
        numbered.sequence = next
        next += 1
        frame(.loss, numbered.encoded)
    }

    /// Adds what a session did that is not collected, and gives it its number.
    package func append(_ session: UncollectedSession) {
        closeRecords()
        var numbered = session
        numbered.sequence = next
        next += 1
        var bytes: [UInt8] = []
        numbered.encode(into: &bytes)
        frame(.uncollected, bytes)
    }

    /// Whether something waits for its commit.
    package var hasBatch: Bool { !batch.isEmpty || !records.isEmpty }

    /// How much waits for a commit.
    package var waitingBytes: Int { batch.count + records.count }

    /// Puts the batch on disk: when this returns it is there for good.
    ///
    /// Where the disk is full, or the spool has more than its limit, the oldest segments go. On failure the batch stays, and
    /// the next commit tries again from the last good end.
    package func commit(_ position: Position) throws(SystemError) {
        closeRecords()
        let length = batch.count
        var payload: [UInt8] = []
        RecordCodec.append(next, &payload)
        RecordCodec.append(position.ended, &payload)
        RecordCodec.append(position.generation, &payload)
        RecordCodec.append(UInt64(bitPattern: position.closed), &payload)
        frame(.commit, payload)
        do {
            try write()
        } catch {
            batch.removeLast(batch.count - length)
            throw error
        }
        fileBytes += batch.count
        batch.removeAll(keepingCapacity: true)
        committed = next
        self.position = position
        // Where no other segment can be begun, this one grows on.
        if fileBytes >= segmentBytes, committed > openFirst { try? beginSegment() }
        while bytes > limit, !closed.isEmpty { try removeOldest() }
    }

    /// What the spool has on disk, in bytes.
    package var bytes: Int { closed.reduce(fileBytes) { $0 + $1.bytes } }

    /// How much of it are records after this number, in whole segments.
    package func bytes(after sequence: UInt64) -> Int {
        var sum = fileBytes
        for (index, segment) in closed.enumerated() {
            let end = index + 1 < closed.count ? closed[index + 1].first : openFirst
            if end > sequence.addingReportingOverflow(1).partialValue { sum += segment.bytes }
        }
        return sum
    }

    /// The numbers of the records that went to make room, since this was asked last; nil for none.
    package func takeForgotten() -> Range<UInt64>? {
        defer { forgotten = nil }
        return forgotten
    }

    /// Gives up what waits for a commit, as if it had never been added.
    package func takeBatch() -> [SpoolItem] {
        closeRecords()
        var items: [SpoolItem] = []
        var offset = 0
        while offset + 9 <= batch.count {
            let end = offset + 9 + Int(RecordCodec.load(batch, offset) as UInt32)
            let payload = Array(batch[(offset + 9)..<end])
            switch FrameKind(rawValue: batch[offset + 8]) {
            case .records, .translatedRecords, .observedRecords:
                items += RecordCodec.decodeAll(payload).map { .record($0) }
            case .loss: if let loss = LossStatement(payload) { items.append(.loss(loss)) }
            case .uncollected: if let session = UncollectedSession(payload) { items.append(.uncollected(session)) }
            case .commit, nil: break
            }
            offset = end
        }
        batch.removeAll()
        next = committed
        return items
    }

    private func write() throws(SystemError) {
        while true {
            do {
                try file.seek(to: fileBytes)
                try file.writeAll(batch)
                try file.synchronize()
                return
            } catch {
                // A half-written batch must not stand before the next try.
                try? file.truncate(to: fileBytes)
                guard error.isNoRoom, try makeRoom() else { throw error }
            }
        }
    }

    /// Removes the oldest segment, if need be the one that was being written; false where there is none.
    private func makeRoom() throws(SystemError) -> Bool {
        if closed.isEmpty {
            guard fileBytes > 0 else { return false }
            guard committed > openFirst else {
                // Commits without records.
                try file.truncate(to: 0)
                fileBytes = 0
                return true
            }
            try beginSegment()
        }
        try removeOldest()
        return true
    }

    private func beginSegment() throws(SystemError) {
        let path = "\(folder)/\(Self.name(committed))"
        file = try DurableFile.open(path, flags: 2 | 0o100)
        closed.append((openFirst, fileBytes))
        (openFirst, fileBytes) = (committed, 0)
        try DurableFile.synchronizeFolder(of: path)
    }

    private func removeOldest() throws(SystemError) {
        guard let oldest = closed.first else { return }
        try DurableFile.remove("\(folder)/\(Self.name(oldest.first))")
        closed.removeFirst()
        let end = closed.first?.first ?? openFirst
        forgotten = min(forgotten?.lowerBound ?? oldest.first, oldest.first)..<end
    }

    private func closeRecords() {
        guard !records.isEmpty else { return }
        frame(recordsKind, records)
        records.removeAll(keepingCapacity: true)
    }

    private func frame(_ kind: FrameKind, _ payload: [UInt8]) {
        RecordCodec.append(UInt32(payload.count), &batch)
        let start = batch.count
        RecordCodec.append(UInt32(0), &batch)
        batch.append(kind.rawValue)
        batch += payload
        let sum = Checksum.of(batch[(start + 4)...])
        for index in 0..<4 { batch[start + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
    }
}
