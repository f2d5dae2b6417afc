/// The committed frames of one segment.
struct SpoolFrames {
    private let bytes: [UInt8]
    /// How many bytes lie before the end of the last commit.
    let committedBytes: Int
    /// What the last commit says: the next record's number, and how far the kernel's messages are worked in.
    let lastCommit: (next: UInt64, position: Spool.Position)?

    /// Walks the frames up to the first that is cut off or does not fit its checksum.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var offset = 0
        var committed = 0
        var commit: (UInt64, Spool.Position)?
        while let frame = Self.frame(bytes, at: offset) {
            offset = frame.end
            guard frame.kind == .commit, frame.end - frame.start >= 28 else { continue }
            committed = offset
            var position = Spool.Position()
            position.ended = RecordCodec.load(bytes, frame.start + 8)
            position.generation = RecordCodec.load(bytes, frame.start + 16)
            position.closed = Int64(bitPattern: RecordCodec.load(bytes, frame.start + 20))
            commit = (RecordCodec.load(bytes, frame.start), position)
        }
        committedBytes = committed
        lastCommit = commit
    }

    private static func frame(_ bytes: [UInt8], at offset: Int) -> (kind: Spool.FrameKind, start: Int, end: Int)? {
        guard offset + 9 <= bytes.count else { return nil }
        let length = Int(RecordCodec.load(bytes, offset) as UInt32)
        let end = offset + 9 + length
        guard end <= bytes.count, let kind = Spool.FrameKind(rawValue: bytes[offset + 8]),
            Checksum.of(bytes[(offset + 8)..<end]) == RecordCodec.load(bytes, offset + 4)
        else { return nil }
        return (kind, offset + 9, end)
    }

    /// Hands over what the committed frames hold, in order.
    func forEach(_ body: (SpoolItem) -> Void) {
        var offset = 0
        while offset < committedBytes, let frame = Self.frame(bytes, at: offset) {
            offset = frame.end
            switch frame.kind {
            case .records:
                for start in stride(from: frame.start, to: frame.end, by: RecordCodec.size) {
                    if let record = RecordCodec.decode(bytes, at: start) { body(.record(record)) }
                }
            case .loss:
                if let loss = LossStatement(Array(bytes[frame.start..<frame.end])) { body(.loss(loss)) }
            case .commit:
                body(.closed(Int64(bitPattern: RecordCodec.load(bytes, frame.start + 20))))
            }
        }
    }
}

extension Spool {
    /// How many of a segment's bytes, from a commit's end on, lie before the end of the last commit.
    package static func committedBytes(_ bytes: [UInt8]) -> Int { SpoolFrames(bytes).committedBytes }
}
