package import Host

/// A file that lines are added to, and that is set aside when it has grown.
package final class FileSink: EventSink {
    /// It is set aside as `.1` when it has grown to this many bytes.
    private static let rotationBytes = 64 << 20
    /// So many that were set aside are kept, for readers that were away.
    private static let generations = 8

    private var file: LogFile

    package let takesUngoverned = true
    package let missed: UInt64 = 0
    package private(set) var problem: String?
    private let path: String

    /// Opens the file at its end; a last line without its end is cut off.
    package init(path: String) throws(SystemError) {
        self.path = path
        let opened = try LogFile.open(path)
        file = LogFile(path, descriptor: opened.descriptor, bytes: opened.bytes)
    }

    package func take(_ lines: [UInt8]) throws(SystemError) {
        try file.append(lines)
        guard file.bytes > Self.rotationBytes else { return }
        // The lines are taken: a file that cannot be set aside grows, and is tried again with the next ones.
        do {
            try file.rotate(keeping: Self.generations)
            problem = nil
        } catch {
            problem = "\(path) cannot be set aside, and grows: \(error)"
        }
    }
}

/// Every format has a file.
struct FileSinks: EventSinkKind {
    func sink(_ place: EventSinkPlace) throws(SystemError) -> (any EventSink)? { try FileSink(path: place.path) }
}
