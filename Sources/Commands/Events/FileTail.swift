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

    /// Hands over the whole lines that are there, the newest first, until `body` is false; what comes after them is what
    /// `forEachLine` hands over next.
    mutating func forEachLineBackwards(
        stride: Int = 1 << 18, _ body: (ArraySlice<UInt8>) throws -> Bool
    ) throws {
        let files = try LogGenerations(path).files()
        rest.removeAll()
        (inode, offset) = (files.last?.inode, 0)
        for (place, file) in files.enumerated().reversed() {
            let descriptor = try DurableFile.open(file.path, flags: 0)
            var end = try DurableFile.size(file.path)
            // What stands behind the last line feed is no line yet.
            var isWhole = false
            var tail: [UInt8] = []
            while end > 0 {
                let start = max(0, end - stride)
                try descriptor.seek(to: start)
                var chunk: [UInt8] = []
                while chunk.count < end - start {
                    let part = try descriptor.readSome(limit: end - start - chunk.count)
                    guard !part.isEmpty else { break }
                    chunk += part
                }
                var upper = chunk.count
                while let feed = chunk[..<upper].lastIndex(of: UInt8(ascii: "\n")) {
                    let line = chunk[(feed + 1)..<upper] + tail
                    if isWhole {
                        guard try line.isEmpty || body(line) else { return }
                    } else {
                        if place == files.count - 1 { offset = start + feed + 1 }
                        isWhole = true
                    }
                    tail = []
                    upper = feed
                }
                tail = Array(chunk[..<upper]) + tail
                end = start
            }
            guard try !isWhole || tail.isEmpty || body(tail[...]) else { return }
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
