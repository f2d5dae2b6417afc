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
/// | 1 | kind: 1 records, 2 loss, 3 commit |
/// | n | payload |
///
/// Frames count from their batch's commit frame on: a reader stops at the last commit, and the writer cuts off what
/// follows it when it opens the spool. So a batch is there whole or not at all.
package final class Spool {
    enum FrameKind: UInt8 {
        case records = 1
        case loss = 2
        case commit = 3
    }

    /// A segment is closed when it has grown to this many bytes.
    private static let segmentBytes = 64 << 20

    private let folder: String
    private var file: Descriptor
    private var fileBytes: Int
    private var batch: [UInt8] = []
    private var records: [UInt8] = []
    /// The number that the next record gets.
    package private(set) var next: UInt64
    /// Where the last commit said it stood.
    package private(set) var position: Position

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
    package init(folder: String) throws(SystemError) {
        self.folder = folder
        try DurableFile.makeFolder(folder)
        var next: UInt64 = 1
        var position = Position()
        var keep = 0
        let segments = try Self.segments(folder)
        var name = segments.last ?? Self.name(1)
        // A last segment without any commit tells nothing of where we are: then the one before does.
        for segment in segments.reversed() {
            let frames = SpoolFrames(try DurableFile.read("\(folder)/\(segment)") ?? [])
            if segment == name { keep = frames.committedBytes }
            guard let last = frames.lastCommit else { continue }
            (next, position) = last
            break
        }
        if let first = UInt64(name.prefix(20)), first > next { name = Self.name(next) }
        self.next = next
        self.position = position
        file = try DurableFile.open("\(folder)/\(name)", flags: 2 | 0o100)  // O_RDWR | O_CREAT
        try file.truncate(to: keep)
        try file.seek(to: keep)
        fileBytes = keep
    }

    static func segments(_ folder: String) throws(SystemError) -> [String] {
        try DurableFile.list(folder).filter { $0.hasSuffix(".spool") }
    }

    private static func name(_ first: UInt64) -> String {
        let digits = String(first)
        return String(repeating: "0", count: 20 - digits.count) + digits + ".spool"
    }

    /// Adds a record to the batch and gives it its number.
    package func append(_ record: FlowRecord) {
        var numbered = record
        numbered.sequence = next
        next += 1
        RecordCodec.encode(numbered, into: &records)
        if records.count >= 1 << 20 { closeRecords() }
    }

    /// Adds a statement of loss to the batch and gives it its number.
    package func append(_ loss: LossStatement) {
        closeRecords()
        var numbered = loss
        numbered.sequence = next
        next += 1
        frame(.loss, numbered.encoded)
    }

    /// Whether something waits for its commit.
    package var hasBatch: Bool { !batch.isEmpty || !records.isEmpty }

    /// Puts the batch on disk: when this returns it is there for good.
    ///
    /// On failure the batch stays, and the next commit tries again from the last good end.
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
            try file.seek(to: fileBytes)
            try file.writeAll(batch)
            try file.synchronize()
        } catch {
            batch.removeLast(batch.count - length)
            // A half-written batch must not stand before the next try.
            try? file.truncate(to: fileBytes)
            throw error
        }
        fileBytes += batch.count
        batch.removeAll(keepingCapacity: true)
        self.position = position
        if fileBytes >= Self.segmentBytes {
            file = try DurableFile.open("\(folder)/\(Self.name(next))", flags: 2 | 0o100)
            fileBytes = 0
            try DurableFile.synchronizeFolder(of: "\(folder)/x")
        }
    }

    private func closeRecords() {
        guard !records.isEmpty else { return }
        frame(.records, records)
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
