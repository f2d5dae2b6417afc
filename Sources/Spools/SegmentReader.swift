import Host

/// Reads one segment of a spool frame by frame; a few frames are in memory at a time.
struct SegmentReader: ~Copyable {
    struct Frame {
        let kind: Spool.FrameKind
        /// Where the payload lies in the file.
        let start: Int
        let end: Int
    }

    /// At least so many bytes are read at a time, where the file has them.
    private static let readBytes = 1 << 20

    private let file: Descriptor
    private let size: Int
    /// A part of the file.
    private(set) var bytes: [UInt8] = []
    /// Where that part begins and ends in the file.
    private var held = 0..<0

    private init(_ file: consuming Descriptor, size: Int) {
        self.file = file
        self.size = size
    }

    /// Opens a segment; nil when it is gone.
    static func open(_ path: String) throws(SystemError) -> SegmentReader? {
        do throws(SystemError) {
            let file = try DurableFile.open(path, flags: 0)
            let size = try file.size()
            return SegmentReader(file, size: size)
        } catch {
            guard error.code == SystemError.noSuchFile else { throw error }
            return nil
        }
    }

    /// The frame at an offset, as its head says; nil where the file ends before the frame does.
    mutating func head(at offset: Int) throws(SystemError) -> Frame? {
        guard try load(offset, count: 9) else { return nil }
        let place = offset - held.lowerBound
        let end = offset + 9 + Int(RecordCodec.load(bytes, place) as UInt32)
        guard end <= size, let kind = Spool.FrameKind(rawValue: bytes[place + 8]),
            kind.mayHave(length: end - offset - 9)
        else { return nil }
        return Frame(kind: kind, start: offset + 9, end: end)
    }

    /// Brings a frame's payload into `bytes`, and says where there it begins; nil where it does not fit its checksum.
    mutating func payload(of frame: Frame, verifies: Bool) throws(SystemError) -> Int? {
        guard try load(frame.start - 9, count: frame.end - frame.start + 9) else { return nil }
        let place = frame.start - held.lowerBound
        if verifies {
            let sum = Checksum.of(bytes[(place - 1)..<(place + frame.end - frame.start)])
            guard sum == RecordCodec.load(bytes, place - 5) else { return nil }
        }
        return place
    }

    /// A run of frames up to a commit.
    struct Batch {
        let end: Int
        /// The parts of it that are no frames any more: something has damaged them.
        let damage: [Range<Int>]
    }

    /// The batch that begins at an offset; nil where it was never committed.
    ///
    /// What a crash cut off has no commit behind it; what cannot be read and has one was whole once.
    mutating func batch(from offset: Int) throws(SystemError) -> Batch? {
        var offset = offset
        var damage: [Range<Int>] = []
        while true {
            if let frame = try head(at: offset), try payload(of: frame, verifies: true) != nil {
                offset = frame.end
                if frame.kind == .commit { return Batch(end: frame.end, damage: damage) }
            } else {
                guard let next = try nextFrame(after: offset) else { return nil }
                damage.append(offset..<next)
                offset = next
            }
        }
    }

    /// Where behind an offset the next whole frame begins; nil where there is none.
    mutating func nextFrame(after offset: Int) throws(SystemError) -> Int? {
        guard offset + 10 <= size else { return nil }
        for place in (offset + 1)...(size - 9) {
            if let frame = try head(at: place), try payload(of: frame, verifies: true) != nil { return place }
        }
        return nil
    }

    /// What a commit says: the next record's number, and how far the kernel's messages are worked in.
    mutating func commit(_ frame: Frame) throws(SystemError) -> (next: UInt64, position: Spool.Position)? {
        guard frame.kind == .commit, frame.end - frame.start >= 28,
            let place = try payload(of: frame, verifies: true)
        else { return nil }
        var position = Spool.Position()
        position.ended = RecordCodec.load(bytes, place + 8)
        position.generation = RecordCodec.load(bytes, place + 16)
        position.closed = Int64(bitPattern: RecordCodec.load(bytes, place + 20))
        return (RecordCodec.load(bytes, place), position)
    }

    private mutating func load(_ offset: Int, count: Int) throws(SystemError) -> Bool {
        guard offset + count <= size else { return false }
        if held.lowerBound <= offset, offset + count <= held.upperBound { return true }
        let wanted = min(max(count, Self.readBytes), size - offset)
        if bytes.count < wanted { bytes = [UInt8](repeating: 0, count: wanted) }
        let read = try file.read(wanted, from: offset, into: &bytes)
        held = offset..<(offset + read)
        return read >= count
    }
}
