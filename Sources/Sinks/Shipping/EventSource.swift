import Host
import Model

/// The event log as a sink reads it, over all the files that it was set aside as.
struct EventSource {
    private let path: String
    private var place: LogPlace

    init(_ path: String, from place: LogPlace) { (self.path, self.place) = (path, place) }

    /// Where a sink begins that is new: behind what is there.
    static func end(of path: String) throws(SystemError) -> LogPlace {
        LogPlace(
            inode: LogGenerations.inode(path) ?? 0, offset: try DurableFile.size(path), head: try head(of: path))
    }

    /// What tells a file from one that has its inode after it: FNV-1a of its first line; nil while it has none.
    private static func head(of path: String) throws(SystemError) -> UInt64? {
        guard let bytes = try DurableFile.read(path, from: 0, limit: 4096),
            let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        return bytes[..<end].reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }

    /// Whether a file is the one that was read last.
    private func isPresent(_ file: LogGenerations.File) throws(SystemError) -> Bool {
        guard file.inode == place.inode else { return false }
        guard place.offset > 0, let head = place.head else { return true }
        return try Self.head(of: file.path) == head
    }

    /// The next lines, and what of the log was gone before they were read; nil where nothing is new.
    mutating func next() throws(SystemError) -> (batch: RecordBatch?, gone: String?)? {
        let files = try LogGenerations(path).files()
        guard !files.isEmpty else { return nil }
        var gone: String?
        var index: Int?
        for (number, file) in files.enumerated() where try isPresent(file) { index = number }
        if index == nil {
            if place.inode != 0 {
                gone = "events behind number \(place.sequence) were set aside and removed unread; how many is not known"
            }
            place = LogPlace(inode: files[0].inode, offset: 0, sequence: place.sequence)
            index = 0
        }
        for file in files[(index ?? 0)...] {
            if file.inode != place.inode { place = LogPlace(inode: file.inode, offset: 0, sequence: place.sequence) }
            if try DurableFile.size(file.path) < place.offset { place.offset = 0 }
            let chunk = try LineChunk.read(file.path, from: place.offset)
            // It was moved on between the listing and now: the next call finds it.
            guard LogGenerations.inode(file.path) == file.inode else { break }
            guard let chunk else { continue }
            if place.head == nil || place.offset == 0 { place.head = try Self.head(of: file.path) }
            place.offset = chunk.end
            place.sequence = Self.sequence(chunk) ?? place.sequence
            return (RecordBatch(source: .events, bytes: chunk.bytes, lines: chunk.lines, next: .events(place)), gone)
        }
        return gone.map { (nil, $0) }
    }

    /// The number of the last event of a chunk.
    private static func sequence(_ chunk: LineChunk) -> UInt64? {
        var fields = RecordFields()
        for range in chunk.lines.reversed() where fields.read(.events, chunk.bytes, range) {
            if let number = fields.number(.sequence) { return number }
        }
        return nil
    }
}
