package import Model

/// Some consecutive records of a spool, still encoded: what is asked of one is read where it lies.
package struct RecordBlock {
    private let bytes: [UInt8]
    private let start: Int
    package let count: Int
    /// The number in the name of the segment that holds them.
    package let segment: UInt64
    /// Where the first lies in the segment's file.
    private let fileOffset: Int
    /// How many bytes each has.
    private let size: Int

    init(_ bytes: [UInt8], from start: Int, to end: Int, size: Int, segment: UInt64, fileOffset: Int) {
        self.bytes = bytes
        self.start = start
        self.segment = segment
        self.fileOffset = fileOffset
        self.size = size
        count = (end - start) / size
    }

    private func offset(_ index: Int) -> Int { start + index * size }
    private func instant(_ index: Int, _ place: Int) -> Timestamp {
        Timestamp(nanoseconds: Int64(bitPattern: RecordCodec.load(bytes, offset(index) + place)))
    }

    package func sequence(_ index: Int) -> UInt64 { RecordCodec.load(bytes, offset(index)) }
    package func windowStart(_ index: Int) -> Timestamp { instant(index, 8) }
    /// As it was planned when the record was written: the window may have been closed before.
    package func windowEnd(_ index: Int) -> Timestamp { instant(index, 16) }
    package func interface(_ index: Int) -> Identifier<Interface> {
        Identifier(
            high: RecordCodec.load(bytes, offset(index) + 56), low: RecordCodec.load(bytes, offset(index) + 64))
    }
    package func direction(_ index: Int) -> Direction { bytes[offset(index) + 92] == 1 ? .egress : .ingress }

    /// The whole record; nil where a field holds no known value.
    package func record(_ index: Int) -> FlowRecord? { RecordCodec.decode(bytes, at: offset(index)) }

    /// Where the record lies in the segment's file.
    package func place(_ index: Int) -> Int { fileOffset + index * size }
}

extension RecordCodec {
    /// Reads copied records; those that a later release wrote and nobody here understands are left out.
    package static func decodeAll(_ bytes: [UInt8]) -> [FlowRecord] {
        var records: [FlowRecord] = []
        records.reserveCapacity(bytes.count / size)
        var offset = 0
        while offset + size <= bytes.count {
            if let record = decode(bytes, at: offset) { records.append(record) }
            offset += length(bytes, at: offset)
        }
        return records
    }
}
