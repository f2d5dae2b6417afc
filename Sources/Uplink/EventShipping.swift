import Foundation
import Host
import Model
import Records

/// Sends the lines of the event log's files as one file that grows, and says which were gone before they were sent.
///
/// How far it has come is on disk before more is read. When the server has more than that, an answer was lost and the same
/// bytes are sent again; when it has less, it was set back, and they are read again as far as the files reach.
struct EventShipping {
    /// How far the log is sent.
    struct Place: Hashable, Codable {
        /// The bytes of the server's file.
        var sent = 0
        /// The file that was read last, and how far.
        var inode: UInt64 = 0
        var offset = 0
        /// The beginning of that file's first line: another file may get the inode of one that is gone.
        var head: [UInt8]?
        /// The number and the time of the last event that was sent.
        var lastSequence: UInt64?
        var lastTime: Timestamp?
        /// A line to send before the next ones.
        var gap: String?
    }

    private static let parcelBytes = 1 << 20
    /// A number and a time lie within.
    private static let headBytes = 256

    private let log: LogGenerations
    private let host: String
    private let statePath: String
    private var place = Place()
    private var serverHas = 0

    init(log: String, host: String, statePath: String) {
        self.log = LogGenerations(log)
        self.host = host
        self.statePath = statePath
    }

    /// Begins with the size that the server's file has.
    mutating func begin(serverHas size: Int) throws {
        if let bytes = try DurableFile.read(statePath),
            let kept = try? JSONDecoder().decode(Place.self, from: Data(bytes))
        {
            place = kept
            // Written before heads were kept.
            if kept.head == nil, kept.offset > 0, let file = try log.files().first(where: { $0.inode == kept.inode }) {
                place.head = try Self.head(file)
            }
        }
        serverHas = size
        if size < place.sent { try goBack(by: place.sent - size) }
    }

    /// The next lines, and how far the log is sent when the server has them; nil when it has all.
    mutating func next() throws -> (bytes: [UInt8], place: Place)? {
        let files = try log.files()
        if let oldest = files.first, try current(of: files) == nil { try skip(to: oldest) }
        guard let current = try current(of: files) else { return nil }
        for file in files[current...] {
            if file.inode != place.inode { try enter(file) }
            let bytes = try DurableFile.read(file.path, from: place.offset, limit: Self.parcelBytes) ?? []
            // Set aside just now: the next call finds it under its new name.
            guard LogGenerations.inode(file.path) == file.inode else { return nil }
            guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            if place.head == nil { try enter(file) }
            let lines = Array(bytes[...end])
            let gap = Array((place.gap ?? "").utf8)
            var next = place
            next.offset += lines.count
            next.sent += gap.count + lines.count
            next.gap = nil
            if let last = Self.lastEvent(lines) { (next.lastSequence, next.lastTime) = last }
            return (gap + lines, next)
        }
        return nil
    }

    mutating func acknowledge(_ next: Place) throws {
        place = next
        try DurableFile.replace(statePath, with: Array(try JSONEncoder().encode(next)))
    }

    /// Goes on with another file. That is on disk before anything of it is sent: what must be sent again is then the same.
    private mutating func enter(_ file: LogGenerations.File) throws {
        var next = place
        (next.inode, next.offset, next.head) = (file.inode, 0, try Self.head(file))
        try acknowledge(next)
    }

    /// Goes on with the oldest file that is left, after those before it went.
    private mutating func skip(to oldest: LogGenerations.File) throws {
        // What the server got of files that are gone stays.
        place.sent = max(place.sent, serverHas)
        place.gap = try Self.gap(after: place, before: oldest.path, host)
        try enter(oldest)
    }

    private mutating func goBack(by bytes: Int) throws {
        let files = try log.files()
        place.sent -= bytes
        guard var index = try current(of: files) else { return }
        var missing = bytes
        while missing > place.offset, index > 0 {
            missing -= place.offset
            index -= 1
            (place.inode, place.offset) = (files[index].inode, try DurableFile.size(files[index].path))
        }
        place.offset = max(0, place.offset - missing)
        place.head = try Self.head(files[index])
    }

    /// Which file was read last; nil when it is gone.
    private func current(of files: [LogGenerations.File]) throws -> Int? {
        try files.firstIndex { file in
            try file.inode == place.inode && (place.head == nil || place.head == Self.head(file))
        }
    }

    /// Nil while the file has no line.
    private static func head(_ file: LogGenerations.File) throws -> [UInt8]? {
        let bytes = try DurableFile.read(file.path, from: 0, limit: headBytes) ?? []
        let head = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return head.count < bytes.count || head.count == headBytes ? Array(head) : nil
    }

    // MARK: What is gone

    /// The line that says how many events between the last that was sent and a file's first are gone, if any are: at most so
    /// many, for numbers have holes.
    private static func gap(after place: Place, before path: String, _ host: String) throws -> String? {
        guard let last = place.lastSequence, let since = place.lastTime,
            let first = firstEvent(try DurableFile.read(path, from: 0, limit: parcelBytes) ?? []),
            first.sequence > last + 1
        else { return nil }
        var line = ByteLine()
        EventSummary(host: host, lost: first.sequence - last - 1, from: since, to: first.time).append(to: &line)
        return line.text
    }

    private static func firstEvent(_ lines: [UInt8]) -> (sequence: UInt64, time: Timestamp)? {
        lines.split(separator: UInt8(ascii: "\n")).lazy.compactMap(event).first
    }

    private static func lastEvent(_ lines: [UInt8]) -> (sequence: UInt64, time: Timestamp)? {
        lines.split(separator: UInt8(ascii: "\n")).reversed().lazy.compactMap(event).first
    }

    private static func event(_ line: ArraySlice<UInt8>) -> (sequence: UInt64, time: Timestamp)? {
        guard case .event(let entry)? = try? EventLogLine(reading: line) else { return nil }
        return (entry.sequence, entry.time)
    }
}
