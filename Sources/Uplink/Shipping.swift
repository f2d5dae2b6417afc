import Host
import Link
import Records
import Spools

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
    /// Up to where segments are known to be committed: a parcel may end within a batch, but not beyond.
    private var committed: [String: Int] = [:]
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

    private static let eventFile = EventJSON.fileName
    /// Within what the server takes in one request, also after a long absence.
    private static let parcelBytes = 1 << 20

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
            let (path, have) = ("\(data.revisions)/\(name)", sizes[file] ?? 0)
            guard try DurableFile.size(path) > have,
                let bytes = try DurableFile.read(path, from: have, limit: Self.parcelBytes)
            else { continue }
            return Parcel(file: file, offset: have, bytes: bytes)
        }
        return nil
    }

    private mutating func nextSegment() throws -> Parcel? {
        guard DurableFile.exists(data.spool) else { return nil }
        for name in try DurableFile.list(data.spool).sorted() {
            let file = "spool/\(name)"
            let have = sizes[file] ?? 0
            let path = "\(data.spool)/\(name)"
            // What follows the last commit may still be taken back.
            if committed[file, default: 0] <= have {
                committed[file] = try Self.committedEnd(path, from: committed[file, default: 0])
            }
            guard let end = committed[file], end > have,
                let bytes = try DurableFile.read(path, from: have, limit: min(Self.parcelBytes, end - have))
            else { continue }
            return Parcel(file: file, offset: have, bytes: bytes)
        }
        return nil
    }

    /// Where the last commit of a segment ends, looked for from the end of an earlier one on, a part at a time.
    private static func committedEnd(_ path: String, from start: Int) throws -> Int {
        var end = start
        var part = parcelBytes
        while let bytes = try DurableFile.read(path, from: end, limit: part), !bytes.isEmpty {
            let whole = Spool.committedBytes(bytes)
            end += whole
            guard whole == 0 else { continue }
            // A batch may be longer than a part.
            guard bytes.count == part else { break }
            part *= 2
        }
        return end
    }
}
