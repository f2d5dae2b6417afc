import Capture
import Host
import Link

/// Finds what of the agent's files the server does not have yet.
///
/// Spool segments and revisions are sent as they are: bytes at their own offsets. The event log's files are sent as one that
/// grows. A request that is repeated after a crash has the same bytes at the same place, and so adds nothing.
struct Shipping {
    struct Parcel {
        let file: String
        let offset: Int
        let bytes: [UInt8]
        /// Which part of the event log this is; nil for other files.
        fileprivate var event: EventShipping.Place?
    }

    private let data: DataFolder
    private var sizes: [String: Int] = [:]
    private var events: EventShipping

    init(data: DataFolder, host: String, statePath: String) {
        self.data = data
        events = EventShipping(log: data.eventsJSON, host: host, statePath: statePath)
    }

    /// Begins with what the server says it has.
    mutating func begin(_ sizes: [String: Int]) throws {
        self.sizes = sizes
        try events.begin(serverHas: sizes[Self.eventFile] ?? 0)
    }

    private static let eventFile = "events.jsonl"

    /// The next bytes to send; nil when the server has everything.
    mutating func next() throws -> Parcel? {
        if let parcel = try nextRevision() { return parcel }
        if let parcel = try nextSegment() { return parcel }
        return try events.next().map {
            Parcel(file: Self.eventFile, offset: $0.place.sent - $0.bytes.count, bytes: $0.bytes, event: $0.place)
        }
    }

    mutating func acknowledge(_ parcel: Parcel) throws {
        sizes[parcel.file] = parcel.offset + parcel.bytes.count
        if let place = parcel.event { try events.acknowledge(place) }
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
}
