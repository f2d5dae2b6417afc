import Model

/// Some consecutive records of one source, as lines in one run of bytes.
struct RecordBatch: Sendable {
    let source: SinkSource
    let bytes: [UInt8]
    /// Where each line lies, without its line feed.
    var lines: [Range<Int>]
    /// Where the source goes on once all of these are taken.
    let next: SinkPlace

    var isEmpty: Bool { lines.isEmpty }

    /// Those of the lines at these places.
    func keeping(_ places: [Int]) -> RecordBatch {
        RecordBatch(source: source, bytes: bytes, lines: places.map { lines[$0] }, next: next)
    }

    var halves: (RecordBatch, RecordBatch) {
        let middle = lines.count / 2
        return (keeping(Array(0..<middle)), keeping(Array(middle..<lines.count)))
    }

    /// Hands over each record with its place; false of `body`'s record that is no JSON object.
    func forEach(_ fields: inout RecordFields, _ body: (Int, inout RecordFields) -> Void) {
        for (place, range) in lines.enumerated() where fields.read(source, bytes, range) { body(place, &fields) }
    }
}

/// How far a source is read.
enum SinkPlace: Hashable, Sendable {
    case events(LogPlace)
    /// Number of the first record that is not read.
    case flows(UInt64)
    case findings(UInt64)
    /// Number of the last revision that is read.
    case audit(Int)
    /// Bytes of the dead letters that are sent again.
    case letters(Int)
}

/// A place in a log that is set aside when it has grown.
struct LogPlace: Hashable, Sendable, Codable {
    /// Of the file; 0 before the first.
    var inode: UInt64
    var offset: Int
    /// Number of the last event before it; 0 where that is not known.
    var sequence: UInt64 = 0
    /// Of the file's first line: a file that is made where another was removed may have its inode.
    var head: UInt64?
}
