/// The frames of a part of a segment that is in memory.
enum SpoolFrames {
    /// How many of the bytes lie before the end of the last commit. What is damaged before it is passed over: it was committed.
    static func committedBytes(_ bytes: [UInt8]) -> Int {
        var offset = 0
        var committed = 0
        while offset + 9 <= bytes.count {
            guard let frame = frame(bytes, at: offset) else {
                offset += 1
                continue
            }
            offset = frame.end
            if frame.kind == .commit { committed = offset }
        }
        return committed
    }

    private static func frame(_ bytes: [UInt8], at offset: Int) -> (kind: Spool.FrameKind, end: Int)? {
        guard offset + 9 <= bytes.count else { return nil }
        let end = offset + 9 + Int(RecordCodec.load(bytes, offset) as UInt32)
        guard end <= bytes.count, let kind = Spool.FrameKind(rawValue: bytes[offset + 8]),
            kind.mayHave(length: end - offset - 9),
            Checksum.of(bytes[(offset + 8)..<end]) == RecordCodec.load(bytes, offset + 4)
        else { return nil }
        return (kind, end)
    }
}

extension Spool {
    /// How many of a segment's bytes, from a commit's end on, lie before the end of the last commit.
    package static func committedBytes(_ bytes: [UInt8]) -> Int { SpoolFrames.committedBytes(bytes) }
}
