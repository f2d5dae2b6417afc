import Host

/// The whole lines of a log, also of the files that it was set aside as: `events.jsonl.1` and so on, older first.
///
/// A file is known by its inode, so that no line is missed or told twice when the writer begins a new one.
struct FileTail {
    private let path: String
    /// The file that was read last, and how far.
    private var inode: UInt64?
    private var offset = 0
    private var rest: [UInt8] = []

    enum Start {
        /// All that is there.
        case beginning
        /// What comes from now on.
        case end
    }

    init(_ path: String, from start: Start = .end) throws {
        self.path = path
        guard start == .end, let current = LogGenerations.inode(path) else { return }
        inode = current
        offset = try DurableFile.size(path)
    }

    /// The lines that were added since the last time, without their line feeds.
    mutating func lines() throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        try forEachLine { lines.append(Array($0)) }
        return lines
    }

    /// Hands over the lines that were added since the last time; a last line without its end waits for it.
    mutating func forEachLine(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
        let files = try LogGenerations(path).files()
        let start = files.firstIndex { $0.inode == inode } ?? 0
        for file in files[start...] {
            let descriptor: Descriptor
            do {
                descriptor = try DurableFile.open(file.path, flags: 0)
            } catch {
                // It was moved on between the listing and now: the next call finds it.
                if LogGenerations.inode(file.path) == nil { return }
                throw error
            }
            guard LogGenerations.inode(file.path) == file.inode else { return }
            if file.inode != inode {
                inode = file.inode
                offset = 0
                rest.removeAll()
            }
            if try DurableFile.size(file.path) < offset {
                offset = 0
                rest.removeAll()
            }
            try read(descriptor, body)
        }
    }

    private mutating func read(_ file: borrowing Descriptor, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        try file.seek(to: offset)
        while true {
            let chunk = try file.readSome(limit: 1 << 20)
            guard !chunk.isEmpty else { return }
            offset += chunk.count
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if end > start { try body(rest[start..<end]) }
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }
}
