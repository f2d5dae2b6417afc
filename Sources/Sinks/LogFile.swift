import Host

/// A file that lines are added to.
struct LogFile: ~Copyable {
    private let path: String
    private var file: Descriptor
    private(set) var bytes: Int

    /// Takes over an open file that holds so many bytes.
    init(_ path: String, descriptor: Int32, bytes: Int) {
        self.path = path
        file = Descriptor(owning: descriptor)
        self.bytes = bytes
    }

    /// Opens the file at its end; a last line without its end is cut off.
    static func open(_ path: String) throws(SystemError) -> (descriptor: Int32, bytes: Int) {
        let file = try DurableFile.openForAppending(path)
        var bytes = try file.size()
        if let tail = try DurableFile.read(path, lastBytes: 1 << 16), let last = tail.last, last != UInt8(ascii: "\n") {
            let kept = tail.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            bytes -= tail.count - kept
            try file.truncate(to: bytes)
        }
        return (file.release(), bytes)
    }

    /// Adds the lines, all or none.
    mutating func append(_ lines: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            try file.writeAll(lines)
        } catch {
            try? file.truncate(to: bytes)
            throw error
        }
        bytes += lines.count
    }

    mutating func rotate(keeping generations: Int) throws(SystemError) {
        // The new file first: what finds no room there has set nothing aside.
        let next = path + ".next"
        let opened = try DurableFile.openForAppending(next)
        try LogGenerations(path).setAside(keeping: generations)
        try DurableFile.rename(next, to: path)
        file = opened
        bytes = 0
    }
}
