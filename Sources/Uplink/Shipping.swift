import Capture
import Foundation
import Host
import Link

/// Finds what of the agent's files the server does not have yet.
///
/// Spool segments and revisions are sent as they are: bytes at their own offsets. The event log is rotated, so its lines
/// are sent as one growing file; which event was sent last, and how long that file is then, is kept on disk. A request that
/// is repeated after a crash has the same bytes at the same place, and so adds nothing.
struct Shipping {
    struct Parcel {
        let file: String
        let offset: Int
        let bytes: [UInt8]
        /// Which part of the event log this is; nil for other files.
        fileprivate var event: EventPlace?
    }

    /// Where in the event log's two files to go on.
    fileprivate struct EventPlace: Codable {
        /// The number of the last line sent, counted over the log's whole life.
        var lines = 0
        /// The bytes of the sent file.
        var sent = 0
        /// The file that was being read, and how far.
        var inode: UInt64 = 0
        var offset = 0
    }

    private static let parcelBytes = 1 << 20
    private let data: DataFolder
    private let statePath: String
    private var sizes: [String: Int] = [:]
    private var events = EventPlace()

    init(data: DataFolder, statePath: String) {
        self.data = data
        self.statePath = statePath
    }

    /// Begins with what the server says it has.
    mutating func begin(_ sizes: [String: Int]) throws {
        self.sizes = sizes
        if let bytes = try DurableFile.read(statePath),
            let place = try? JSONDecoder().decode(EventPlace.self, from: Data(bytes))
        {
            events = place
        }
    }

    /// The next bytes to send; nil when the server has everything.
    mutating func next() throws -> Parcel? {
        if let parcel = try nextRevision() { return parcel }
        if let parcel = try nextSegment() { return parcel }
        return try nextEvents()
    }

    mutating func acknowledge(_ parcel: Parcel) throws {
        sizes[parcel.file] = parcel.offset + parcel.bytes.count
        guard let event = parcel.event else { return }
        events = event
        try DurableFile.replace(statePath, with: Array(try JSONEncoder().encode(event)))
    }

    // MARK: Records

    private func nextRevision() throws -> Parcel? {
        guard DurableFile.exists(data.revisions) else { return nil }
        for name in try DurableFile.list(data.revisions).sorted() where name.hasSuffix(".json") {
            let file = "revisions/\(name)"
            guard sizes[file] == nil, let bytes = try DurableFile.read("\(data.revisions)/\(name)") else { continue }
            return Parcel(file: file, offset: 0, bytes: bytes)
        }
        return nil
    }

    private func nextSegment() throws -> Parcel? {
        guard DurableFile.exists(data.spool) else { return nil }
        for name in try DurableFile.list(data.spool).sorted() {
            let file = "spool/\(name)"
            let have = sizes[file] ?? 0
            let path = "\(data.spool)/\(name)"
            guard try DurableFile.size(path) > have, let bytes = try DurableFile.read(path, from: have) else {
                continue
            }
            // What follows the last commit may still be taken back.
            let committed = Spool.committedBytes(bytes)
            guard committed > 0 else { continue }
            return Parcel(file: file, offset: have, bytes: Array(bytes.prefix(committed)))
        }
        return nil
    }

    // MARK: Events

    private func nextEvents() throws -> Parcel? {
        var place = events
        let (older, current) = (data.eventsJSON + ".1", data.eventsJSON)
        if place.inode != 0, place.inode == Self.inode(older) {
            if let parcel = try lines(older, &place) { return parcel }
            (place.inode, place.offset) = (Self.inode(current) ?? 0, 0)
        } else if place.inode != Self.inode(current) {
            (place.inode, place.offset) = (Self.inode(older) ?? Self.inode(current) ?? 0, 0)
            if place.inode != 0, place.inode == Self.inode(older), let parcel = try lines(older, &place) {
                return parcel
            }
            (place.inode, place.offset) = (Self.inode(current) ?? 0, 0)
        }
        return try lines(current, &place)
    }

    private func lines(_ path: String, _ place: inout EventPlace) throws -> Parcel? {
        guard let bytes = try DurableFile.read(path, from: place.offset), !bytes.isEmpty,
            let end = bytes.prefix(Self.parcelBytes).lastIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        let whole = Array(bytes[...end])
        let begin = place.sent
        place.offset += whole.count
        place.sent += whole.count
        place.lines += whole.count { $0 == UInt8(ascii: "\n") }
        return Parcel(file: "events.jsonl", offset: begin, bytes: whole, event: place)
    }

    private static func inode(_ path: String) -> UInt64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value
    }
}
