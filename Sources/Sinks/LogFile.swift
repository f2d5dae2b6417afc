import Host

/// A file that lines are added to.
struct LogFile: ~Copyable {
    private let path: String
    private var file: Descriptor
    private(set) var bytes: Int
    /// Whether a part of lines stands behind those that were written whole.
    private var isTorn = false

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
        // What a failure left is cut off before anything else is written.
        if isTorn { try mend() }
        do throws(SystemError) {
            try file.writeAll(lines)
        } catch {
            isTorn = true
            try mend()
            throw error
        }
        bytes += lines.count
    }

    private mutating func mend() throws(SystemError) {
        try file.truncate(to: bytes)
        isTorn = false
    }

    mutating func rotate(keeping generations: Int) throws(SystemError) {
        // The new file first: what finds no room there has set nothing aside.
        let next = path + ".next"
        let opened = try DurableFile.openForAppending(next)
        try LogGenerations(path).setAside(keeping: generations)
        try DurableFile.rename(next, to: path)
        file = opened
        (bytes, isTorn) = (0, false)
    }
}
